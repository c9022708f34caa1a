"""One payment as its page shows it: lines that add up, refunds, disputes, and what it was for."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from fees import accounts as fee_accounts
from payouts.models import BalanceLine, LineClass, Payout
from tenants.activity.models import Event
from tenants.billing.attempts import UNWANTED, WARNED
from tenants.billing.models import AttemptStatus, Document, EntryKind, LedgerEntry, PaymentAttempt
from tenants.billing.order_fees import cap_that_bites
from tenants.dashboard import refund_words
from tenants.dashboard.desk import Desk
from tenants.dashboard.dispute_words import Shown, shown
from tenants.dashboard.payment_lines import free_session, free_up_to, rate_words
from tenants.packs.models import Pack
from tenants.packs.statements import PURPOSES
from tenants.scheduling.models import Booking

ROWS = (
    (EntryKind.CAPTURE, "Paid by card"),
    (EntryKind.PLATFORM_FEE, "Platform fee"),
    (EntryKind.PROCESSOR_FEE, "Card processing by Stripe"),
    (EntryKind.REFUND, "Refunded"),
    (EntryKind.PLATFORM_FEE_RETURNED, "Platform fee returned"),
    (EntryKind.DISPUTE, "Taken back by the card’s bank"),
    (EntryKind.DISPUTE_FEE, "Stripe’s fee for the dispute"),
    (EntryKind.DISPUTE_WON, "Given back by the card’s bank"),
)
ALWAYS = (EntryKind.CAPTURE, EntryKind.PLATFORM_FEE)


@dataclass(frozen=True, slots=True)
class Page:
    """All that there is to say of a payment. `lines` add up to its net."""

    attempt: PaymentAttempt
    booking: Booking | None
    pack: Pack | None
    lines: Sequence[dict[str, object]]
    refunds: Sequence[refund_words.Told]
    disputes: Sequence[Shown]
    payout: Payout | None
    papers: Sequence[Document]
    stripe_page: str

    @property
    def is_moving(self) -> bool:
        """Whether a refund is on its way, so that the page looks again by itself."""
        return any(each.is_moving for each in self.refunds)

    @property
    def fee_is_pending(self) -> bool:
        return self.attempt.processor_fee_minor is None

    @property
    def is_foreign(self) -> bool:
        """Stripe settles it in another currency, so its fee is no part of these lines."""
        settled = self.attempt.settlement_currency
        return bool(settled) and settled != self.attempt.currency

    @property
    def foreign_fee_minor(self) -> int:
        return -(self.attempt.processor_fee_minor or 0)

    @property
    def is_warned(self) -> bool:
        """The card's bank suspects fraud, and the money is still here."""
        gone = self.attempt.refunded_minor + self.attempt.lost_minor
        return self.attempt.reason == WARNED and gone < self.attempt.captured_minor

    @property
    def is_for_nothing(self) -> bool:
        return self.attempt.reason == UNWANTED

    @property
    def is_open_to_refund(self) -> bool:
        """Whether anything can still be given back here."""
        on_its_way = sum(each.amount_minor for each in self.refunds if each.is_moving)
        gone = self.attempt.refunded_minor + self.attempt.lost_minor + on_its_way
        return not self.is_frozen and not self.is_for_nothing and gone < self.attempt.captured_minor

    @property
    def is_frozen(self) -> bool:
        return any(each.takes_the_money for each in self.disputes)


def payment_page(desk: Desk, attempt: PaymentAttempt) -> Page:
    """Read it all; `attempt` comes with charge and client. About eight queries."""
    entries = list(attempt.entries.order_by("at", "pk"))
    disputes = list(attempt.disputes.order_by("opened_at", "pk"))
    booking, pack = paid_for(attempt)
    return Page(
        attempt=attempt,
        booking=booking,
        pack=pack,
        lines=lines(desk, attempt, entries),
        refunds=refund_words.refunds_of(attempt, entries, _decided_by(attempt)),
        disputes=[shown(desk, each, entries) for each in reversed(disputes)],
        payout=_payout(attempt),
        papers=_papers(attempt),
        stripe_page=stripe_page(attempt),
    )


def taken_or_none(attempt_id: uuid.UUID) -> PaymentAttempt | None:
    """A payment that took money, with its charge and client."""
    found = PaymentAttempt.objects.select_related("charge__client", "instalment")
    return found.filter(pk=attempt_id, status=AttemptStatus.CAPTURED).first()


def paid_for(attempt: PaymentAttempt) -> tuple[Booking | None, Pack | None]:
    """The booking and the pack that it has to do with. At most two queries."""
    charge = attempt.charge
    if charge.purpose == "booking":
        return _booking(charge.reference), None
    if charge.purpose not in PURPOSES:
        return None, None
    pack = Pack.objects.select_related("offer", "client").get(pk=charge.reference)
    return (_booking(pack.first_booking) if pack.first_booking else None), pack


def _booking(booking_id: uuid.UUID) -> Booking | None:
    return Booking.objects.select_related("session", "client").filter(pk=booking_id).first()


def lines(desk: Desk, attempt: PaymentAttempt, entries: Iterable[LedgerEntry]) -> list[dict[str, object]]:
    """What moved, by kind, in the order in which it is understood; what never moved is left out."""
    sums: dict[str, int] = {}
    for each in entries:
        sums[each.kind] = sums.get(each.kind, 0) + each.amount_minor
    rows = [
        {"label": label, "minor": sums.get(kind, 0), "note": ""}
        for kind, label in ROWS
        if kind in ALWAYS or kind in sums
    ]
    rows[1]["note"] = _fee_note(desk, attempt)
    return rows


def _fee_note(desk: Desk, attempt: PaymentAttempt) -> str:
    charge, of = attempt.charge, fee_accounts.terms(schema_name=desk.tenant.schema_name).free_units
    up_to = free_up_to(cap_that_bites(charge), attempt.currency, desk.practice.locale)
    rate = rate_words(
        charge.rate_bp,
        bears_it=bool(attempt.application_fee_minor),
        is_free_in_part=bool(charge.free_units),
    )
    return ", ".join(filter(None, (free_session(tuple(attempt.free_numbers), of, up_to=up_to), rate)))


def _decided_by(attempt: PaymentAttempt) -> dict[str, str]:
    """Who decided each refund here, by the refund's id."""
    rows = Event.objects.filter(subject_id=attempt.pk, kind="refund.decided")
    return {each.data["refund"]: each.actor_name or "you" for each in rows}


def _papers(attempt: PaymentAttempt) -> list[Document]:
    """Its receipt, its credit notes, and the invoice that it paid, in the order in which they were issued."""
    of_payment = Q(reference__startswith=f"{attempt.pk}")
    paid = Q(pk=attempt.charge.reference) if attempt.charge.purpose == "invoice" else Q()
    return list(Document.objects.filter(of_payment | paid if paid else of_payment).order_by("issued_at"))


def _payout(attempt: PaymentAttempt) -> Payout | None:
    rows = BalanceLine.objects.filter(attempt_id=attempt.pk, line_class=LineClass.PAYMENT)
    line = rows.filter(payout__isnull=False).select_related("payout").first()
    return line.payout if line else None


def stripe_page(attempt: PaymentAttempt) -> str:
    """The payment in Stripe's dashboard, where the coach is signed in."""
    live = settings.STRIPE_API_KEY.startswith(("sk_live_", "rk_live_"))
    return f"https://dashboard.stripe.com/{'' if live else 'test/'}payments/{attempt.intent_id}"
