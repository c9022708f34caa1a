"""Papers before a booking: what its session type requires is done first, and the time is kept meanwhile."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenants.clients.models import Client
from tenants.packs.models import PackOffer
from tenants.paperwork import requirements
from tenants.paperwork.models import ClientPaper, ClientPaperStatus
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling.models import Booking, BookingStatus

FILLING_IN = timedelta(minutes=30)
"""A form takes longer to fill in than a card page."""
SAME_BROWSER_WITHIN = timedelta(days=30)


def hand_out(
    *,
    booking: Booking,
    client: Client,
    now: datetime,
    name: str = "",
    lines: Collection[str] = (),
    begun: Collection[uuid.UUID] = (),
    said: Mapping[str, Any] | None = None,
) -> PaperworkMissing | None:
    """Step before a card is asked for or a booking confirmed: what is missing is given to be done first.

    Answers what is to be raised once the transaction is committed, so that the papers, the time and what was
    `said` (fields of the booking) are kept; None where nothing is missing. `lines` are required beside those
    of the session type, as by a pack that is bought with it; `name` is what was typed by whoever is known by
    that alone. `begun` is what the client's papers of these lines were given for before.
    """
    wanted = list(dict.fromkeys([*required_by(booking), *lines]))
    if not wanted:
        return None
    refused = requirements.hand_out(
        lines=wanted,
        client=client,
        reference=booking.pk,
        begun=[*begun, *_before(booking, now)],
        values=requirements.as_typed(name),
        now=now,
    )
    if refused:
        _wait(booking, refused.client_papers, now, dict(said or {}))
    return refused


def asked_by_packs(*, pack_ids: Collection[uuid.UUID], client: Client) -> tuple[list[str], list[uuid.UUID]]:
    """Lines of papers that these packs require, and what the client's own open ones were given for.

    Who bought a pack for themselves has done them before paying. Who was given one has a version of the
    agreement that names no price, and does that one before a first session.
    """
    every = PackOffer.objects.filter(packs__in=list(pack_ids)).values_list("requires", flat=True)
    lines = list(dict.fromkeys(str(line) for requires in every for line in requires))
    if not lines:
        return [], []
    own = ClientPaper.objects.filter(client=client, hides_prices=True, status=ClientPaperStatus.OPEN)
    own = own.filter(paper__line__in=lines, reference__isnull=False)
    return lines, [each for each in own.values_list("reference", flat=True) if each]


def required_by(booking: Booking) -> list[str]:
    """Lines of papers, as they were agreed when the time was chosen."""
    return list(booking.agreed.get("requires", ()))


def handed_out(booking: Booking) -> list[uuid.UUID]:
    """The client's papers that this booking waits for, or has waited for."""
    return [uuid.UUID(each) for each in booking.agreed.get("papers", ())]


def hand_out_again(*, booking_id: uuid.UUID, now: datetime) -> None:
    """Use case: the client wants the papers after all, or there are newer ones: they can be done again."""
    with transaction.atomic(durable=True):
        booking = Booking.objects.select_for_update(of=("self",), no_key=True).get(pk=booking_id)
        before = ClientPaper.objects.select_related("paper", "client").filter(pk__in=handed_out(booking))
        given = list(before.order_by("position"))
        if booking.status == BookingStatus.HELD and given:
            lines = [str(each.paper.line) for each in given]
            hand_out(booking=booking, client=given[0].client, now=now, lines=lines)


def _wait(booking: Booking, given: list[ClientPaper], now: datetime, said: dict[str, Any]) -> None:
    """The time is kept longer once; later the client asks for more as for any time."""
    before = [str(each) for each in handed_out(booking)]
    if not before:
        said["hold_expires_at"] = max(booking.hold_expires_at, now + FILLING_IN)
    papers = dict.fromkeys([*before, *(str(paper.pk) for paper in given)])
    said["agreed"] = {**said.get("agreed", booking.agreed), "papers": list(papers)}
    for field, value in said.items():
        setattr(booking, field, value)
    booking.save(update_fields=list(said))


def _before(booking: Booking, now: datetime) -> Iterable[uuid.UUID]:
    """Times that the same browser has held: what was begun for one of them is gone on with.

    Asked for only where something is missing.
    """
    if not booking.holder:
        return ()
    same = Booking.objects.filter(holder=booking.holder, created_at__gt=now - SAME_BROWSER_WITHIN)
    return same.exclude(pk=booking.pk).values_list("pk", flat=True)
