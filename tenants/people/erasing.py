"""Erasing a person: what says who they are is overwritten, and the books stay as they are.

Numbered papers and acceptances are kept word for word, since the law asks for them for longer than a person
may want; the preview says which, and why. Ledgers and events hold ids only, so nothing of them changes.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from kit.actors import Actor
from tenants.activity import events
from tenants.billing import cards
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    UNFINISHED,
    BankLine,
    Charge,
    Dispute,
    Document,
    Mandate,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.clients.models import Client, Relation
from tenants.earnings.owed import standing
from tenants.files.models import StoredFile
from tenants.offers.vocabulary import called
from tenants.packs.models import Pack, PackStatus
from tenants.paperwork.models import Acceptance, ClientPaper, PaperKind
from tenants.people.overwriting import overwrite
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.scheduling.models import Booking, BookingStatus
from tenants.shop.models import Order

TAX: Final = "tax law asks the coach to keep numbered papers for up to ten years"
PROOF: Final = "they prove what both sides agreed to, for as long as a claim can be made"
BOOKS: Final = "amounts and dates are the coach’s books, in which you are a number from then on"
BY_STRIPE: Final = "Stripe keeps its own records of card payments, as a bank does"


class StillUnderWay(Exception):
    """Something binds both sides yet: the reasons are sentences for people. Nothing was erased."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays, how many of it, and the reason in words."""

    what: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing means for one client: `hindrances` are settled first, `lost` cannot be used afterwards."""

    hindrances: tuple[str, ...]
    erased: tuple[str, ...]
    lost: tuple[str, ...]
    kept: tuple[Kept, ...]

    @property
    def can_be_done(self) -> bool:
        return not self.hindrances


def preview(*, client: Client, now: datetime) -> Preview:
    """What would go, what would stay and why, and what stands in the way. It changes nothing."""
    return Preview(
        hindrances=tuple(hindrances(client, now)),
        erased=tuple(_erased(client)),
        lost=tuple(_lost(client, now)),
        kept=tuple(each for each in _kept(client) if each.count),
    )


def erase(*, client_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: the person is gone, at once and for good. Done twice it is done once.

    Kept cards are forgotten at Stripe first. Raises StillUnderWay, and the gateway's errors: of those
    nothing but a card is gone, and it can be asked for again.
    """
    client = Client.objects.get(pk=client_id)
    if reasons := list(hindrances(client, now)):
        raise StillUnderWay(reasons)
    for card in cards.cards_of(client_id):
        cards.remove(card_id=card.pk, now=now, actor=actor)
    with transaction.atomic(durable=True):
        client = _locked(client_id)
        if client.erased_at is not None:
            return
        if reasons := list(hindrances(client, now)):
            raise StillUnderWay(reasons)
        overwrite(client=client, now=now)
        events.record(kind="client.erased", subject_id=client.pk, client_id=client.pk, actor=actor, now=now)


def _locked(client_id: uuid.UUID) -> Client:
    """Step: the person, with what is overwritten of theirs, in the order in which all lock such rows.

    With its key: nothing new refers to them until it is done, and what just does is waited for.
    """
    lines = BankLine.objects.filter(payments__charge__client=client_id).order_by("pk").only("pk")
    list(lines.select_for_update(of=("self",), no_key=True))
    payments = PaymentAttempt.objects.filter(charge__client=client_id).order_by("pk").only("pk")
    list(payments.select_for_update(of=("self",), no_key=True))
    booked = Booking.objects.filter(client=client_id).order_by("pk").only("pk")
    list(booked.select_for_update(no_key=True))
    client = Client.objects.select_for_update().get(pk=client_id)
    orders = Order.objects.filter(payer=client_id).order_by("pk").only("pk")
    list(orders.select_for_update(no_key=True))
    packs = Pack.objects.filter(Q(client=client_id) | Q(buyer=client_id)).order_by("pk").only("pk")
    list(packs.select_for_update(no_key=True))
    retainers = Retainer.objects.filter(Q(client=client_id) | Q(payer=client_id)).order_by("pk").only("pk")
    list(retainers.select_for_update(no_key=True))
    return client


# --- what stands in the way -------------------------------------------------------------------------


def hindrances(client: Client, now: datetime) -> Iterator[str]:
    """What both sides have to settle first, each with what to do about it."""
    if _coming(client, now).exists():
        yield f"{called.A_session} is booked. Cancel it, or wait until it is over."
    ended = (RetainerStatus.ENDED, RetainerStatus.VOID, RetainerStatus.PENDING)
    if Retainer.objects.filter(Q(client=client) | Q(payer=client)).exclude(status__in=ended).exists():
        yield "A retainer goes on. Cancel it, and wait for its paid period to end."
    if standing().filter(client=client).exists():
        yield "Something is owed. Pay it, or ask for it to be waived."
    if _money_moves(client):
        yield "A payment or refund is under way. Look again when it has arrived."


def _coming(client: Client, now: datetime) -> QuerySet[Booking]:
    live = (BookingStatus.HELD, BookingStatus.REQUESTED, BookingStatus.CONFIRMED)
    rows = Booking.objects.filter(client=client, status__in=live, session__ends_at__gt=now)
    # A hold that has lapsed binds nobody, though nothing has written it down.
    return rows.exclude(status=BookingStatus.HELD, hold_expires_at__lte=now)


def _money_moves(client: Client) -> bool:
    tries = PaymentAttempt.objects.filter(charge__client=client, status__in=UNFINISHED)
    refunds = Refund.objects.filter(attempt__charge__client=client, status=RefundStatus.ASKED)
    disputes = Dispute.objects.filter(attempt__charge__client=client, status__in=UNDECIDED_DISPUTES)
    return tries.exists() or refunds.exists() or disputes.exists()


# --- what it means ----------------------------------------------------------------------------------


def _erased(client: Client) -> Iterator[str]:
    yield "Your name, address, phone number and time zone"
    yield f"What was written with your {called.sessions}, by you or about you"
    if ClientPaper.objects.filter(client=client).exists():
        yield "Papers that you did not agree to, and what you answered in forms"
    if StoredFile.objects.filter(client_id=client.pk).exists():
        yield "Files that you handed in"
    if cards.cards_of(client.pk):
        yield "Your kept cards, at Stripe too"
    if Relation.objects.filter(Q(payer=client) | Q(beneficiary=client)).exists():
        yield "Who you pay for, and who pays for you"
    yield "Mails that were still to come, your sign-ins, and every link that you have"


def _lost(client: Client, now: datetime) -> Iterator[str]:
    """Units that nobody can book with any more."""
    rows = Pack.objects.filter(client=client, status=PackStatus.ACTIVE).select_related("offer")
    for pack in rows.exclude(expires_at__lte=now):
        left = sum(pack.entries.values_list("units", flat=True))
        if left:
            yield f"{pack.offer.name}: {left} left, which nobody can use then"


def _kept(client: Client) -> Iterator[Kept]:
    papers = Document.objects.filter(client_id=client.pk)
    yield Kept("Receipts, invoices and credit notes", papers.count(), TAX)
    agreed = Acceptance.objects.filter(client_id=client.pk, client_paper__paper__kind=PaperKind.AGREEMENT)
    yield Kept("Agreements that you accepted, with your typed name", agreed.count(), PROOF)
    handed_in = Acceptance.objects.filter(client_id=client.pk).exclude(pk__in=agreed.values("pk"))
    yield Kept("That you handed in forms, without your answers", handed_in.count(), PROOF)
    yield Kept("What you agreed to have charged", Mandate.objects.filter(client=client).count(), PROOF)
    charges = Charge.objects.filter(client=client)
    yield Kept("Entries of payments", charges.count(), BOOKS)
    by_card = PaymentAttempt.objects.filter(charge__client=client, captured_at__isnull=False)
    yield Kept("Card payments at Stripe", by_card.count(), BY_STRIPE)
    over = Booking.objects.filter(client=client)
    yield Kept(f"{called.Sessions}, without your name", over.count(), BOOKS)
