"""Connected accounts (v2), what Stripe asks of them, and the links to its hosted onboarding."""

from datetime import UTC, datetime
from typing import Any

from connect.simulator import events, rendering
from connect.simulator.refusals import Refusal, invalid, missing, no_access
from connect.simulator.store import PLATFORM, Document, Store
from connect.simulator.world import Call, World

CAPABILITY_EVENT = "v2.core.account[configuration.merchant].capability_status_updated"
REQUIREMENTS_EVENT = "v2.core.account[requirements].updated"
CLOSED_EVENT = "v2.core.account.closed"

ASKED_AT_FIRST = (
    "identity.individual.given_name",
    "identity.individual.date_of_birth",
    "identity.individual.address",
    "configuration.merchant.mcc",
    "defaults.payout_methods",
)
ASKED_AFTER_A_RESTRICTION = ("identity.individual.documents.primary_verification",)
LINK_SECONDS = 300


def create(call: Call) -> Document:
    _must_be_platform(call)
    asked = call.params
    account = {
        "id": call.store.new_id("acct"),
        "object": "v2.core.account",
        "applied_configurations": sorted(asked.get("configuration", {})),
        "closed": False,
        "configuration": _configuration(asked.get("configuration", {})),
        "contact_email": asked.get("contact_email"),
        "created": iso(call.store.now()),
        "dashboard": asked.get("dashboard"),
        "defaults": _defaults(asked.get("defaults", {})),
        "display_name": asked.get("display_name"),
        "identity": {"country": asked.get("identity", {}).get("country"), "entity_type": "individual"},
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "requirements": _requirements(ASKED_AT_FIRST, "currently_due"),
        "_connected": True,
    }
    call.store.add(account, account=PLATFORM)
    return _shown(account, asked.get("include", []))


def retrieve(call: Call) -> Document:
    _must_be_platform(call)
    account = found(call.store, call.ids[0])
    if not account["_connected"]:
        raise no_access(account["id"])
    return _shown(account, call.params.get("include", []))


def create_link(call: Call) -> Document:
    _must_be_platform(call)
    account = found(call.store, call.params["account"])
    if not is_reachable(account):
        raise no_access(account["id"])
    now = call.store.now()
    link = {
        "id": call.store.new_id("acclnk"),
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": iso(now),
        "expires_at": iso(now + LINK_SECONDS),
        "livemode": False,
        "use_case": call.params["use_case"],
        "_expires_at": now + LINK_SECONDS,
        "_used": False,
    }
    link["url"] = f"{call.world.config.base_url}/setup/{link['id']}"
    call.store.add(link, account=PLATFORM)
    return _shown_link(link)


def found(store: Store, account_id: str) -> Document:
    account = store.find(account_id, account=PLATFORM)
    if account is None or account["object"] != "v2.core.account":
        raise missing("account", account_id, param="account")
    return account


def is_reachable(account: Document) -> bool:
    return account["_connected"] and not account["closed"]


def takes_cards(account: Document) -> bool:
    return is_reachable(account) and _card_payments(account)["status"] == "active"


def check_takes_cards(store: Store, account_id: str) -> None:
    if account_id == PLATFORM:
        raise Refusal(501, "api_error", "Only payments on connected accounts are simulated.")
    if not takes_cards(found(store, account_id)):
        raise invalid(
            "Your account cannot currently make charges: card_payments is not active.",
            code="capability_not_active",
        )


def provide_half(world: World, account: Document) -> None:
    """The coach answered some of what was asked, then left."""
    rest = [entry["description"] for entry in account["requirements"]["entries"]]
    _ask(world, account, tuple(rest[(len(rest) + 1) // 2 :]) or ASKED_AT_FIRST[-1:], "currently_due")


def activate(world: World, account: Document) -> None:
    _card_payments(account).update(status="active", status_details=[])
    _ask(world, account, (), "currently_due")
    _tell(world, account, CAPABILITY_EVENT, {"updated_capability": "card_payments"})


def restrict(world: World, account: Document) -> None:
    """Stripe stops charges until the coach brings what is past due."""
    reason = {"code": "requirements_past_due", "resolution": "provide_info"}
    _card_payments(account).update(status="restricted", status_details=[reason])
    _ask(world, account, ASKED_AFTER_A_RESTRICTION, "past_due")
    _tell(world, account, CAPABILITY_EVENT, {"updated_capability": "card_payments"})


def disconnect(world: World, account: Document) -> None:
    """The coach takes the platform's access away; the event still comes, every call is refused."""
    world.store.save(account, _connected=False)
    application = {"id": "ca_simulated", "object": "application", "name": "Upfront"}
    events.emit(world, "account.application.deauthorized", application, account=account["id"])


def close(world: World, account: Document) -> None:
    world.store.save(account, closed=True)
    _tell(world, account, CLOSED_EVENT, None)


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _must_be_platform(call: Call) -> None:
    if not call.is_platform:
        raise invalid("Accounts are managed by the platform, without Stripe-Account or Stripe-Context.")


def _configuration(asked: dict[str, Any]) -> dict[str, Any]:
    if set(asked) - {"merchant"}:
        raise Refusal(501, "api_error", "Only the merchant configuration is simulated.")
    if "merchant" not in asked:
        return {"customer": None, "merchant": None, "recipient": None}
    reason = {"code": "requirements_past_due", "resolution": "provide_info"}
    capabilities = {"card_payments": {"status": "restricted", "status_details": [reason]}}
    merchant = {"applied": True, "capabilities": capabilities, "mcc": None}
    return {"customer": None, "merchant": merchant, "recipient": None}


def _defaults(asked: dict[str, Any]) -> dict[str, Any]:
    collectors = asked.get("responsibilities", {})
    return {
        "currency": asked.get("currency"),
        "locales": asked.get("locales"),
        "profile": None,
        "responsibilities": {**collectors, "requirements_collector": "stripe"},
    }


def _ask(world: World, account: Document, wanted: tuple[str, ...], deadline: str) -> None:
    world.store.save(account, requirements=_requirements(wanted, deadline))
    _tell(world, account, REQUIREMENTS_EVENT, None)


def _requirements(wanted: tuple[str, ...], deadline: str) -> dict[str, Any]:
    status = {"status": deadline}
    restricts = {"capability": "card_payments", "configuration": "merchant", "deadline": status}
    entries = [
        {
            "awaiting_action_from": "user",
            "description": what,
            "errors": [],
            "impact": {"restricts_capabilities": [restricts]},
            "minimum_deadline": status,
            "requested_reasons": [{"code": "routine_onboarding"}],
        }
        for what in wanted
    ]
    return {"entries": entries, "summary": {"minimum_deadline": status if entries else None}}


def _card_payments(account: Document) -> dict[str, Any]:
    merchant = account["configuration"]["merchant"]
    return merchant["capabilities"]["card_payments"] if merchant else {"status": "unsupported"}


def _tell(world: World, account: Document, kind: str, data: dict[str, Any] | None) -> None:
    events.emit_thin(
        world,
        kind,
        account=account["id"],
        related={"id": account["id"], "type": account["object"], "url": f"/v2/core/accounts/{account['id']}"},
        data=data,
    )


def _shown_link(link: Document) -> Document:
    """Stripe gives a link no id; ours is in its address."""
    return rendering.render({name: value for name, value in link.items() if name != "id"})


def _shown(account: Document, include: list[str]) -> Document:
    """Stripe gives null for every part that `include` does not name."""
    hidden = {
        part: None
        for part in ("defaults", "identity", "requirements", "future_requirements")
        if part not in include
    }
    wanted = {name.removeprefix("configuration.") for name in include if name.startswith("configuration.")}
    parts = {name: value if name in wanted else None for name, value in account["configuration"].items()}
    return rendering.render({**account, **hidden, "configuration": parts if wanted else None})
