"""What a patrol found, as the coach is told: what it means, and who does what about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    meaning: str
    title: str
    text: str


# Of each kind of `config.wiring.PATROL`.
WORDS = {
    "unpaid_booking": Words(
        "problem",
        "A confirmed session has no payment",
        "It stands in your calendar as paid, but no money is behind it. Look at the payment in Stripe before "
        "you hold the session. We look into it too.",
    ),
    "refunded_booking": Words(
        "problem",
        "A session was refunded, but still stands",
        "All of its payment went back to the client, and it is still in your calendar. Ask the client "
        "whether they come. We look into it too.",
    ),
    "payment_without_booking": Words(
        "problem",
        "A payment has no session",
        "A client paid, and has no session for it. We ask Stripe again to return the money. If this stays "
        "here for a day, refund it in Stripe.",
    ),
    "booking_without_unit": Words(
        "problem",
        "A session has no unit of its pack",
        "It stands in your calendar as paid by a pack, but the pack was not used for it. Ask the client "
        "before you hold the session. We look into it too.",
    ),
    "unit_without_booking": Words(
        "problem",
        "A pack paid for a session that is off",
        "A session of the pack is used, and there is no session for it. Give it back on the client’s page. "
        "We look into it too.",
    ),
    "forgotten_request": Words(
        "attention",
        "A request was not let go in time",
        "Its time to be answered is over. It is being let go now, and there is nothing to do for you.",
    ),
    "forgotten_cancellation": Words(
        "attention",
        "A cancelled session still stands",
        "It is being cancelled now, as it was decided, and there is nothing to do for you.",
    ),
    "forgotten_reminder": Words(
        "attention",
        "A reminder was overlooked",
        "It is looked after now. If it is urgent, remind the client yourself.",
    ),
    "forgotten_hold": Words(
        "attention",
        "A time was kept too long",
        "Nobody else could book it. It is being freed now, and there is nothing to do for you.",
    ),
    "forgotten_payment": Words(
        "attention",
        "A payment was overlooked",
        "We ask Stripe now what became of it. There is nothing to do for you.",
    ),
    "forgotten_refund": Words(
        "attention",
        "A refund was overlooked",
        "We ask Stripe for it now. There is nothing to do for you.",
    ),
    "forgotten_instalment": Words(
        "attention",
        "A part of a price was overlooked",
        "It was due, and is charged or asked for now. There is nothing to do for you.",
    ),
    "forgotten_dispute": Words(
        "attention",
        "A dispute was overlooked",
        "We ask Stripe now how it stands. There is nothing to do for you.",
    ),
    "payment_without_order": Words(
        "problem",
        "A payment has no order",
        "A client paid, and what they ordered is not theirs yet. We ask Stripe again. If this stays here for "
        "a day, refund it in Stripe.",
    ),
    "order_without_goods": Words(
        "problem",
        "A paid order is not complete",
        "It is paid, and sessions that belong to it are not there. We look into it too.",
    ),
    "forgotten_order": Words(
        "attention",
        "An order waits for too long",
        "It was neither signed nor paid. It is being ended now, and there is nothing to do for you.",
    ),
    "forgotten_pack_order": Words(
        "attention",
        "An order of a pack waits for too long",
        "It was neither signed nor paid. It is being ended now, and there is nothing to do for you.",
    ),
    "altered_acceptance": Words(
        "problem",
        "What a client accepted was altered",
        "The text that is kept is not the one that they accepted. Keep your copy from the mail. We look into "
        "it too.",
    ),
    "late_mail": Words(
        "attention",
        "A mail is late",
        "It has waited for hours and is tried again. If it is urgent, tell them another way.",
    ),
}
