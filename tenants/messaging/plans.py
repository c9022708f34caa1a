"""Which mails an event leads to, and who gets one of each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.db.models import F, Q

from tenants.activity.models import Event
from tenants.billing.coach_refunds import Because
from tenants.billing.models import InstalmentKind, Mandate, MandatePurpose, PaymentAttempt
from tenants.messaging import retainer_mails, switches
from tenants.messaging.models import Audience
from tenants.packs.models import Pack
from tenants.retainers.models import Retainer
from tenants.scheduling.models import Booking
from tenants.shop.models import Order, Proposal

CLIENT, BUYER, COACH = Audience.CLIENT, Audience.BUYER, Audience.COACH

# What happened -> the kind of mail it leads to, and who may get one. The buyer only where that is not the
# client: of a pack that was passed on, whoever has it now is told as its client.
MAILS: Final[Mapping[str, tuple[str, tuple[Audience, ...]]]] = MappingProxyType(
    {
        "booking.confirmed": ("booking_confirmed", (CLIENT, COACH)),
        "series.confirmed": ("series_confirmed", (CLIENT, COACH)),
        "booking.requested": ("booking_requested", (CLIENT, COACH)),
        "booking.released": ("booking_released", (CLIENT, COACH)),
        "booking.upcoming": ("booking_reminder", (CLIENT,)),
        "booking.moved": ("booking_moved", (CLIENT, COACH)),
        "booking.cancelled": ("booking_cancelled", (CLIENT, COACH)),
        "booking.waived": ("booking_waived", (CLIENT, COACH)),
        "payment.refunded": ("payment_refunded", (CLIENT, COACH)),
        "payment.received": ("payment_received", (CLIENT, COACH)),
        "payment.given_back": ("payment_given_back", (CLIENT,)),
        "payment.taken_back": ("payment_taken_back", (CLIENT,)),
        "instalment.upcoming": ("instalment_upcoming", (CLIENT,)),
        "instalment.due": ("instalment_due", (CLIENT,)),
        "instalment.paid": ("instalment_paid", (CLIENT,)),
        "instalment.failed": ("instalment_failed", (CLIENT, COACH)),
        "instalment.asks_client": ("instalment_asks_client", (CLIENT, COACH)),
        "instalment.unpaid": ("instalment_unpaid", (CLIENT, COACH)),
        "card.removed": ("card_removed", (CLIENT,)),
        "refund.refused": ("refund_refused", (CLIENT, COACH)),
        "dispute.opened": ("dispute_opened", (COACH,)),
        "dispute.closed": ("dispute_closed", (COACH,)),
        "payment.warned": ("payment_warned", (COACH,)),
        "pack.bought": ("pack_bought", (CLIENT, BUYER, COACH)),
        "pack.sold": ("pack_sold", (CLIENT, COACH)),
        "pack.given": ("pack_given", (CLIENT,)),
        "pack.handed_over": ("pack_given", (CLIENT,)),
        "packs.bought": ("packs_bought", (CLIENT, COACH)),
        "packs.offered": ("packs_offered", (CLIENT,)),
        "packs.released": ("packs_released", (CLIENT,)),
        "pack.paid": ("pack_paid", (BUYER, COACH)),
        "pack.released": ("pack_released", (BUYER,)),
        "pack.low": ("pack_low", (CLIENT, BUYER, COACH)),
        "pack.expiring": ("pack_expiring", (CLIENT, COACH)),
        "pack.expired": ("pack_expired", (CLIENT, COACH)),
        "pack.extended": ("pack_extended", (CLIENT, COACH)),
        "pack.sent": ("pack_sent", (CLIENT, COACH)),
        "pack.received": ("pack_received", (CLIENT,)),
        "pack.corrected": ("pack_corrected", (CLIENT,)),
        "pack.frozen": ("pack_frozen", (CLIENT, COACH)),
        "pack.unfrozen": ("pack_unfrozen", (CLIENT, COACH)),
        "pack.link_asked": ("pack_link_asked", (CLIENT,)),
        "payments.link_asked": ("payments_link_asked", (CLIENT,)),
        "order.paid": ("order_paid", (CLIENT, COACH)),
        "order.released": ("order_released", (CLIENT,)),
        "order.link_asked": ("order_link_asked", (CLIENT,)),
        "card.saved": ("card_saved", (CLIENT,)),
        "portal.code_asked": ("sign_in_code", (CLIENT,)),
        "pack.refunded": ("pack_refunded", (CLIENT,)),
        **retainer_mails.MAILS,
        "invoice.sent": ("invoice_sent", (CLIENT,)),
        "invoice.overdue": ("invoice_overdue", (CLIENT,)),
        "invoice.paid": ("invoice_paid", (CLIENT, COACH)),
        "invoice.cancelled": ("invoice_cancelled", (CLIENT,)),
        "paper.sent": ("paper_sent", (CLIENT,)),
        "paper.reminded": ("paper_reminded", (CLIENT,)),
        "paper.handed_over": ("paper_handed_over", (CLIENT,)),
        "paper.asked_again": ("given_paper_reminded", (CLIENT,)),
        "paper.accepted": ("paper_accepted", (CLIENT, COACH)),
        "paper.declined": ("paper_declined", (COACH,)),
        "proposal.sent": ("proposal_sent", (CLIENT,)),
        "proposal.accepted": ("proposal_accepted", (COACH,)),
        "proposal.declined": ("proposal_declined", (COACH,)),
        "proposal.expired": ("proposal_expired", (COACH,)),
        "proposal.withdrawn": ("proposal_withdrawn", (CLIENT,)),
        "sequence.due": ("sequence_mail", (CLIENT,)),
        "sequence.tested": ("sequence_test", (COACH,)),
        "stripe.restricted": ("stripe_restricted", (COACH,)),
        "stripe.disconnected": ("stripe_disconnected", (COACH,)),
        "domain.failing": ("domain_failing", (COACH,)),
        "payout.failed": ("payout_failed", (COACH,)),
        "fees.stated": ("fees_stated", (COACH,)),
        "practice.suspended": ("practice_suspended", (COACH,)),
        "practice.reopened": ("practice_reopened", (COACH,)),
        "practice.closed": ("practice_closed", (COACH,)),
        "export.ready": ("export_ready", (COACH,)),
        "practice.opened_again": ("practice_opened_again", (COACH,)),
        "practice.arrived": ("practice_arrived", (COACH,)),
        "webhook.switched_off": ("webhook_switched_off", (COACH,)),
    }
)
# Money that went back for something else than a session. For a pack the one who paid is told of the money,
# and `pack.refunded` tells who did not.
OF_A_PACK: Final = ("pack_payment_refunded", (BUYER, COACH))
REFUNDED: Final[Mapping[str, tuple[str, tuple[Audience, ...]]]] = MappingProxyType(
    {
        "pack": OF_A_PACK,
        "pack_and_booking": OF_A_PACK,
        "pack_debt": OF_A_PACK,
        "retainer": retainer_mails.REFUNDED,
        "invoice": ("invoice_refunded", (CLIENT, COACH)),
        # Of what was owed before there is no paper that a mail could speak of; the receipt says it.
        "brought": ("invoice_refunded", ()),
        "packs_for": ("packs_refunded", (CLIENT, COACH)),
        "order": ("order_refunded", (CLIENT, COACH)),
    }
)

OF_PACKS: Final = frozenset({"pack", "pack_and_booking"})

# Of a time that came free the coach hears where it is about the own account, or about a request to answer.
RELEASED_TO_COACH: Final = frozenset({"payment_unreachable", "request_unanswered", "request_withdrawn"})


def mails_of(event: Event) -> list[tuple[str, Audience]]:
    """The mails to write about an event: kind and audience, each pair once."""
    of_purpose = REFUNDED.get(event.data.get("purpose", "")) if event.kind == "payment.refunded" else None
    kind, may_be_told = of_purpose or MAILS[event.kind]
    return [(kind, audience) for audience in may_be_told if _is_told(kind, audience, event)]


def _is_told(kind: str, audience: Audience, event: Event) -> bool:
    if switches.is_off(kind, audience, event):
        return False
    rule = _ONLY_IF.get((kind, audience))
    return rule is None or rule(event)


def _is_by_itself(event: Event) -> bool:
    """No part of a series, which is told in one mail."""
    return not Booking.objects.filter(pk=event.subject_id, series__isnull=False).exists()


def _is_owed(event: Event) -> bool:
    """Not where Stripe has refused it because the money went back another way, nor what nobody promised."""
    promised = event.data.get("cause") not in Because.values
    return promised and event.data.get("code") != "charge_already_refunded"


def _is_a_gift(event: Event) -> bool:
    """Somebody else paid, and that for whoever has it now."""
    buyer, client, origin = _people(event)
    return buyer != client and origin is None


def _is_sold_by_itself(event: Event) -> bool:
    """Of sessions that a product includes, the mail about the product tells."""
    return not event.data.get("order")


def _client_did_not_pay(event: Event) -> bool:
    buyer, client, _origin = _people(event)
    return buyer != client


def _another_pays_the_retainer(event: Event) -> bool:
    """By an event of the retainer's, or of one of its periods."""
    retainer = Retainer.objects.filter(Q(pk=event.subject_id) | Q(periods=event.subject_id))
    return retainer.exclude(client=F("payer")).exists()


def _is_given_now(event: Event) -> bool:
    """Not to who paid for it, whose own mail says so; nor before the day that the payer has chosen."""
    return _client_did_not_pay(event) and not event.data.get("waits")


def _was_bought(event: Event) -> bool:
    """Not passed on: what befalls those packs is part of what befalls the one that was bought."""
    return _people(event)[2] is None


def _people(event: Event) -> tuple[object, ...]:
    return Pack.objects.values_list("buyer_id", "client_id", "origin_id").get(pk=event.subject_id)


def _is_not_told_elsewhere(event: Event) -> bool:
    """The mail about a sale, or about the session of a unit that came back late, shows the new last day."""
    return event.data.get("cause") != "returned_late" and not event.data.get("at_sale")


def _is_news_by_itself(event: Event) -> bool:
    """Not where the mail about the session that it pays for says so, or the one about a paid invoice."""
    settles_invoice = event.data.get("purpose") == "invoice" and not event.data.get("left_minor")
    return not event.data.get("told_with") and not settles_invoice


def _is_matched(event: Event) -> bool:
    """With a line of the bank; of what the coach types nobody needs to tell the coach."""
    return bool(event.data.get("matched"))


def _was_paid_by_card(event: Event) -> bool:
    """Of cash and transfers the mail about the payment tells."""
    paid = PaymentAttempt.objects.filter(charge__reference=event.subject_id, captured_at=event.at)
    return paid.exists()


def _is_the_coachs_own_doing(event: Event) -> bool:
    return bool(event.data.get("cause") == "coach")


def _is_not_of_a_period(event: Event) -> bool:
    """Of a retainer's periods its own mails tell."""
    return bool(event.data["kind"] != InstalmentKind.PERIOD)


def _is_the_first_refusal(event: Event) -> bool:
    """The coach is told once; the client each time."""
    return _is_not_of_a_period(event) and event.data["tries"] == 1


def _was_paid_by_card_in_part(event: Event) -> bool:
    """The mail about the paid pack says that nothing is open; one about cash tells of cash."""
    paid = PaymentAttempt.objects.filter(charge=event.data["charge"], captured_at=event.at)
    told_with_pack = event.data["purpose"] in OF_PACKS and not event.data["owed_minor"]
    return _is_not_of_a_period(event) and not told_with_pack and paid.exists()


def _is_not_about_an_instalment(event: Event) -> bool:
    """Of an instalment that is missing the payer and the coach are told with it."""
    return event.data.get("because") != "instalment"


def _is_news_to_the_client(event: Event) -> bool:
    return _is_not_about_an_instalment(event) or _client_did_not_pay(event)


def _is_news_to_the_coach(event: Event) -> bool:
    return _is_not_about_an_instalment(event) and _was_bought(event)


def _is_not_told_with_what_it_is_for(event: Event) -> bool:
    """Of what is agreed to by buying, the mail about the order tells the coach; of a proposal, its own."""
    if Order.objects.filter(pk=event.data.get("reference")).exists():
        return False
    return not Proposal.objects.filter(agreement=event.subject_id).exists()


def _is_kept_for_one_press(event: Event) -> bool:
    """Where a card is kept for what is paid later, the mail about that says so."""
    agreed = Mandate.objects.filter(purpose=MandatePurpose.ONE_TAP)
    return event.client_id is not None and agreed.filter(client_id=event.client_id).exists()


_ONLY_IF: Final[Mapping[tuple[str, Audience], Callable[[Event], bool]]] = MappingProxyType(
    {
        ("booking_confirmed", CLIENT): _is_by_itself,
        ("booking_confirmed", COACH): _is_by_itself,
        ("payment_received", CLIENT): _is_news_by_itself,
        ("payment_received", COACH): _is_matched,
        ("pack_paid", BUYER): _was_paid_by_card,
        ("pack_paid", COACH): _was_paid_by_card,
        ("instalment_upcoming", CLIENT): _is_not_of_a_period,
        ("instalment_due", CLIENT): _is_not_of_a_period,
        ("instalment_paid", CLIENT): _was_paid_by_card_in_part,
        ("instalment_failed", CLIENT): _is_not_of_a_period,
        ("instalment_failed", COACH): _is_the_first_refusal,
        ("instalment_asks_client", CLIENT): _is_not_of_a_period,
        ("instalment_asks_client", COACH): _is_not_of_a_period,
        ("instalment_unpaid", CLIENT): _is_not_of_a_period,
        ("instalment_unpaid", COACH): _is_not_of_a_period,
        ("refund_refused", CLIENT): _is_owed,
        ("booking_released", COACH): lambda event: event.data.get("reason") in RELEASED_TO_COACH,
        ("card_saved", CLIENT): _is_kept_for_one_press,
        ("paper_accepted", COACH): _is_not_told_with_what_it_is_for,
        ("pack_given", CLIENT): _is_given_now,
        ("pack_bought", CLIENT): _is_sold_by_itself,
        ("pack_bought", BUYER): lambda event: _is_sold_by_itself(event) and _is_a_gift(event),
        ("pack_bought", COACH): _is_sold_by_itself,
        ("pack_low", BUYER): _is_a_gift,
        ("pack_extended", CLIENT): _is_not_told_elsewhere,
        ("pack_extended", COACH): _is_the_coachs_own_doing,
        ("pack_frozen", CLIENT): _is_news_to_the_client,
        ("pack_frozen", COACH): _is_news_to_the_coach,
        ("pack_unfrozen", COACH): _is_news_to_the_coach,
        ("pack_refunded", CLIENT): _client_did_not_pay,
        **{
            (kind, CLIENT): _another_pays_the_retainer
            for kind, audience in retainer_mails.WRITERS
            if audience == CLIENT
        },
    }
)
