"""Sentences of the coach's pages that more than one page says."""

from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.offers.models import Place

PLACES = {Place.ONLINE: "Online", Place.IN_PERSON: "In person", Place.PHONE: "By phone"}
PENDING = "Your bank may show the amount as pending for up to 7 days; then it disappears by itself."

# Stripe's reasons for a declined card, as its owner can act on them.
DECLINES = {
    "insufficient_funds": "there is not enough money on it",
    "expired_card": "it has expired",
    "incorrect_cvc": "the security code was wrong",
    "invalid_cvc": "the security code was wrong",
    "incorrect_number": "the number was wrong",
    "invalid_number": "the number was wrong",
    "card_velocity_exceeded": "its limit is reached",
    "withdrawal_count_limit_exceeded": "its limit is reached",
    "authentication_required": "your bank wants you to confirm the payment",
    "payment_intent_authentication_failure": "the payment was not confirmed with your bank",
    "card_not_supported": "it cannot be used for this kind of payment",
    "currency_not_supported": "it cannot pay in this currency",
    "processing_error": "something went wrong between the banks",
}


def place_in_words(place: str, detail: str, *, booked: bool = False) -> str:
    """Where it takes place. A link or a number is told to those who have booked."""
    told = detail if booked or place == Place.IN_PERSON else ""
    return told or PLACES[Place(place)]


def cancel_rule(window_hours: int, *, free: bool) -> str:
    """The rule in one sentence, before anybody has typed anything."""
    until = f"{window_hours} hours before the start" if window_hours else "the start"
    if free:
        return f"You can cancel until {until}."
    return f"Free to cancel until {until}; after that the price is not returned."


def decline_in_words(attempt: PaymentAttempt | None) -> str:
    """Why the last card was refused; empty when none was."""
    if attempt is None or not attempt.decline:
        return ""
    reason = DECLINES.get(attempt.decline)
    return f"The card was declined: {reason}." if reason else "The card was declined by its bank."


def ended_in_words(reason: str, attempt: PaymentAttempt | None) -> tuple[str, str]:
    """Title and sentence for a booking that came to nothing, and what became of the money."""
    title, sentence = ENDINGS.get(reason, ("This time is not kept any more", ""))
    return title, f"{sentence} {money_in_words(attempt)}".strip()


def money_in_words(attempt: PaymentAttempt | None) -> str:
    """What the payer will see of an attempt that paid for nothing."""
    if attempt is None or not attempt.intent_id:
        return "Nothing was charged."
    if attempt.status == AttemptStatus.CAPTURED:
        if attempt.refunded_minor >= attempt.captured_minor:
            return "Your payment was returned in full; banks take 5 to 10 days to show it."
        return "Your payment is being returned in full, by itself."
    authorised = attempt.capture_before is not None
    return f"Nothing was charged. {PENDING}" if authorised else "Nothing was charged."


ENDINGS = {
    "given_up": ("You chose another time", "The time is free again."),
    "replaced": ("You chose another time", "This one is free again."),
    "hold_lapsed": ("The time we kept for you has run out", "It was not booked in time."),
    "payment_abandoned": ("The payment was not made in time", "So nothing is booked."),
    "payment_failed": ("Your bank did not complete the payment", "So nothing is booked."),
    "payment_released": (
        "Somebody else was first",
        "The time was taken before your payment reached us, so nothing is booked.",
    ),
    "cancelled_at_stripe": ("The payment was called off", "So nothing is booked."),
    "review_not_closed": (
        "The payment could not be checked in time",
        "Stripe was still looking at it when it had to be decided, so nothing is booked.",
    ),
    "payment_unreachable": (
        "The payment could not be completed",
        "The coach’s payment account was closed meanwhile, so nothing is booked.",
    ),
}
