"""Proposals: what one client is offered by itself, and all that follows in one go when it is accepted."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kit.actors import SYSTEM, Actor
from kit.clock import zone
from kit.database import require_transaction
from kit.money import format_money
from kit.states import change, move, try_move
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import invoices
from tenants.billing.paper_lines import Line
from tenants.billing.sales import open_charge
from tenants.clients.models import Client
from tenants.offers.practice import practice
from tenants.offers.prices import refuse_uncollectable
from tenants.packs import selling
from tenants.packs.models import Pack, PackOffer, PackStatus
from tenants.packs.offers import NothingCovered
from tenants.packs.terms import months
from tenants.packs.wording import SESSIONS
from tenants.paperwork import giving, packets
from tenants.paperwork.models import ClientPaper
from tenants.registry import wakeups
from tenants.shop.models import Proposal, ProposalStatus

VALID_DAYS: Final = 14
WAKEUP: Final = "proposal"


class NotOpen(Exception):
    """It was decided, withdrawn, or has run out. `status` is what it is."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class SessionsNeedPrice(ValueError):
    """Sessions for nothing are not proposed. Its message is for the coach."""


# --- making and taking back ------------------------------------------------------------------------


def propose(
    *,
    client_id: uuid.UUID,
    title: str,
    now: datetime,
    actor: Actor,
    proposal_id: uuid.UUID | None = None,
    payer_id: uuid.UUID | None = None,
    agreement: uuid.UUID | None = None,
    valid_days: int = VALID_DAYS,
    **terms: Any,
) -> Proposal:
    """Use case of the coach: offer something to one client, and have it mailed to whoever pays.

    `agreement` is the line of the one that is accepted with it; without one the proposal itself is. `terms`
    are message, price_minor, tax_bp, units, covers, valid_months, due_days and packet. With `proposal_id`,
    made by the form, a button that is pressed twice proposes once. Raises SessionsNeedPrice,
    `packs.offers.NothingCovered`, `offers.prices.PriceTooSmall` and `paperwork.giving.CannotBeGiven`.
    """
    currency = practice().currency
    _refuse(currency, **terms)
    with transaction.atomic(durable=True):
        if proposal_id and (there := Proposal.objects.filter(pk=proposal_id).first()):
            return there
        proposal = Proposal(
            client=Client.objects.get(pk=client_id),
            payer=Client.objects.get(pk=payer_id or client_id),
            title=title,
            currency=currency,
            created_at=now,
            valid_until=now + timedelta(days=valid_days),
            **terms,
            **({"pk": proposal_id} if proposal_id else {}),
        )
        proposal.save(force_insert=True)
        if agreement:
            change(proposal, agreement=_agreement(proposal, agreement, now, actor))
        wakeups.ask(kind=WAKEUP, reference=proposal.pk, due_at=proposal.valid_until, now=now)
        _tell(proposal, "proposal.sent", now, actor)
    return proposal


def _refuse(currency: str, *, price_minor: int = 0, units: int = 0, **terms: Any) -> None:
    refuse_uncollectable(price_minor, currency, may_be_free=True)
    if units and not price_minor:
        raise SessionsNeedPrice("Sessions that cost nothing need no proposal: book them as a gift of yours.")
    covers: Mapping[str, int] = terms.get("covers") or {}
    if units and not covers:
        raise NothingCovered("Choose at least one session type that the sessions can be used for.")
    if not all(0 < takes <= units for takes in covers.values()):
        raise NothingCovered(f"One session can take 1 to {units} of them.")


def _agreement(proposal: Proposal, line: uuid.UUID, now: datetime, actor: Actor) -> ClientPaper:
    """The payer's, which names the price; whoever is given the sessions has one without it, its twin."""
    paper = giving.in_use(line=line)
    given: dict[str, Any] = {"paper": paper, "reference": proposal.pk, "now": now, "actor": actor}
    values = values_of(proposal)
    priced = giving.give(client=proposal.payer, values=values, **given)
    if proposal.payer_id != proposal.client_id:
        giving.give(client=proposal.client, values=values, hides_prices=True, twin=priced, **given)
    return priced


def values_of(proposal: Proposal) -> dict[str, str]:
    """What a proposal says in the merge fields of its agreement."""
    locale = practice().locale
    each = -(-proposal.price_minor // proposal.units) if proposal.units else 0
    return {
        "payer_name": proposal.payer.name,
        "price": format_money(proposal.price_minor, proposal.currency, locale),
        "price_per_session": format_money(each, proposal.currency, locale) if each else "",
        "sessions": SESSIONS.count(proposal.units) if proposal.units else "",
        "validity": months(proposal.valid_months) if proposal.valid_months else "",
    }


def withdraw(*, proposal_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: it cannot be accepted any more, and its client is told. Raises NotOpen."""
    with transaction.atomic(durable=True):
        proposal = locked(proposal_id)
        _end(proposal, ProposalStatus.WITHDRAWN, now, actor)


def expire(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: a proposal that nobody decided runs out. Answers when to come back."""
    with transaction.atomic(durable=True):
        proposal = locked(reference)
        if proposal.status != ProposalStatus.SENT:
            return None
        if proposal.valid_until > now:
            return proposal.valid_until
        _end(proposal, ProposalStatus.EXPIRED, now, SYSTEM)
    return None


def _end(proposal: Proposal, status: ProposalStatus, now: datetime, actor: Actor) -> None:
    """Step: no more to be accepted; what was to be signed for it is withdrawn with it."""
    if not try_move(proposal, status, decided_at=now):
        raise NotOpen(proposal.status)
    giving.withdraw_all(reference=proposal.pk, because="proposal", now=now, actor=actor)
    _tell(proposal, f"proposal.{status}", now, actor)


# --- deciding ----------------------------------------------------------------------------------------


def accept(*, proposal_id: uuid.UUID, now: datetime, actor: Actor) -> Proposal:
    """Use case: the payer says yes to a proposal that has no agreement. Pressed twice it is accepted once.

    Raises NotOpen.
    """
    with transaction.atomic(durable=True):
        proposal = locked(proposal_id)
        if proposal.status != ProposalStatus.ACCEPTED:
            _require_open(proposal, now)
            _accepted(proposal, now, actor)
    return proposal


def decline(*, proposal_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: the payer says no. Pressed twice it is declined once. Raises NotOpen."""
    with transaction.atomic(durable=True):
        proposal = locked(proposal_id)
        if proposal.status != ProposalStatus.DECLINED:
            _require_open(proposal, now)
            _end(proposal, ProposalStatus.DECLINED, now, actor)


def on_paper(*, event: Event, now: datetime) -> None:
    """Step of an announcement: with the payer's agreement its proposal is accepted, or declined.

    Signed in the minute in which it ran out, it counts: the paper was open, or it could not be signed.
    """
    proposal = Proposal.objects.filter(agreement=event.subject_id).first()
    if proposal is None:
        return
    proposal, actor = locked(proposal.pk), Actor(event.actor_kind, event.actor_id, event.actor_name)
    if proposal.status not in (ProposalStatus.SENT, ProposalStatus.EXPIRED):
        return
    if event.kind == "paper.declined":
        _end(proposal, ProposalStatus.DECLINED, now, actor)
    else:
        _accepted(proposal, now, actor)


def _require_open(proposal: Proposal, now: datetime) -> None:
    if proposal.status != ProposalStatus.SENT or proposal.valid_until <= now:
        raise NotOpen(proposal.status if proposal.status != ProposalStatus.SENT else ProposalStatus.EXPIRED)


def _accepted(proposal: Proposal, now: datetime, actor: Actor) -> None:
    """Step: the invoice is sent, the sessions wait for its payment, the welcome packet is there."""
    move(proposal, ProposalStatus.ACCEPTED, decided_at=now)
    if proposal.units:
        change(proposal, pack=_sold(proposal, now, actor))
    if proposal.price_minor:
        change(proposal, invoice_id=_invoiced(proposal, now, actor))
    if proposal.packet:
        packets.give_packet(line=proposal.packet, client=proposal.client, now=now, actor=actor)
    _tell(proposal, "proposal.accepted", now, actor)


def _sold(proposal: Proposal, now: datetime, actor: Actor) -> Pack:
    """A pack of an offer that was made for this client, and is on no page. Usable as soon as it is paid."""
    offer = PackOffer.objects.create(
        line=uuid.uuid4(),
        is_current=False,
        is_active=False,
        is_private=True,
        name=proposal.title[:80],
        slug=f"proposal-{proposal.pk.hex}",
        units=proposal.units,
        price_minor=proposal.price_minor,
        currency=proposal.currency,
        valid_months=proposal.valid_months,
        covers=proposal.covers,
        cancel_window_hours=practice().cancel_window_hours,
        tax_bp=proposal.tax_bp,
        created_at=now,
    )
    pack = Pack.objects.create(
        offer=offer,
        client=proposal.client,
        buyer=proposal.payer,
        status=PackStatus.ACTIVE,
        units=offer.units,
        price_minor=offer.price_minor,
        currency=offer.currency,
        bought_at=now,
    )
    selling.grant(pack=pack, cause="sold_unpaid", now=now, actor=actor)
    open_charge(sale=selling.sale_of(pack))
    return pack


def _invoiced(proposal: Proposal, now: datetime, actor: Actor) -> uuid.UUID:
    today = now.astimezone(zone(practice().timezone)).date()
    asked: dict[str, Any] = {
        "key": proposal.pk,
        "due_on": today + timedelta(days=proposal.due_days),
        "now": now,
        "actor": actor,
    }
    if proposal.pack_id:
        invoice = invoices.issue_for(purpose="pack", reference=proposal.pack_id, **asked)
    else:
        line = Line(proposal.title, proposal.price_minor, tax_bp=proposal.tax_bp)
        invoice = invoices.issue_new(client=proposal.payer, lines=[line], **asked)
    return invoice.pk


def locked(proposal_id: uuid.UUID) -> Proposal:
    """Step: the proposal with its two people, kept from all other writers."""
    require_transaction()
    rows = Proposal.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("client", "payer").get(pk=proposal_id)


def _tell(proposal: Proposal, kind: str, now: datetime, actor: Actor) -> None:
    events.record(
        kind=kind,
        subject_id=proposal.pk,
        client_id=proposal.payer_id,
        actor=actor,
        now=now,
        data={"client": str(proposal.client_id)},
    )
