"""Sessions that clients had before they were clients here: packs that begin with what was left elsewhere.

Each is explained by the list that it was brought with, cost nothing here, and can be taken back.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.db.models import Max, QuerySet, Sum

from kit.actors import Actor
from kit.database import insert, insert_later, new, require_transaction
from kit.ids import uuid7
from kit.money import MINIMUM_CHARGE_MINOR
from tenants.offers.models import SessionType
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.packs import expiry
from tenants.packs.models import Pack, PackEntry, PackOffer, PackStatus, RefundRule, UnitKind, Unpaid
from tenants.packs.validity import end_of_day, expires_at
from tenants.packs.wording import BROUGHT, TAKEN_BACK
from tenants.registry import wakeups

NAME = "{Sessions} from before"
RULE = "opening"
MOST_UNITS = 500


class NothingToBookWith(Exception):
    """There is no session type that such sessions could be good for. The message is for the coach."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What one client brings: so many units, perhaps with a last day."""

    client_id: uuid.UUID
    units: int
    until: date | None = None


def bring(
    *, openings: Sequence[Opening], line: uuid.UUID | None, list_of: date, now: datetime, actor: Actor
) -> list[Pack]:
    """Step: a pack for each, with one entry that says where it came from; no payment, no fee, no mail.

    `line` is that of a pack on offer, whose terms hold; without one they are good for every session type.
    Raises NothingToBookWith.
    """
    require_transaction()
    offer = PackOffer.objects.get(line=line, is_current=True) if line else _own_offer(now)
    tz = practice().timezone
    return [_bring(offer, each, list_of, tz, now, actor) for each in openings]


def _own_offer(now: datetime) -> PackOffer:
    """On no page and in no list: the terms of these sessions, and nothing that is sold."""
    here = practice()
    kinds = SessionType.objects.filter(is_active=True).values_list("pk", flat=True)
    covers = {str(pk): 1 for pk in kinds}
    if not covers:
        raise NothingToBookWith(
            "Offer a session type first: without one, the sessions that they bring are good for nothing."
        )
    return PackOffer.objects.create(
        line=uuid7(),
        is_current=False,
        is_active=False,
        is_private=True,
        name=called.said(NAME),
        slug=f"from-before-{uuid7().hex[-12:]}",
        units=MOST_UNITS,
        # Nobody pays it; an offer without a price cannot be kept.
        price_minor=MINIMUM_CHARGE_MINOR[here.currency],
        currency=here.currency,
        covers=covers,
        refund_rule=RefundRule.NONE,
        unpaid=Unpaid.FREELY,
        cancel_window_hours=here.cancel_window_hours,
        created_at=now,
    )


def _bring(offer: PackOffer, opening: Opening, list_of: date, tz: str, now: datetime, actor: Actor) -> Pack:
    ends = end_of_day(opening.until, tz) if opening.until else expires_at(now, offer.valid_months, tz)
    pack = new(
        Pack,
        offer=offer,
        client_id=opening.client_id,
        buyer_id=opening.client_id,
        status=PackStatus.ACTIVE,
        units=opening.units,
        price_minor=0,
        currency=offer.currency,
        paid_at=now,
        bought_at=now,
        expires_at=ends,
    )
    entry = new(
        PackEntry,
        pack=pack,
        number=1,
        kind=UnitKind.BOUGHT,
        units=opening.units,
        balance_after=opening.units,
        cause=BROUGHT,
        rule=RULE,
        reference=str(pack.pk),
        **actor.columns,
        data={"list_of": list_of.isoformat()},
        at=now,
    )
    _insert_with_its_end(pack, entry, tz, now)
    return pack


def _insert_with_its_end(pack: Pack, entry: PackEntry, tz: str, now: datetime) -> None:
    """As `expiry.watch` has it, of a pack of which nobody can know yet."""
    nudge = pack.expires_at and expiry.next_nudge(pack.expires_at, now, tz)
    if pack.expires_at is None:
        insert_later(pack, entry)
        return
    _ask("pack_expiry", pack, pack.expires_at, now, pack)
    if nudge:
        _ask("pack_nudge", pack, nudge, now, entry)
    else:
        insert_later(entry)


def _ask(kind: str, pack: Pack, due_at: datetime, now: datetime, *rows: models.Model) -> None:
    wakeups.ask(kind=kind, reference=pack.pk, due_at=due_at, now=now, along_with=rows)


def take_back(
    *,
    pack_ids: Collection[uuid.UUID],
    void: Collection[uuid.UUID],
    list_of: date,
    now: datetime,
    actor: Actor,
) -> int:
    """Step: what is left of them goes, by an entry that says why; how many units went.

    Those in `void` nothing has happened to: they count as never sold from now on.
    """
    require_transaction()
    packs = list(Pack.objects.select_for_update(no_key=True).filter(pk__in=pack_ids).order_by("pk"))
    sums = (
        PackEntry.objects.filter(pack__in=packs)
        .values("pack")
        .annotate(left=Sum("units"), last=Max("number"))
    )
    books = {each["pack"]: each for each in sums.order_by()}
    taken: Counter[uuid.UUID] = Counter({pk: book["left"] for pk, book in books.items() if book["left"]})
    entries = [_taken_back(pk, left, books[pk]["last"], list_of, now, actor) for pk, left in taken.items()]
    insert(*entries)
    # Nothing that was sold comes to this state from being active: no rule of the state machine leads there.
    Pack.objects.filter(pk__in=void, status=PackStatus.ACTIVE).update(status=PackStatus.VOID)
    return taken.total()


def _taken_back(
    pack_id: uuid.UUID, left: int, last: int, list_of: date, now: datetime, actor: Actor
) -> PackEntry:
    return new(
        PackEntry,
        pack_id=pack_id,
        number=last + 1,
        kind=UnitKind.CORRECTED,
        units=-left,
        balance_after=0,
        cause=TAKEN_BACK,
        rule=RULE,
        reference=f"{pack_id}:{TAKEN_BACK}",
        **actor.columns,
        data={"list_of": list_of.isoformat()},
        at=now,
    )


def happened_to(packs: QuerySet[Pack]) -> set[uuid.UUID]:
    """Those of them that somebody used, changed, passed on or papered since they were brought."""
    ids = packs.order_by().values("pk")
    more = PackEntry.objects.filter(pack__in=ids, number__gt=1).values_list("pack", flat=True)
    found = set(more)
    for relation in Pack._meta.related_objects:
        if relation.related_model is not PackEntry:
            field = relation.field
            rows = relation.related_model._default_manager.filter(**{f"{field.name}__in": ids})
            found |= set(rows.values_list(field.attname, flat=True))
    return found
