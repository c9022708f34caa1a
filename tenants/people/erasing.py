"""Erasing a person: what says who they are is overwritten, and the books stay as they are.

Numbered papers and acceptances are kept word for word, since the law asks for them for longer than a person
may want; the preview says which, and why. Ledgers and events hold ids only, so nothing of them changes.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from kit.actors import Actor
from kit.database import require_transaction
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import cards
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    UNFINISHED,
    BankLine,
    Charge,
    Dispute,
    Document,
    Mandate,
    ManualPayment,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.clients.models import Client, Note, Relation, SignIn
from tenants.earnings.owed import standing
from tenants.files.models import StoredFile
from tenants.integrations.models import ApiRequest, DeliveryStatus, WebhookDelivery
from tenants.messaging.models import Mail, MailStatus, SequenceRun
from tenants.offers.vocabulary import called
from tenants.packs.models import EntryNote, Pack, PackStatus
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus, PaperKind
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.scheduling.models import Booking, BookingStatus, Cancellation
from tenants.shop.models import Order, OrderStatus, Proposal, ProposalStatus

NOBODY: Final = "Erased client"
WORD: Final = "erased"
TAX: Final = "tax law asks the coach to keep numbered papers for up to ten years"
PROOF: Final = "they prove what both sides agreed to, for as long as a claim can be made"
BOOKS: Final = "amounts and dates are the coach's books, in which you are a number from then on"
BY_STRIPE: Final = "Stripe keeps its own records of card payments, as a bank does"


# What says who somebody is, or what they wrote: by model, the fields that erasing overwrites or empties, or
# whose row it takes away. A new field of the kind stands here, or a test asks why it does not.
ERASED: Final[Mapping[str, tuple[str, ...]]] = {
    "clients.Client": ("name", "email", "phone", "timezone", "billing"),
    "clients.Note": ("text",),
    "clients.Relation": ("label",),
    "clients.SignIn": ("browser", "agent"),
    "files.StoredFile": ("name",),
    "integrations.ApiRequest": ("body",),
    "integrations.WebhookDelivery": ("body",),
    "billing.PaymentAttempt": ("parameters",),
    "billing.BankLine": ("payer", "text"),
    "billing.ManualPayment": ("reference", "taken_back_because"),
    "paperwork.ClientPaper": ("text", "answers"),
    "packs.EntryNote": ("text",),
    "packs.Pack": ("accepted",),
    "retainers.Retainer": ("accepted",),
    "scheduling.Booking": ("holder", "client_timezone", "message", "comp_reason"),
    "scheduling.Cancellation": ("actor_name", "note"),
    "messaging.Mail": ("error",),
    "shop.Order": ("agreed", "beneficiaries"),
    "shop.Proposal": ("message",),
}


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
        _overwrite(client, now)
        events.record(kind="client.erased", subject_id=client.pk, client_id=client.pk, actor=actor, now=now)


def _locked(client_id: uuid.UUID) -> Client:
    """Step: the person, and before them what is overwritten of theirs and is locked before a client.

    With its key: nothing new refers to them until it is done, and what just does is waited for.
    """
    lines = BankLine.objects.filter(payments__charge__client=client_id).order_by("pk").only("pk")
    list(lines.select_for_update(of=("self",), no_key=True))
    payments = PaymentAttempt.objects.filter(charge__client=client_id).order_by("pk").only("pk")
    list(payments.select_for_update(of=("self",), no_key=True))
    booked = Booking.objects.filter(client=client_id).order_by("pk").only("pk")
    list(booked.select_for_update(no_key=True))
    return Client.objects.select_for_update().get(pk=client_id)


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


# --- overwriting ------------------------------------------------------------------------------------


def _overwrite(client: Client, now: datetime) -> None:
    require_transaction()
    _what_was_written(client)
    _papers_and_files(client)
    _payments(client)
    _mails(client, now)
    _ties(client, now)
    Client.objects.filter(pk=client.pk).update(
        name=NOBODY,
        email="",
        phone="",
        timezone="",
        billing={},
        is_company=False,
        archived_at=client.archived_at or now,
        erased_at=now,
        link_version=F("link_version") + 1,
        feed_version=F("feed_version") + 1,
    )


def _what_was_written(client: Client) -> None:
    Note.objects.filter(client=client).delete()
    own = Booking.objects.filter(client=client)
    own.update(message="", client_timezone="", holder="", link_version=F("link_version") + 1)
    own.exclude(comp_reason="").update(comp_reason=WORD)
    Cancellation.objects.filter(booking__client=client).exclude(note="").update(note=WORD)
    Cancellation.objects.filter(booking__client=client, actor_kind="client").update(actor_name="")
    EntryNote.objects.filter(entry__pack__client=client).delete()
    Proposal.objects.filter(client=client).update(message="")


def _papers_and_files(client: Client) -> None:
    """What was accepted stands in its acceptance; all else that was given or typed goes."""
    own = ClientPaper.objects.filter(client=client)
    own.filter(status=ClientPaperStatus.OPEN).update(status=ClientPaperStatus.WITHDRAWN)
    own.update(answers={}, link_version=F("link_version") + 1)
    agreed = Q(status=ClientPaperStatus.DONE, paper__kind=PaperKind.AGREEMENT)
    rest = own.exclude(pk__in=own.filter(agreed).values("pk"))
    rest.update(text="", text_hash="")
    StoredFile.objects.filter(client_id=client.pk).delete()


def _payments(client: Client) -> None:
    """The amounts stay; who typed or sent them, as a bank or a card page wrote it down, goes."""
    for attempt in PaymentAttempt.objects.filter(charge__client=client).only("parameters"):
        if attempt.parameters.pop("customer_email", None):
            attempt.save(update_fields=["parameters"])
    in_hand = ManualPayment.objects.filter(charge__client=client)
    BankLine.objects.filter(payments__in=in_hand).update(payer="", text="")
    in_hand.update(reference="")
    in_hand.exclude(taken_back_because="").update(taken_back_because=WORD)


def _mails(client: Client, now: datetime) -> None:
    about = Mail.objects.filter(event_id__in=Event.objects.filter(client_id=client.pk).values("pk"))
    waiting = about.filter(status=MailStatus.WAITING)
    waiting.update(status=MailStatus.DROPPED, error="The client was erased before it was sent.")
    about.exclude(error="").exclude(status=MailStatus.DROPPED).update(error=WORD)
    SequenceRun.objects.filter(client=client).delete()


WRITTEN = ("name", "email", "message")
"""What a payer typed of each person in an order."""
WHO_BOUGHT = ("by", "address", "agent", "browser")
"""What of an agreement at a purchase tells of the person, and not of what was agreed."""


def _ties(client: Client, now: datetime) -> None:
    """Who they pay for, ways in, and every link that was mailed."""
    related = Relation.objects.filter(Q(payer=client) | Q(beneficiary=client))
    related.update(label="", shares_attendance=False)
    related.filter(ended_at=None).update(ended_at=now)
    SignIn.objects.filter(client=client).delete()
    for rows in (
        Pack.objects.filter(client=client),
        Retainer.objects.filter(client=client),
        Order.objects.filter(payer=client),
        Proposal.objects.filter(client=client),
    ):
        rows.update(link_version=F("link_version") + 1)
    sent = Proposal.objects.filter(client=client, status=ProposalStatus.SENT)
    sent.update(status=ProposalStatus.WITHDRAWN, decided_at=now)
    _gift_words(client)
    _named_by_others(client)
    _told_to_programs(client)


def _gift_words(client: Client) -> None:
    """What the payer wrote to those who were given something, whom they named, and who and where from they
    said they were. An order that was not paid names people who are on no record: with its payer it is off."""
    Order.objects.filter(payer=client, status=OrderStatus.PENDING).update(status=OrderStatus.VOID)
    for order in Order.objects.filter(payer=client):
        order.beneficiaries = [_without(each, WRITTEN) for each in order.beneficiaries]
        order.agreed = _without(order.agreed, WHO_BOUGHT)
        order.save(update_fields=["agreed", "beneficiaries"])
    for pack in Pack.objects.filter(buyer=client):
        pack.accepted = _without(pack.accepted, WHO_BOUGHT)
        pack.save(update_fields=["accepted"])
    for retainer in Retainer.objects.filter(payer=client):
        retainer.accepted = _without(retainer.accepted, WHO_BOUGHT)
        retainer.save(update_fields=["accepted"])


def _named_by_others(client: Client) -> None:
    """Orders that somebody else never paid, and in which this person's address was typed."""
    if not client.email:
        return
    named = Order.objects.filter(beneficiaries__contains=[{"email": client.email}]).exclude(payer=client)
    for order in named:
        order.beneficiaries = [
            _without(each, WRITTEN) if each.get("email") == client.email else each
            for each in order.beneficiaries
        ]
        order.save(update_fields=["beneficiaries"])


def _without(said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {**said, **{name: "" for name in names if name in said}}


def _told_to_programs(client: Client) -> None:
    """What was sent to a program of the coach's, or waits for it, and what an answer to one has said."""
    own = Event.objects.filter(client_id=client.pk).values("pk")
    deliveries = WebhookDelivery.objects.filter(event_id__in=own)
    deliveries.filter(status=DeliveryStatus.WAITING).update(status=DeliveryStatus.GIVEN_UP)
    deliveries.update(body="")
    ApiRequest.objects.filter(body__contains=str(client.pk)).update(body="")
