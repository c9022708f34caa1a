"""Units that go although nobody used them: refunds, disputes, and corrections by the coach."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from kit.actors import Actor
from kit.states import change
from tenants.activity import events
from tenants.billing.refund_preview import Units, owed_for_units, units_to_remove
from tenants.packs import debts, ledger
from tenants.packs.models import Pack, PackEntry, PackStatus, UnitKind


class CannotCorrect(Exception):
    """Nothing was changed; the message says why, and what to do instead."""


class BalanceChanged(Exception):
    """Something else is left than the coach was looking at: it may have been corrected already."""


def remove_refunded(
    *,
    pack_id: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    reference: str,
    now: datetime,
    actor: Actor,
) -> int:
    """Step: take the units of what was refunded in all, and answer how many were taken now.

    The unused ones first, those that were passed on too. What was used already becomes an amount owed, at
    the pack's price per unit. The sum of all refunds counts, so the same one told twice takes nothing more.
    """
    family = ledger.locked_family(pack_id)
    bought = family[0]
    due = units_to_remove(units=bought.units, captured_minor=captured_minor, refunded_minor=refunded_minor)
    if due <= (before := _refunded_units(bought)):
        return 0
    missing = due - before
    for pack in family:
        taken = min(ledger.balance_of(pack.pk), missing)
        if taken or pack is bought:
            _take(pack, taken, f"{pack.pk}:refund:{due}", bought, due, now, actor, refund=reference)
        missing -= taken
    _owe(family, due, now)
    _tell(bought, "pack.refunded", now, actor, units=due - before - missing, owed_minor=bought.owed_minor)
    return due - before - missing


def reclaim(*, pack: Pack, units: int, reference: str, now: datetime, actor: Actor) -> int:
    """Step: units that come back to a pack go at once, as far as their price was refunded; how many went.

    What is owed falls by as much. `pack` and those it was passed on from must be locked.
    """
    family = ledger.locked_family(ledger.locked_line(pack.pk)[0].pk)
    due = _refunded_units(family[0])
    taken = min(units, due - _removed_units(family))
    if taken > 0:
        _take(pack, taken, reference, family[0], due, now, actor)
    if due:
        _owe(family, due, now)
    return max(taken, 0)


def _take(
    pack: Pack, units: int, reference: str, bought: Pack, due: int, now: datetime, actor: Actor, **data: str
) -> None:
    ledger.enter(
        pack=pack,
        kind=UnitKind.REFUNDED,
        units=-units,
        cause="refund",
        rule="refund",
        actor=actor,
        reference=reference,
        now=now,
        data={**data, "refunded_units": due, "bought_with": str(bought.pk)},
    )
    if pack is not bought and pack.pk != bought.pk:
        _tell(pack, "pack.refunded", now, actor, units=units)


def _refunded_units(bought: Pack) -> int:
    """Up to which number of units a pack's refunds have been followed."""
    last = bought.entries.filter(kind=UnitKind.REFUNDED).order_by("-number").first()
    return last.data["refunded_units"] if last else 0


def _removed_units(family: list[Pack]) -> int:
    taken = PackEntry.objects.filter(pack__in=family, kind=UnitKind.REFUNDED)
    return -(taken.aggregate(units=Sum("units"))["units"] or 0)


def _owe(family: list[Pack], due: int, now: datetime) -> None:
    """What was refunded and could not be taken is owed, as far as it was used; expired units are not."""
    bought = family[0]
    owed_units = min(due - _removed_units(family), ledger.used(family))
    owed_minor = owed_for_units(units=bought.units, price_minor=bought.price_minor, owed_units=owed_units)
    debts.owe(pack=bought, gross_minor=owed_minor, now=now)


def units_of(pack_id: uuid.UUID) -> Units:
    """What a refund of this pack would find: counted over it and all that was passed on from it."""
    family = ledger.family(pack_id)
    bought = family[0]
    return Units(
        sold=bought.units,
        price_minor=bought.price_minor,
        unused=sum(ledger.balances_of(each.pk for each in family).values()),
        used=ledger.used(family),
        followed=_refunded_units(bought),
        removed=_removed_units(family),
    )


def freeze(
    *, pack_id: uuid.UUID, reference: str, now: datetime, actor: Actor, because: str = "dispute"
) -> None:
    """Step: nothing can be booked from its units: the bank looks into a payment, or an instalment is missing.

    Those that were passed on are frozen with it. Done twice it is done once; a dispute is the reason that
    counts where there are both.
    """
    for pack in ledger.locked_family(pack_id):
        if pack.frozen_at is None:
            change(pack, frozen_at=now, frozen_because=because)
            _say(pack, UnitKind.FROZEN, because, reference, now, actor)
        elif because == "dispute":
            change(pack, frozen_because=because)


def unfreeze(
    *, pack_id: uuid.UUID, reference: str, now: datetime, actor: Actor, because: str = "dispute"
) -> None:
    """Step: the end of `freeze`."""
    for pack in ledger.locked_family(pack_id):
        if pack.frozen_at is not None:
            change(pack, frozen_at=None, frozen_because="")
            _say(pack, UnitKind.UNFROZEN, because, reference, now, actor)


def _say(pack: Pack, kind: UnitKind, because: str, reference: str, now: datetime, actor: Actor) -> None:
    ledger.enter(
        pack=pack,
        kind=kind,
        units=0,
        cause=because,
        rule=because,
        actor=actor,
        reference=ledger.next_reference(pack),
        now=now,
        data={because: reference},
    )
    _tell(pack, f"pack.{kind.value}", now, actor, because=because)


def correct(
    *, pack_id: uuid.UUID, units: int, note: str, now: datetime, actor: Actor, seen: int | None = None
) -> PackEntry:
    """Use case of the coach: so many units more, or fewer, with the reason.

    `seen` is what was left when it was decided, so that a button that is pressed twice corrects once.
    Raises CannotCorrect, BalanceChanged, and ledger.NotEnoughUnits where fewer are left than are to go.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked(pack_id)
        if seen not in (None, ledger.balance_of(pack_id)):
            raise BalanceChanged("Something else is left by now.")
        _refuse(pack, units, note, now)
        entry = ledger.enter(
            pack=pack,
            kind=UnitKind.CORRECTED,
            units=units,
            cause="correction",
            rule="by_hand",
            actor=actor,
            reference=ledger.next_reference(pack),
            now=now,
            note=note.strip(),
        )
        assert entry is not None
        _tell(pack, "pack.corrected", now, actor, units=units, left=entry.balance_after)
    return entry


def _refuse(pack: Pack, units: int, note: str, now: datetime) -> None:
    if not units:
        raise CannotCorrect("Nothing was changed: type how many more or how many fewer.")
    if not note.strip():
        raise CannotCorrect("Nothing was changed: say why, so that the client can read it later.")
    if pack.status != PackStatus.ACTIVE:
        raise CannotCorrect("Nothing was changed: this pack was not sold.")
    if units > 0 and pack.expires_at is not None and pack.expires_at <= now:
        raise CannotCorrect("Nothing was changed: this pack has expired. Extend it first.")


def _tell(pack: Pack, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    events.record(kind=kind, subject_id=pack.pk, client_id=pack.client_id, actor=actor, now=now, data=data)
