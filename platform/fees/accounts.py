"""Fee-free units and fees of one coach: claimed under the lock of the coach's account."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django_tenants.utils import schema_context

from accounts import audit
from fees.models import FeeAccount, FeeEntry, FeeEntryKind
from kit.actors import Actor
from kit.database import current_schema, insert, insert_unless_there, require_transaction
from kit.money import Money
from tenants.registry import standing

WHOLE_BP = 10_000
MOST_FREE_UNITS = 1_000


def open_account(*, tenant_id: uuid.UUID, now: datetime) -> None:
    """Step of a new tenant: it starts on the platform's terms, which are data from then on.

    A tenant may read its terms but not make them, so this row is the platform's own doing.
    """
    account = FeeAccount(schema_name=current_schema())
    with schema_context("public"):
        insert_unless_there(account)


def terms(*, schema_name: str) -> FeeAccount:
    """The fee account of a practice as it is; unlocked, so not for claiming what is free."""
    return FeeAccount.objects.get(schema_name=schema_name)


def change_terms(
    *,
    schema_name: str,
    rate_bp: int,
    free_units: int,
    unit_cap: Money | None,
    reason: str,
    now: datetime,
    actor: Actor,
) -> FeeAccount:
    """Use case of an operator: other terms, for orders whose first payment is still to come.

    `unit_cap` is what one free unit frees at most, of amounts in its currency; None for all of each.
    What was paid in part keeps the terms of its first part. Raises ValueError for terms that are none and
    `standing.NoReason`, and `standing.NotPossible` of a practice that is packed to move, whose archive would
    not have them; the coach sees who changed them, and why.
    """
    if not reason.strip():
        raise standing.NoReason("Say why.")
    _refuse_terms(rate_bp, free_units, unit_cap)
    after = {
        "rate_bp": rate_bp,
        "free_units": free_units,
        "unit_cap_minor": unit_cap.minor if unit_cap else None,
        "unit_cap_currency": unit_cap.currency if unit_cap else "",
    }
    with schema_context("public"), transaction.atomic(durable=True):
        standing.insist_it_is_here(schema_name=schema_name)
        rows = FeeAccount.objects.select_for_update().filter(schema_name=schema_name)
        before = rows.values(*after).get()
        rows.update(**after)
        kind, data = "practice.terms_changed", {"before": _told(before), "after": _told(after)}
        audit.note(actor=actor, kind=kind, schema_name=schema_name, reason=reason, data=data, now=now)
        standing.say(
            schema_name=schema_name, kind=kind, now=now, actor=actor, data={"reason": reason, **data}
        )
    return terms(schema_name=schema_name)


def _refuse_terms(rate_bp: int, free_units: int, unit_cap: Money | None) -> None:
    if not (0 <= rate_bp <= WHOLE_BP and 0 <= free_units <= MOST_FREE_UNITS):
        raise ValueError(f"{rate_bp} basis points and {free_units} free sessions cannot be terms.")
    if unit_cap is not None and unit_cap.minor <= 0:
        raise ValueError(f"A free session that frees {unit_cap} is none.")


def _told(terms: dict[str, Any]) -> dict[str, Any]:
    """Terms as they are put on record: without a cap, nothing is said of one."""
    return {name: value for name, value in terms.items() if value not in (None, "")}


def locked_terms(*, schema_name: str, now: datetime) -> FeeAccount:
    """Step: the coach's terms, with the account locked until the transaction ends."""
    require_transaction()
    FeeAccount.objects.filter(schema_name=schema_name).update(locked_at=now)
    return terms(schema_name=schema_name)


def numbers_taken(*, schema_name: str) -> set[int]:
    """The fee-free numbers that are claimed and were not given back."""
    balance: Counter[int] = Counter()
    kinds = {FeeEntryKind.UNIT_CLAIMED: 1, FeeEntryKind.UNIT_RETURNED: -1}
    entries = FeeEntry.objects.filter(schema_name=schema_name, kind__in=kinds)
    for kind, number in entries.values_list("kind", "number"):
        balance[number] += kinds[FeeEntryKind(kind)]
    return {number for number, count in balance.items() if count > 0}


def free_numbers_left(account: FeeAccount) -> list[int]:
    """Which of its fee-free sessions nobody has taken so far, the lowest first."""
    taken = numbers_taken(schema_name=account.schema_name)
    return [number for number in range(1, account.free_units + 1) if number not in taken]


def claim_units(*, account: FeeAccount, units: int, reference: str, now: datetime) -> list[int]:
    """Step: take up to `units` fee-free numbers, the lowest first; a returned number goes out again.

    `account` must come from `locked_terms`, so that no two claims see the same numbers as free.
    """
    require_transaction()
    numbers = free_numbers_left(account)[:units]
    if numbers:
        insert(*_entries(account.schema_name, FeeEntryKind.UNIT_CLAIMED, reference, numbers, now))
    return numbers


def return_units(*, schema_name: str, numbers: list[int], reference: str, now: datetime) -> None:
    """Step: give claimed numbers back, each at most once per reference."""
    if numbers:
        locked_terms(schema_name=schema_name, now=now)
        insert(unless_there=_entries(schema_name, FeeEntryKind.UNIT_RETURNED, reference, numbers, now))


def _entries(
    schema_name: str, kind: FeeEntryKind, reference: str, numbers: list[int], now: datetime
) -> list[FeeEntry]:
    return [
        FeeEntry(schema_name=schema_name, kind=kind, reference=reference, number=number, at=now)
        for number in numbers
    ]


def note_amount(
    *,
    schema_name: str,
    kind: FeeEntryKind,
    reference: str,
    amount_minor: int,
    currency: str,
    now: datetime,
) -> None:
    """Step: write down a fee that was charged, returned or could not be collected; once per reference."""
    if amount_minor:
        entry = FeeEntry(
            schema_name=schema_name,
            kind=kind,
            reference=reference,
            amount_minor=amount_minor,
            currency=currency,
            at=now,
        )
        insert_unless_there(entry)
