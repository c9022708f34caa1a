"""What may be asked of a hosted page, and what Stripe refuses."""

from typing import Any

from connect.simulator import authorisations, customers, money
from connect.simulator.refusals import Refusal, invalid
from connect.simulator.store import Document, Store
from connect.simulator.world import Call

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
MISPLACED = {
    "payment": ("setup_intent_data",),
    "setup": ("line_items", "payment_intent_data", "submit_type", "saved_payment_method_options"),
}


def constant_parts() -> dict[str, Any]:
    return {
        "object": "checkout.session",
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": "if_required",
        "livemode": False,
        "payment_method_types": ["card"],
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


def check_asked(call: Call) -> None:
    asked = call.params
    if asked.get("mode") not in ("payment", "setup"):
        raise Refusal(501, "api_error", "Only Checkout Sessions in payment or setup mode are simulated.")
    needed = ["success_url"] if asked["mode"] == "payment" else ["success_url", "currency"]
    for name in needed:
        if name not in asked:
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    for name in MISPLACED[asked["mode"]]:
        if name in asked:
            raise invalid(f"You can not pass `{name}` in `{asked['mode']}` mode.", param=name)
    if "customer" in asked:
        customers.found(call.store, asked["customer"], account=call.account, param="customer")
        if "customer_email" in asked:
            raise invalid("You may only specify one of these parameters: customer, customer_email.")


def checked_expiry(asked: dict[str, Any], now: int) -> int:
    expires_at = asked.get("expires_at", now + LONGEST_SECONDS)
    if not expires_at - now >= SHORTEST_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message, param="expires_at")
    if expires_at - now > LONGEST_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")
    return expires_at


def line_item(store: Store, asked: dict[str, Any]) -> Document:
    price = asked.get("price_data", {})
    if "unit_amount" not in price or "product_data" not in price:
        raise Refusal(501, "api_error", "Only line items with price_data and product_data are simulated.")
    total = price["unit_amount"] * asked.get("quantity", 1)
    return {
        "id": store.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"].lower(),
        "description": price["product_data"]["name"],
        "quantity": asked.get("quantity", 1),
        "_detail": price["product_data"].get("description", ""),
    }


def checked_total(items: list[Document]) -> tuple[str, int]:
    if not items:
        raise invalid("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, total = items[0]["currency"], sum(item["amount_total"] for item in items)
    if total < money.smallest_charge(currency):
        least = money.smallest_charge(currency)
        message = f"The Checkout Session's total amount must be at least {least} {currency}."
        raise invalid(message, code="amount_too_small")
    return currency, total


def check_fee(asked: dict[str, Any], total: int) -> None:
    fee = asked.get("payment_intent_data", {}).get("application_fee_amount")
    if fee is not None:
        authorisations.check_fee(fee, total, param="payment_intent_data[application_fee_amount]")
