"""Lines of the coach's bank account: taken in once, and each accepted, put aside, or left for later.

Nothing is recorded because lines look alike: only the coach's press makes a payment of one.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from kit.actors import Actor
from kit.database import insert
from kit.ids import uuid7
from kit.money import format_money
from kit.states import move
from tenants.activity import events
from tenants.billing import bank_files, by_hand
from tenants.billing.models import BankLine, BankLineStatus, ManualPayment, Tender
from tenants.offers.practice import practice

MONTH_FIRST = frozenset({"en_US"})


class CannotAccept(Exception):
    """Nothing was recorded, and the line is open as before. The message says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: how many lines are new, how many were here before, and what else it held."""

    new: int
    known: int
    outgoing: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a line is for this charge."""

    charge_id: uuid.UUID
    amount_minor: int


def take_in(*, data: bytes, now: datetime, actor: Actor) -> Taken:
    """Use case of the coach: keep the incoming lines of a bank's file, each once however often it is sent.

    Raises `bank_files.UnreadableFile`; nothing is kept then.
    """
    here = practice()
    found = bank_files.read(data, currency=here.currency, month_first=here.locale in MONTH_FIRST)
    rows = {row.digest: row for row in _rows(found.incoming, now)}
    with transaction.atomic(durable=True):
        known = set(BankLine.objects.filter(digest__in=rows).values_list("digest", flat=True))
        new = [row for digest, row in rows.items() if digest not in known]
        insert(unless_there=new)
        if new:
            events.record(
                kind="bank_lines.taken_in", subject_id=uuid7(), actor=actor, now=now, data={"lines": len(new)}
            )
    return Taken(len(new), len(known), found.outgoing, found.problems)


def _rows(incoming: Sequence[bank_files.Movement], now: datetime) -> list[BankLine]:
    """Lines of one file that are the same in everything are several transfers; in the next they are those."""
    counts: Counter[str] = Counter()
    rows = []
    for each in incoming:
        said = "|".join(
            (each.booked_on.isoformat(), str(each.amount_minor), each.currency, each.payer, each.text)
        )
        counts[said] += 1
        rows.append(
            BankLine(
                digest=sha256(f"{said}|{counts[said]}".encode()).hexdigest(),
                booked_on=each.booked_on,
                amount_minor=each.amount_minor,
                currency=each.currency,
                payer=each.payer,
                text=each.text,
                created_at=now,
            )
        )
    return rows


def accept(*, line_id: uuid.UUID, parts: Sequence[Part], now: datetime, actor: Actor) -> list[ManualPayment]:
    """Use case of the coach: the line is for these, and they are paid by it; never more than it brought.

    Accepted twice it is recorded once. Raises CannotAccept, and as `by_hand.record` does.
    """
    if done := _accepted(BankLine.objects.get(pk=line_id)):
        return done
    by_hand.close_pages([each.charge_id for each in parts])
    with transaction.atomic(durable=True):
        line = BankLine.objects.select_for_update(no_key=True).get(pk=line_id)
        if done := _accepted(line):
            return done
        _require_within(line, parts)
        # In one order everywhere, so that two who accept at once cannot wait for each other.
        payments = [_pay(line, each, now, actor) for each in sorted(parts, key=lambda each: each.charge_id)]
        move(line, BankLineStatus.MATCHED)
    return payments


def _accepted(line: BankLine) -> list[ManualPayment]:
    if line.status != BankLineStatus.MATCHED:
        return []
    return list(line.payments.filter(taken_back_at=None).select_related("charge__client"))


def _require_within(line: BankLine, parts: Sequence[Part]) -> None:
    if line.status == BankLineStatus.IGNORED:
        raise CannotAccept("Nothing was recorded: you put this line aside. Undo that first.")
    total = sum(each.amount_minor for each in parts)
    if total > line.amount_minor or not parts or len({each.charge_id for each in parts}) != len(parts):
        amount = format_money(line.amount_minor, line.currency, practice().locale)
        raise CannotAccept(f"Nothing was recorded: the line brought {amount}, and that much can be shared.")


def _pay(line: BankLine, part: Part, now: datetime, actor: Actor) -> ManualPayment:
    said = by_hand.Received(
        key=uuid7(),
        charge_id=part.charge_id,
        amount_minor=part.amount_minor,
        tender=Tender.TRANSFER,
        received_on=line.booked_on,
        reference=line.text,
        bank_line_id=line.pk,
        currency=line.currency,
    )
    return by_hand.receive(said=said, now=now, actor=actor)


def ignore(*, line_id: uuid.UUID, now: datetime, actor: Actor) -> BankLine:
    """Use case of the coach: the line is for nothing here. Raises `kit.states.IllegalMove` once accepted."""
    with transaction.atomic(durable=True):
        line = BankLine.objects.select_for_update(no_key=True).get(pk=line_id)
        if line.status != BankLineStatus.IGNORED:
            move(line, BankLineStatus.IGNORED)
            _tell("bank_line.ignored", line, now, actor)
    return line


def undo(*, line_id: uuid.UUID, because: str, now: datetime, actor: Actor) -> BankLine:
    """Use case of the coach: the line is open again, and what it had paid is owed again.

    Raises `by_hand.CannotTakeBack`, for which a reason must be given where payments are taken back.
    """
    with transaction.atomic(durable=True):
        line = BankLine.objects.select_for_update(no_key=True).get(pk=line_id)
        for payment in _accepted(line):
            by_hand.undo(payment_id=payment.pk, because=because, now=now, actor=actor)
        if line.status != BankLineStatus.OPEN:
            move(line, BankLineStatus.OPEN)
            _tell("bank_line.reopened", line, now, actor)
    return line


def _tell(kind: str, line: BankLine, now: datetime, actor: Actor) -> None:
    events.record(kind=kind, subject_id=line.pk, actor=actor, now=now)
