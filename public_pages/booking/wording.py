"""Sentences of the coach's pages that more than one page says."""

from datetime import datetime

from babel.dates import format_time

from kit.clock import zone
from kit.money import format_money
from kit.words import listing, wall_time
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.offers.models import Place
from tenants.offers.vocabulary import called
from tenants.packs.wording import SESSIONS, UNITS
from tenants.scheduling.cancellation import Outcome
from tenants.scheduling.models import Booking, Cancellation, Funding

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


def cancel_rule(window_hours: int, *, free: bool, by_pack: bool = False) -> str:
    """The rule in one sentence, before anybody has typed anything."""
    until = f"{window_hours} hours before the start" if window_hours else "the start"
    if free:
        return f"You can cancel until {until}."
    if by_pack:
        return f"Free to cancel until {until}; after that the {called.session} counts as used."
    return f"Free to cancel until {until}; after that the price is not returned."


def late_rule(window_hours: int, *, free: bool, by_pack: bool = False) -> str:
    """The same for a time that is too near to be cancelled for free, before it is booked."""
    near = f"It starts in less than {window_hours} hours"
    if free:
        return f"{near}: please book it only if you will come."
    if by_pack:
        return f"{near}: if you cancel, the {called.session} counts as used."
    return f"{near}: if you cancel, the price is not returned."


def press(
    total_minor: int,
    currency: str,
    locale: str,
    *,
    asks_first: bool,
    is_exact: bool,
    is_deposit: bool = False,
) -> str:
    """What the button that ends the details says: what happens, and for how much now.

    Without the sum where the page cannot know yet what is ticked when it is pressed.
    """
    if is_exact and not total_minor:
        return "Ask for this time" if asks_first else "Book for free"
    amount = f" {format_money(total_minor, currency, locale)}" if is_exact else ""
    amount += " deposit" if is_deposit else ""
    return f"Authorise{amount} and ask" if asks_first else f"Pay{amount} and book"


def press_with_card(due_minor: int, currency: str, locale: str, *, card: str, asks_first: bool) -> str:
    """ "Pay $45.00 with Visa ending in 4242 and book": always with the amount, for nothing asks after it."""
    if not due_minor:
        return "Ask for this time" if asks_first else "Book for free"
    amount = format_money(due_minor, currency, locale)
    return f"Authorise {amount} with {card} and ask" if asks_first else f"Pay {amount} with {card} and book"


def units_in_words(units: int) -> str:
    """What a booking takes of a pack."""
    return (SESSIONS if units == 1 else UNITS).count(units)


def was_paid(booking: Booking) -> bool:
    """Whether there is anything that a cancellation could give back."""
    return booking.funding in (Funding.CARD, Funding.PACK, Funding.RETAINER, Funding.RECEIVED)


def by_hand(booking: Booking) -> bool:
    """In cash or by transfer, which goes back the same way."""
    return booking.funding == Funding.RECEIVED


def cancel_button(outcome: Outcome, booking: Booking, locale: str) -> str:
    """What the press does: "Cancel and get 1 session back"."""
    if not was_paid(booking):
        return f"Cancel this {called.session}"
    if outcome.kind == "used":
        return f"Cancel: the {called.session} counts as used"
    back = [units_in_words(outcome.units_back)] if outcome.units_back else []
    if outcome.money_back_minor:
        back.append(format_money(outcome.money_back_minor, booking.currency, locale))
    return f"Cancel and get {listing(back, locale)} back" if back else f"Cancel this {called.session}"


def when_it_differs(outcome: Outcome, now: datetime, *, tz: str, locale: str) -> str:
    """Until when cancelling means something else, or meant it. Empty where no clock decides."""
    if not outcome.rule.startswith("window"):
        return ""
    deadline = wall_time(outcome.free_until, tz, locale)
    if now <= outcome.free_until:
        return f"This holds until {deadline}. After that the {called.session} counts as used."
    return f"Until {deadline} everything would have gone back."


def outcome_of(cancellation: Cancellation, free_until: datetime) -> Outcome:
    """What was written down when it was asked for."""
    kind = cancellation.outcome
    assert kind in ("returned", "used", "waived")
    return Outcome(
        kind=kind,  # type: ignore[arg-type]
        units_back=cancellation.units_back,
        money_back_minor=cancellation.money_back_minor,
        rule=f"window:{cancellation.window_hours}",
        reason=cancellation.reason,
        free_until=free_until,
    )


def clock_with_seconds(at: datetime, tz: str, locale: str) -> str:
    """For the minute in which something can be undone: "17:00:25"."""
    return format_time(at.astimezone(zone(tz)), "medium", locale=locale)


def decline_in_words(attempt: PaymentAttempt | None) -> str:
    """Why the last card was refused; empty when none was."""
    return declined(attempt.decline) if attempt else ""


def declined(reason: str) -> str:
    """The bank's reason, as Stripe names it, in words; empty for none."""
    if not reason:
        return ""
    known = DECLINES.get(reason)
    return f"The card was declined: {known}." if known else "The card was declined by its bank."


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
    "request_declined": ("Your request was declined", "Your coach cannot take it, so nothing is booked."),
    "request_withdrawn": ("You withdrew your request", "The time is free again."),
    "request_unanswered": ("Your request was not answered in time", "So nothing is booked."),
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
