"""What is done without the coach, in words: each automation with what it does and when, and each deed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tenants.earnings.deeds import Deed
from tenants.messaging.switches import Automation


@dataclass(frozen=True, slots=True)
class Words:
    """An automation: `kept` says why it cannot be switched off, `page` is where more of it is set."""

    title: str
    does: str
    kept: str = ""
    page: str = ""
    page_words: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    automations: tuple[str, ...]


GROUPS: Final = (
    Group(
        "clients",
        "To your clients",
        (
            Automation.REMINDERS,
            Automation.PACK_LOW,
            Automation.PACK_EXPIRING,
            Automation.INVOICE_OVERDUE,
            Automation.ASKED_AGAIN,
            Automation.PERIOD_PAID,
            Automation.PAPERS_GIVEN,
        ),
    ),
    Group(
        "you",
        "To you",
        (
            Automation.NEWS_BOOKED,
            Automation.NEWS_CHANGED,
            Automation.NEWS_MONEY,
            Automation.NEWS_PLANS,
        ),
    ),
    Group(
        "money",
        "Always on: bookings and money",
        (
            Deed.BOOKED,
            Deed.PAID,
            Deed.CHARGED,
            Deed.RETRIED,
            Deed.RETURNED,
            Deed.PAPERS,
            Deed.FREED,
            Deed.CALLED_OFF,
            Deed.EXPIRED,
            Deed.EXPLAINED,
        ),
    ),
    Group(
        "always",
        "Always on: mails",
        (
            Automation.CONFIRMATIONS,
            Automation.RECEIPTS,
            Automation.CHARGE_NOTICES,
            Automation.ASKS,
            Automation.LINKS,
            Automation.SEQUENCES,
            Automation.NEEDS_COACH,
        ),
    ),
)

WORDS: Final[Mapping[str, Words]] = {
    Automation.REMINDERS: Words(
        "Reminders of sessions",
        "Mails the client before each session.",
        page="reminders",
        page_words="Choose when",
    ),
    Automation.PACK_LOW: Words(
        "Packs that are nearly used up",
        "Mails the client, whoever paid, and you when 2 sessions are left, and when 1 is.",
    ),
    Automation.PACK_EXPIRING: Words(
        "Packs that end soon",
        "Mails the client and you 30 and 7 days before what is left expires.",
    ),
    Automation.INVOICE_OVERDUE: Words(
        "Invoices that are late",
        "Mails whoever has to pay 3 and 10 days after the invoice was due.",
    ),
    Automation.ASKED_AGAIN: Words(
        "Asking a second time for what is due",
        "Mails the link to pay once more, a day after the first time.",
    ),
    Automation.PERIOD_PAID: Words(
        "Paid periods of retainers",
        "Mails you, and the client where somebody else pays, when the next period is paid.",
    ),
    Automation.PAPERS_GIVEN: Words(
        "Forms, documents and packets that you give",
        "Mails the client the link when you give them something to fill in or to read.",
        page="forms",
        page_words="See them",
    ),
    Automation.NEWS_BOOKED: Words("New bookings", "Mails you when a client has booked."),
    Automation.NEWS_CHANGED: Words(
        "Moved and cancelled sessions", "Mails you when a session is moved or cancelled."
    ),
    Automation.NEWS_MONEY: Words(
        "Money that came in or went back",
        "Mails you when a pack or an invoice is paid, a transfer is matched, or money goes back.",
    ),
    Automation.NEWS_PLANS: Words(
        "Changes of packs and retainers",
        "Mails you when a pack ends, is extended or passed on, and when a retainer begins, goes on or ends.",
    ),
    Deed.BOOKED: Words(
        "Takes bookings",
        "Agrees the time with the client and confirms it once it is paid.",
        kept="To stop it, close your hours or withdraw what is offered.",
        page="offers",
        page_words="See what is offered",
    ),
    Deed.PAID: Words(
        "Takes payments",
        "Takes the payment and matches it with what it is for.",
        kept="A session is only booked when it is paid.",
    ),
    Deed.CHARGED: Words(
        "Charges kept cards",
        "Charges the rest after a deposit, instalments and retainers on the day they are due.",
        kept="It was agreed with the client when it was sold.",
        page="offers",
        page_words="Set it for each session type",
    ),
    Deed.RETRIED: Words(
        "Tries a declined card again",
        "Tries again after 1, 3, 5 and 7 days, as often as banks allow.",
        kept="The rules of the card networks say when and how often.",
    ),
    Deed.RETURNED: Words(
        "Follows refunds",
        "Keeps the books of what went back, and returns our fee with it.",
        kept="Your books would not add up without it.",
    ),
    Deed.PAPERS: Words(
        "Writes receipts",
        "Numbers a receipt for each payment and a credit note for each refund.",
        kept="The numbers may have no gaps.",
        page="papers",
        page_words="See the papers",
    ),
    Deed.FREED: Words(
        "Frees times that nobody paid for",
        "Ends a hold when its time is up, and no answer or payment came.",
        kept="Others could not book the time.",
    ),
    Deed.CALLED_OFF: Words(
        "Calls off sessions whose rest is not paid",
        "Cancels the session a day after the client was told, where its session type says so.",
        kept="It was agreed with the client at booking.",
        page="offers",
        page_words="Set it for each session type",
    ),
    Deed.EXPIRED: Words(
        "Ends packs on their last day",
        "Takes out what is left of a pack when it is no longer valid.",
        kept="It is the rule that the pack was sold by. You can extend each pack.",
        page="balances",
        page_words="See the packs",
    ),
    Deed.EXPLAINED: Words(
        "Explains payouts",
        "Lists each line of what Stripe pays out, to the cent.",
        kept="It only reads what Stripe has done.",
        page="payouts",
        page_words="See the payouts",
    ),
    Automation.CONFIRMATIONS: Words(
        "Confirmations",
        "Mails the client what was agreed and what has changed since.",
        kept="Clients must have in writing what they agreed to.",
    ),
    Automation.RECEIPTS: Words(
        "Receipts",
        "Mails whoever paid what was paid, and what went back.",
        kept="Whoever pays must get a receipt.",
    ),
    Automation.CHARGE_NOTICES: Words(
        "Notices before a charge",
        "Mails the payer before a kept card is charged, and before a price changes.",
        kept="Card networks and consumer law want it told in advance.",
    ),
    Automation.ASKS: Words(
        "Links to pay and to confirm",
        "Mails the payer a link when something is due, was declined, or the bank asks.",
        kept="Without the link nobody could pay, and banks require the client to confirm.",
    ),
    Automation.LINKS: Words(
        "Own pages and cards",
        "Mails clients the link they asked for, and when a card is kept or removed.",
        kept="Clients ask for it, or need to know it to be safe.",
    ),
    Automation.SEQUENCES: Words(
        "Mails in a row",
        "Mails clients what you wrote for them, some time after they bought, booked or agreed to something.",
        kept="Each sequence has a switch of its own.",
        page="sequences",
        page_words="Write and switch them",
    ),
    Automation.NEEDS_COACH: Words(
        "What needs you",
        "Mails you requests, declined payments, disputes, and trouble with Stripe or your bank.",
        kept="Money or a client would be lost if you missed it.",
    ),
}

# What a mail of the log was, by its kind.
MAILS: Final[Mapping[str, str]] = {
    "booking_confirmed": "Booking confirmed",
    "series_confirmed": "Bookings confirmed",
    "booking_requested": "Request received",
    "booking_released": "Time let go",
    "booking_reminder": "Session reminded of",
    "booking_moved": "Session moved",
    "booking_cancelled": "Session cancelled",
    "booking_waived": "Kept money given back",
    "payment_refunded": "Refund made",
    "payment_received": "Payment received",
    "payment_given_back": "Money given back",
    "payment_taken_back": "Recorded payment taken back",
    "instalment_upcoming": "Charge announced",
    "instalment_due": "Link to pay",
    "instalment_paid": "Instalment paid",
    "instalment_failed": "Card declined",
    "instalment_asks_client": "Bank asks to confirm",
    "instalment_unpaid": "Not paid in time",
    "card_removed": "Card removed",
    "card_saved": "Card kept",
    "refund_refused": "Refund takes longer",
    "dispute_opened": "Dispute opened",
    "dispute_closed": "Dispute closed",
    "payment_warned": "Payment reported as fraud",
    "pack_bought": "Pack bought",
    "pack_sold": "Pack sold",
    "pack_given": "Pack given",
    "pack_paid": "Pack paid",
    "pack_released": "Pack not paid",
    "pack_low": "Pack nearly used up",
    "pack_expiring": "Pack ends soon",
    "pack_expired": "Pack expired",
    "pack_extended": "Pack extended",
    "pack_sent": "Pack passed on",
    "pack_received": "Pack received",
    "pack_corrected": "Pack corrected",
    "pack_frozen": "Pack paused",
    "pack_unfrozen": "Pack can be used again",
    "pack_refunded": "Sessions of a pack taken out",
    "pack_payment_refunded": "Refund of a pack",
    "pack_link_asked": "Link to a pack",
    "packs_bought": "Packs bought for others",
    "packs_released": "Packs for others not paid",
    "packs_refunded": "Refund of packs for others",
    "payments_link_asked": "Link to own payments",
    "paper_handed_over": "Link to a paper",
    "sign_in_code": "Code to sign in",
    "sequence_mail": "Mail of a sequence",
    "order_paid": "Order paid",
    "order_released": "Order not paid",
    "order_refunded": "Refund of an order",
    "order_link_asked": "Link to an order",
    "invoice_overdue": "Invoice late",
    "invoice_paid": "Invoice paid",
    "invoice_cancelled": "Invoice cancelled",
    "invoice_refunded": "Refund of an invoice",
    "retainer_started": "Retainer begun",
    "retainer_released": "Retainer not begun",
    "retainer_upcoming": "Charge of a retainer announced",
    "retainer_renewed": "Retainer paid",
    "retainer_past_due": "Payment of a retainer late",
    "retainer_asks_client": "Bank asks to confirm",
    "retainer_paused": "Retainer paused",
    "retainer_resumed": "Retainer goes on",
    "retainer_cancel_wanted": "Retainer to end",
    "retainer_ended": "Retainer ended",
    "retainer_price_changed": "New price of a retainer",
    "retainer_refunded": "Refund of a retainer",
    "stripe_restricted": "Stripe wants something",
    "stripe_disconnected": "Stripe disconnected",
    "domain_failing": "Own domain leads elsewhere",
    "payout_failed": "Payout failed",
    "fees_stated": "Statement of platform fees",
    "practice_suspended": "Practice suspended",
    "practice_reopened": "Practice open again",
    "practice_closed": "Practice closed",
    "export_ready": "Archive ready",
    "practice_arrived": "Practice has moved",
    "practice_opened_again": "Practice not closed after all",
    "webhook_switched_off": "Webhook switched off",
}

# What another deed of the log was.
DEEDS: Final[Mapping[str, str]] = {
    Deed.BOOKED: "Booking taken",
    Deed.PAID: "Payment taken",
    Deed.CHARGED: "Kept card charged",
    Deed.RETURNED: "Refund followed",
    Deed.FREED: "Time freed",
    Deed.CALLED_OFF: "Session called off, its rest was not paid",
    Deed.EXPIRED: "Pack ended",
    Deed.EXPLAINED: "Payout explained",
}
