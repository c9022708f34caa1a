"""Faults are reported to Sentry without what people typed: no bodies, cookies, addresses or locals."""

from typing import Any

import sentry_sdk

SENT_OF_A_REQUEST = frozenset({"method"})


def start_sentry(dsn: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=without_people,
    )


def report(_logger: Any, method: str, event: Any) -> Any:
    """A step of structlog: what is logged as an error is reported too, by its name alone."""
    if method == "exception":
        sentry_sdk.capture_exception()
    elif method == "error":
        sentry_sdk.capture_message(str(event.get("event", "")), level="error")
    return event


def without_people(event: Any, _hint: Any) -> Any:
    """Drop everything that could name a person or open a booking (links carry secrets)."""
    request = event.get("request") or {}
    event["request"] = {key: value for key, value in request.items() if key in SENT_OF_A_REQUEST}
    for name in ("user", "breadcrumbs", "extra"):
        event.pop(name, None)
    if event.get("transaction_info", {}).get("source") == "url":
        # Not a route but an address, which may hold a link's secret.
        event.pop("transaction", None)
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    for fault in (event.get("exception") or {}).get("values") or []:
        # Below its first line PostgreSQL quotes the row.
        fault["value"] = (fault.get("value") or "").partition("\n")[0]
    return event
