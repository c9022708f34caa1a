"""Stripe's test cards: what a number does when somebody pays with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    number: str
    label: str
    method: str = ""
    brand: str = "visa"
    decline_code: str = ""
    error_code: str = ""
    message: str = ""
    asks_for_authentication: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def is_declined(self) -> bool:
        return bool(self.error_code)


CARDS = (
    Card("4242424242424242", "Succeeds (Visa)", method="pm_card_visa"),
    Card("5555555555554444", "Succeeds (Mastercard)", method="pm_card_mastercard", brand="mastercard"),
    Card(
        "4000000000000002",
        "Declined",
        method="pm_card_chargeDeclined",
        decline_code="generic_decline",
        error_code="card_declined",
        message="Your card was declined.",
    ),
    Card(
        "4000000000009995",
        "Insufficient funds",
        method="pm_card_chargeDeclinedInsufficientFunds",
        decline_code="insufficient_funds",
        error_code="card_declined",
        message="Your card has insufficient funds.",
    ),
    Card(
        "4000000000000069",
        "Expired card",
        method="pm_card_chargeDeclinedExpiredCard",
        error_code="expired_card",
        message="Your card has expired.",
    ),
    Card(
        "4000002500003155",
        "Needs authentication",
        method="pm_card_authenticationRequired",
        asks_for_authentication=True,
    ),
)


def card_of_method(method: str) -> Card | None:
    """Stripe's ready-made test payment methods, for payments that no page asks for."""
    return next((card for card in CARDS if card.method == method), None)


def card_with(number: str) -> Card | None:
    digits = "".join(sign for sign in number if sign.isdigit())
    return next((card for card in CARDS if card.number == digits), None)
