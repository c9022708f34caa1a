"""Stripe's test cards: what a number does when somebody pays with it, or keeps it."""

from dataclasses import dataclass
from typing import Literal

TRY_LATER, NEVER_AGAIN, CONFIRM_DATA = "try_again_later", "do_not_try_again", "confirm_card_data"


@dataclass(frozen=True)
class Decline:
    """A bank's no. `advice_code` is what it advises of another try; "" where it advises nothing."""

    code: str
    decline_code: str = ""
    message: str = "Your card was declined."
    advice_code: str = ""


@dataclass(frozen=True)
class Card:
    """`asks` is when the bank wants to hear from the client: whenever a payment is made, or unless the card
    was kept with the client present. A card `is_kept` although each payment is declined, where it says so.
    What comes of a payment later: `dispute` is the reason (or the kind of it), `refund` how refunds end.
    """

    number: str
    label: str
    method: str = ""
    brand: str = "visa"
    decline: Decline | None = None
    asks: Literal["", "unless_set_up", "always"] = ""
    is_kept: bool = False
    refund: Literal["", "pending", "failing"] = ""
    dispute: Literal["", "fraudulent", "product_not_received", "inquiry"] = ""
    is_warned_of: bool = False
    is_reviewed: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


# By the bank's own word. A word that is not here is an ordinary decline.
DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline"),
    "insufficient_funds": Decline(
        "card_declined", "insufficient_funds", "Your card has insufficient funds.", TRY_LATER
    ),
    "lost_card": Decline("card_declined", "lost_card", advice_code=NEVER_AGAIN),
    "stolen_card": Decline("card_declined", "stolen_card", advice_code=NEVER_AGAIN),
    "expired_card": Decline("expired_card", message="Your card has expired."),
    "incorrect_cvc": Decline(
        "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", CONFIRM_DATA
    ),
    "incorrect_number": Decline(
        "incorrect_number", "incorrect_number", "Your card number is incorrect.", CONFIRM_DATA
    ),
    "processing_error": Decline(
        "processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
        advice_code=TRY_LATER,
    ),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


def decline_for(word: str, *, advice_code: str | None = None) -> Decline:
    """What a bank says whose reason is `word`; with `advice_code`, its advice is that."""
    usual = DECLINES.get(word, Decline("card_declined", word))
    advice = usual.advice_code if advice_code is None else advice_code
    return Decline(usual.code, usual.decline_code, usual.message, advice)


CARDS = (
    Card("4242424242424242", "Succeeds (Visa)", method="pm_card_visa"),
    Card("5555555555554444", "Succeeds (Mastercard)", method="pm_card_mastercard", brand="mastercard"),
    Card(
        "4000000000000002",
        "Declined",
        method="pm_card_chargeDeclined",
        decline=DECLINES["generic_decline"],
    ),
    Card(
        "4000000000009995",
        "Insufficient funds",
        method="pm_card_chargeDeclinedInsufficientFunds",
        decline=DECLINES["insufficient_funds"],
    ),
    Card(
        "4000000000000069",
        "Expired card",
        method="pm_card_chargeDeclinedExpiredCard",
        decline=DECLINES["expired_card"],
    ),
    Card(
        "4000002500003155",
        "Needs authentication",
        method="pm_card_authenticationRequiredOnSetup",
        asks="unless_set_up",
    ),
    Card(
        "4000002760003184",
        "Needs authentication every time",
        method="pm_card_authenticationRequired",
        asks="always",
    ),
    Card(
        "4000008260003178",
        "Needs authentication, then insufficient funds",
        method="pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        asks="always",
        decline=DECLINES["insufficient_funds"],
        is_kept=True,
    ),
    Card(
        "4000000000000341",
        "Can be kept, then is declined",
        method="pm_card_chargeCustomerFail",
        decline=DECLINES["generic_decline"],
        is_kept=True,
    ),
    Card(
        "4000000000009987",
        "Lost card",
        method="pm_card_visa_chargeDeclinedLostCard",
        decline=DECLINES["lost_card"],
    ),
    Card(
        "4000000000009979",
        "Stolen card",
        method="pm_card_visa_chargeDeclinedStolenCard",
        decline=DECLINES["stolen_card"],
    ),
    Card(
        "4000000000000127",
        "Wrong security code",
        method="pm_card_chargeDeclinedIncorrectCvc",
        decline=DECLINES["incorrect_cvc"],
    ),
    Card(
        "4000000000000119",
        "Processing error",
        method="pm_card_chargeDeclinedProcessingError",
        decline=DECLINES["processing_error"],
    ),
    Card(
        "4000000000000259",
        "Succeeds, then disputed as fraudulent",
        method="pm_card_createDispute",
        dispute="fraudulent",
    ),
    Card(
        "4000000000002685",
        "Succeeds, then disputed as not received",
        method="pm_card_createDisputeProductNotReceived",
        dispute="product_not_received",
    ),
    Card(
        "4000000000001976",
        "Succeeds, then the bank inquires",
        method="pm_card_createDisputeInquiry",
        dispute="inquiry",
    ),
    Card(
        "4000000000005423",
        "Succeeds, then a fraud warning",
        method="pm_card_createIssuerFraudRecord",
        is_warned_of=True,
    ),
    Card(
        "4000000000009235",
        "Succeeds, held for review",
        method="pm_card_riskLevelElevated",
        is_reviewed=True,
    ),
    Card(
        "4000000000007726",
        "Refunds stay pending, then succeed",
        method="pm_card_pendingRefund",
        refund="pending",
    ),
    Card(
        "4000000000005126",
        "Refunds succeed, then fail",
        method="pm_card_refundFail",
        refund="failing",
    ),
)


def card_of_method(method: str) -> Card | None:
    """Stripe's ready-made test payment methods, for payments that no page asks for."""
    return next((card for card in CARDS if card.method == method), None)


def card_with(number: str) -> Card | None:
    digits = "".join(sign for sign in number if sign.isdigit())
    return next((card for card in CARDS if card.number == digits), None)
