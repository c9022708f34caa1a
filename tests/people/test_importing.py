"""Lists that are brought: what becomes of each row, once, and how all of it is undone."""

import random
import time
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.billing.models import Charge
from tenants.clients import notes
from tenants.clients.models import Client, Import, Note
from tenants.messaging.models import Mail
from tenants.offers.models import SessionType
from tenants.packs.models import Pack, PackEntry, PackStatus
from tenants.packs.openings import NothingToBookWith
from tenants.packs.statements import statement_of
from tenants.people import import_undo, importing, record
from tenants.people.client_lists import text_of
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing.by_hand import record as received
from tests.people.lists import ANNA, LIST, brought, client, everything, undone
from tests.scheduling import booked


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    worlds.open_for_bookings(anna)
    return worlds.session_type(anna)


def told(tenant: Tenant, pack: Pack) -> Any:
    with tenant_context(tenant):
        row = Pack.objects.select_related("offer", "client", "buyer").get(pk=pack.pk)
        return statement_of(pack=row, tz="Europe/Berlin", now=clock.now(), reader="coach")


def pack_of(tenant: Tenant, email: str) -> Pack:
    with tenant_context(tenant):
        return Pack.objects.select_related("offer").get(client__email=email)


def test_each_row_becomes_a_client_with_what_was_left_and_owed(anna: Tenant, lesson: SessionType) -> None:
    made = brought(anna)
    with tenant_context(anna):
        assert Client.objects.filter(brought_by=made.pk).count() == 4
        owed = dict(Charge.objects.values_list("client__name", "amount_minor"))
        assert owed == {"Dora Lang": 12050, "Emil Meer": 4500}
        assert Note.objects.get().text == "Knee"
        assert dict(Pack.objects.values_list("client__name", "units")) == {"Cleo Kurz": 4, "Emil Meer": 2}


def test_a_balance_explains_itself_by_the_list(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    said = told(anna, pack_of(anna, "cleo@example.com"))
    assert said.balance.headline == "Balance: 4 of 4 sessions."
    assert said.balance.bought == "4 sessions were brought from the spreadsheet of 3 May."
    assert said.rows[0].sentence == "4 sessions brought from the spreadsheet of 3 May."


def test_nobody_is_mailed_and_no_fee_is_counted(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    worlds.sweep()
    with tenant_context(anna):
        assert not Mail.objects.exists()
        assert set(Charge.objects.values_list("units", flat=True)) == {0}
        assert set(Pack.objects.values_list("price_minor", flat=True)) == {0}


def test_a_session_is_booked_with_what_was_brought(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    pack = pack_of(anna, "cleo@example.com")
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30))
    assert booked.balance(anna, pack) == 3


def test_a_pack_that_is_chosen_lends_its_terms(anna: Tenant, lesson: SessionType) -> None:
    offer = worlds.pack_offer(anna, lesson, name="Ten lessons")
    brought(anna, pack_line=offer.line)
    pack = pack_of(anna, "cleo@example.com")
    assert (pack.offer_id, pack.units, pack.price_minor) == (offer.pk, 4, 0)
    assert pack.expires_at is not None


def test_without_a_session_type_nothing_is_brought(anna: Tenant) -> None:
    before = everything(anna)
    with pytest.raises(NothingToBookWith):
        brought(anna)
    assert everything(anna) == before


def test_who_is_known_stays_as_they_are(anna: Tenant, lesson: SessionType) -> None:
    with tenant_context(anna):
        record.add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now(), actor=ANNA)
        found = importing.look(text=text_of(LIST.encode()), chosen=None, now=clock.now())
        assert [each.name for _, each in found.known] == ["Cleo"]
        assert len(found.fresh) == 3
    brought(anna)
    assert client(anna, "cleo@example.com").name == "Cleo"
    with tenant_context(anna):
        assert not Pack.objects.filter(client__email="cleo@example.com").exists()


def test_looking_keeps_nothing(anna: Tenant, lesson: SessionType) -> None:
    before = everything(anna)
    with tenant_context(anna):
        found = importing.look(text=text_of(LIST.encode()), chosen=None, now=clock.now())
    assert (len(found.fresh), found.units, found.owed_minor) == (4, 6, 16550)
    assert everything(anna) == before


def test_the_same_list_is_brought_once_whatever_its_encoding(anna: Tenant, lesson: SessionType) -> None:
    made = brought(anna)
    before = everything(anna)
    with tenant_context(anna):
        again = text_of(LIST.replace("\n", "\r\n").encode("utf-16"))
    with pytest.raises(importing.BroughtAlready) as refused:
        brought(anna, again)
    assert refused.value.before == made
    assert everything(anna) == before
    undone(anna, made)
    assert brought(anna, again).pk != made.pk


def test_a_list_of_known_people_alone_is_told_and_not_kept(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    with pytest.raises(importing.NothingToBring, match="Nobody in this list is new"):
        brought(anna, "Name,Email\nDora,dora@example.com\n")
    with tenant_context(anna):
        assert Import.objects.count() == 1


# --- undo ---------------------------------------------------------------------------------------------


def test_undone_every_balance_and_list_is_as_before(anna: Tenant, lesson: SessionType) -> None:
    before = everything(anna)
    made = brought(anna)
    assert everything(anna) != before
    done = undone(anna, made)
    assert (done.removed, done.kept) == (4, ())
    assert everything(anna) == before
    with tenant_context(anna):
        assert set(PackEntry.objects.values_list("kind", "units")) == {
            ("bought", 4), ("bought", 2), ("corrected", -4), ("corrected", -2),
        }  # fmt: skip
        assert not Client.objects.exclude(email="").exists()
        assert "Cleo" not in str(list(Client.objects.values_list("name", flat=True)))


def test_undone_twice_it_is_undone_once(anna: Tenant, lesson: SessionType) -> None:
    made = brought(anna)
    undone(anna, made)
    after = everything(anna)
    assert undone(anna, made).removed == 0
    assert everything(anna) == after


def test_whom_somebody_has_worked_with_stays_and_is_named(anna: Tenant, lesson: SessionType) -> None:
    made = brought(anna)
    pack = pack_of(anna, "cleo@example.com")
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30))
    done = undone(anna, made)
    assert [each.name for each in done.kept] == ["Cleo Kurz"]
    assert booked.balance(anna, pack) == 0
    said = told(anna, pack)
    assert said.rows[-1].sentence == (
        "3 sessions taken away by Anna: the list that they were brought with was taken back."
    )
    with tenant_context(anna):
        assert Client.objects.get(erased_at=None).name == "Cleo Kurz"
        assert [each.name for each in import_undo.kept_of(Import.objects.get())] == ["Cleo Kurz"]


def test_what_was_paid_in_part_stays_owed_and_what_was_not_is_let_off(
    anna: Tenant, lesson: SessionType
) -> None:
    made = brought(anna)
    with tenant_context(anna):
        of_dora, of_emil = (Charge.objects.get(client__name__startswith=name) for name in ("Dora", "Emil"))
        notes.add(client_id=of_emil.client_id, text="Called.", now=clock.now(), actor=ANNA)
    received(anna, of_dora, 5000)
    assert [each.name for each in undone(anna, made).kept] == ["Dora Lang", "Emil Meer"]
    with tenant_context(anna):
        of_dora.refresh_from_db()
        of_emil.refresh_from_db()
        assert (of_dora.status, of_dora.paid_minor, of_dora.waived_minor) == ("partially_paid", 5000, 0)
        assert (of_emil.status, of_emil.waived_minor) == ("void", 4500)


def test_a_changed_note_or_record_is_a_reason_to_stay(anna: Tenant, lesson: SessionType) -> None:
    made = brought(anna)
    with tenant_context(anna):
        notes.change(note_id=Note.objects.get().pk, text="Both knees", now=clock.now())
    fritz = client(anna, "fritz@example.com")
    with tenant_context(anna):
        record.archive(client_id=fritz.pk, now=clock.now(), actor=ANNA)
    assert {each.name for each in undone(anna, made).kept} == {"Cleo Kurz", "Fritz"}
    with tenant_context(anna):
        assert Note.objects.get().text == "Both knees"


@pytest.mark.parametrize("seed", range(4))
def test_any_list_undone_leaves_everything_as_before(anna: Tenant, lesson: SessionType, seed: int) -> None:
    """A practice at random with lists at random, brought one into another and undone in any order."""
    chance = random.Random(seed)
    booked.pack(anna, lesson)
    before = everything(anna)
    made = [brought(anna, _any_list(chance, number)) for number in range(3)]
    chance.shuffle(made)
    for each in made:
        undone(anna, each)
    assert everything(anna) == before


def _any_list(chance: random.Random, number: int) -> str:
    rows = [f"P{number},p{number}@example.com,1,5,"]
    for _ in range(chance.randrange(1, 12)):
        who = chance.randrange(40)
        units = chance.choice(["", "0", str(chance.randrange(1, 30)), "many"])
        owes = chance.choice(["", "0", f"{chance.randrange(1, 500)}.50"])
        until = chance.choice(["", "2099-01-31"])
        rows.append(f"C{who},{chance.choice(['', f'c{who}@example.com'])},{units},{owes},{until}")
    return "\n".join(["Name,Email,Credits,Owes,Valid until", *rows])


def test_five_thousand_rows(anna: Tenant, lesson: SessionType) -> None:
    balances = [f"{n % 9},{n % 7}.50,2099-12-31" if n % 10 == 0 else ",," for n in range(5000)]
    rows = [f"Client {n},c{n}@example.com,{balance}" for n, balance in enumerate(balances)]
    text = "\n".join(["Name,Email,Credits,Owes,Valid until", *rows])
    before = everything(anna)
    begun = time.monotonic()
    made = brought(anna, text)
    taken = time.monotonic() - begun
    with tenant_context(anna):
        assert Client.objects.filter(brought_by=made.pk).count() == 5000
        assert Event.objects.filter(kind="client.imported").get().data["count"] == 5000
    begun = time.monotonic()
    assert undone(anna, made).removed == 5000
    assert everything(anna) == before
    assert taken + time.monotonic() - begun < 60
    with tenant_context(anna):
        assert not Pack.objects.filter(status=PackStatus.ACTIVE).exists()
