"""The books of a pack: entries that only grow, each once, never below 0."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from kit import clock
from kit.database import TransactionRequired, insert
from kit.states import change
from tenants.packs import ledger
from tenants.packs.models import EntryNote, PackEntry, UnitKind
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")


def enter(pack: Any, **entry: Any) -> PackEntry | None:
    usual: dict[str, Any] = {"kind": UnitKind.CORRECTED, "cause": "correction", "rule": "by_hand"}
    with transaction.atomic():
        locked = ledger.locked(pack.pk)
        return ledger.enter(
            pack=locked, actor=sold.COACH, now=clock.now(), **{**usual, "reference": uuid4().hex, **entry}
        )


def test_a_balance_is_the_sum_of_its_entries() -> None:
    pack, other = sold.bought(), sold.bought(units=4)
    enter(pack, units=-3)
    entry = enter(pack, units=2, note="One was missed")
    assert entry is not None
    assert (entry.number, entry.balance_after) == (3, 9)
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("coach", "7", "Anna")
    assert ledger.balance_of(pack.pk) == 9
    unknown = uuid4()
    assert ledger.balances_of([pack.pk, other.pk, unknown]) == {pack.pk: 9, other.pk: 4, unknown: 0}


def test_an_entry_is_made_once_per_kind_and_reference_even_when_there_is_not_enough_for_two() -> None:
    pack = sold.bought()
    assert enter(pack, kind=UnitKind.SENT, units=-10, reference="a")
    assert enter(pack, kind=UnitKind.SENT, units=-10, reference="a") is None
    assert enter(pack, kind=UnitKind.RETURNED, units=10, reference="a")
    assert ledger.balance_of(pack.pk) == 10


def test_more_than_is_left_is_not_taken() -> None:
    pack = sold.bought(units=2)
    with pytest.raises(ledger.NotEnoughUnits, match="has 2 left") as refused:
        enter(pack, units=-3)
    assert refused.value.left == 2
    assert sold.kinds(pack) == [("bought", 2)]


def test_a_note_of_a_person_stands_apart_from_the_ledger() -> None:
    entry = enter(sold.bought(), units=1, note="Cleo came twice")
    assert entry is not None
    assert EntryNote.objects.get(entry=entry).text == "Cleo came twice"
    assert "Cleo" not in str(PackEntry.objects.values().get(pk=entry.pk))


def test_the_ledger_is_written_by_steps_of_a_use_case() -> None:
    pack = sold.bought()
    with pytest.raises(TransactionRequired):
        ledger.locked(pack.pk)
    with pytest.raises(TransactionRequired):
        change(pack, owed_minor=1)


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"number": 1}, "pack_entry_number"),
        ({"kind": "bought", "units": 1, "reference": None}, "pack_entry_once"),
        ({"balance_after": -1}, "pack_entry_never_below_zero"),
        ({"kind": "spent", "units": 1}, "pack_entry_sign"),
        ({"kind": "refunded", "units": 1}, "pack_entry_sign"),
        ({"kind": "returned", "units": -1}, "pack_entry_sign"),
        ({"kind": "kept", "units": 1}, "pack_entry_sign"),
        ({"units": 0}, "pack_entry_sign"),
        ({"cause": ""}, "pack_entry_says_why"),
        ({"rule": ""}, "pack_entry_says_why"),
        ({"actor_kind": ""}, "pack_entry_says_why"),
    ],
)
def test_the_database_refuses_by_itself(broken: dict[str, Any], constraint: str) -> None:
    pack = sold.bought()
    right = {
        "number": 2, "kind": "corrected", "units": -1, "balance_after": 9, "cause": "x", "rule": "x",
        "reference": "x", "actor_kind": "coach",
    }  # fmt: skip
    entry = PackEntry(pack=pack, **{**right, **broken})
    entry.reference = entry.reference or str(pack.pk)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        insert(entry)
