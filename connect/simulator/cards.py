"""Stripe's test cards: what a number does when somebody pays with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    number: str
    label: str
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
    Card("4242424242424242", "Succeeds (Visa)"),
    Card("5555555555554444", "Succeeds (Mastercard)", brand="mastercard"),
    Card(
        "4000000000000002",
        "Declined",
        decline_code="generic_decline",
        error_code="card_declined",
        message="Your card was declined.",
    ),
    Card(
        "4000000000009995",
        "Insufficient funds",
        decline_code="insufficient_funds",
        error_code="card_declined",
        message="Your card has insufficient funds.",
    ),
    Card(
        "4000000000000069",
        "Expired card",
        error_code="expired_card",
        message="Your card has expired.",
    ),
    Card("4000002500003155", "Needs authentication", asks_for_authentication=True),
)


def card_with(number: str) -> Card | None:
    digits = "".join(sign for sign in number if sign.isdigit())
    return next((card for card in CARDS if card.number == digits), None)
