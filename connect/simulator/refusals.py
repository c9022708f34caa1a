"""Stripe's error answers."""

from typing import Any


class Refusal(Exception):
    """An answer that is an error, in Stripe's form. Raised inside a request, it undoes its effects."""

    def __init__(self, status: int, kind: str, message: str, *, keep: bool = False, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.keeps_effects = keep
        self.body = {"error": {"type": kind, "message": message, **details}}

    @property
    def code(self) -> str | None:
        return self.body["error"].get("code")


def invalid(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> Refusal:
    given: Any = {name: value for name, value in {"code": code, "param": param}.items() if value}
    return Refusal(status, "invalid_request_error", message, **given)


def missing(noun: str, object_id: str, *, param: str = "id") -> Refusal:
    return invalid(f"No such {noun}: '{object_id}'", code="resource_missing", param=param, status=404)


def no_access(account: str) -> Refusal:
    return invalid(
        f"The provided key does not have access to account '{account}' (or that account does not exist). "
        "Application access may have been revoked.",
        code="account_invalid",
        status=403,
    )


def unexpected_state(verb: str, status: str, allowed: str) -> Refusal:
    return invalid(
        f"This PaymentIntent could not be {verb} because it has a status of {status}. "
        f"Only a PaymentIntent with one of the following statuses may be {verb}: {allowed}.",
        code="payment_intent_unexpected_state",
    )


def card_error(message: str, *, code: str, decline_code: str | None = None, **details: Any) -> Refusal:
    """The bank said no. What the try left behind (a failed charge) stays."""
    given: Any = {"decline_code": decline_code} if decline_code else {}
    return Refusal(402, "card_error", message, keep=True, code=code, **given, **details)


def server_fault(message: str = "An unknown error occurred") -> Refusal:
    return Refusal(500, "api_error", message)
