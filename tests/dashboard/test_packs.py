"""Packs at the desk once they are sold: selling one unpaid; each change with its review and refusals."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.packs import expiry, ledger, links, offers
from tenants.packs.models import Pack, PackOffer
from tenants.packs.validity import last_day
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES
from tests.packs import sold
from tests.scheduling import booked

ZONE = "Europe/Berlin"
ACTIONS = ("extend/", "pass-on/", "correct/")


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    worlds.open_for_bookings(anna)
    return worlds.session_type(anna)


@pytest.fixture
def pack(anna: Tenant, lesson: SessionType) -> Pack:
    """Ten lessons of Cleo's, paid, valid for six months; anybody may get some of them."""
    return booked.pack(anna, lesson)


@pytest.fixture
def coach(anna: Tenant) -> Coach:
    return Coach(anna)


def address(pack: Pack, action: str = "") -> str:
    return f"clients/packs/{pack.pk}/{action}"


def packs_of(tenant: Tenant, email: str) -> list[Pack]:
    with tenant_context(tenant):
        return list(Pack.objects.filter(client__email=email).order_by("bought_at"))


def events(tenant: Tenant, kind: str) -> int:
    with tenant_context(tenant):
        return Event.objects.filter(kind=kind).count()


# --- its page ----------------------------------------------------------------------------------------


def test_a_packs_page_tells_every_entry_and_shares_its_statement(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30))
    page = coach.read(address(pack))
    assert "Balance: 9 of 10 sessions." in page
    assert "− 1, 9 left then" in page
    with tenant_context(anna):
        assert f'value="{links.address_of(pack, "statement")}"' in page
        assert links.address_of(pack) + '"' not in page, "what is paid has no link to pay"


def test_an_order_that_nobody_paid_is_no_pack(shop: worlds.Shop, lesson: SessionType) -> None:
    order = worlds.ordered_pack(shop, worlds.pack_offer(shop.tenant, lesson))
    desk = Coach(shop.tenant)
    assert [desk.get(address(order, each)).status_code for each in ("", *ACTIONS)] == [404] * 4


def test_packs_and_clients_of_another_coach_are_unknown(ben: Tenant, pack: Pack) -> None:
    stranger = Coach(ben)
    pages = [address(pack, each) for each in ("", *ACTIONS)]
    pages += [f"clients/{pack.client_id}/{each}/" for each in ("sell", "book")]
    assert [stranger.get(page).status_code for page in pages] == [404] * len(pages)
    answers = [stranger.post(page, {"units": "1"}).status_code for page in pages[1:]]
    assert answers == [404] * len(answers)


def test_pages_of_a_pack_stay_within_their_budget(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    for number in range(6):
        booked.with_unit(anna, lesson, pack, at=worlds.hour(30 + 2 * number), browser=str(number))
    reviews = ["", "extend/?until=2030-01-01", "correct/?change=more&units=1&note=x"]
    reviews.append("pass-on/?units=1&name=Dana&email=dana@example.com")
    for page in (*(address(pack, each) for each in reviews), f"clients/{pack.client_id}/sell/"):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(queries) <= MOST_QUERIES, "\n".join([page, *queries])


# --- selling -----------------------------------------------------------------------------------------


@pytest.fixture
def offer(anna: Tenant, lesson: SessionType) -> PackOffer:
    return worlds.pack_offer(anna, lesson, name="Ten lessons", unpaid="some", unpaid_units=2)


@pytest.fixture
def cleo(anna: Tenant, pack: Pack) -> Client:
    return pack.client


def test_a_pack_is_read_before_it_is_sold(coach: Coach, cleo: Client, anna: Tenant, offer: PackOffer) -> None:
    page = coach.read(f"clients/{cleo.pk}/sell/?offer={offer.pk}")
    assert "10 sessions for €450.00" in re.sub("<[^>]+>", "", page)
    assert "2 sessions of it can be booked before it is paid." in page
    assert "Good for 10 sessions of Lesson." in page
    assert len(packs_of(anna, cleo.email)) == 1


def test_a_pack_is_sold_once_however_often_it_is_pressed(
    coach: Coach, cleo: Client, anna: Tenant, offer: PackOffer
) -> None:
    press = {"offer": str(offer.pk), "key": str(uuid7())}
    answers = [coach.post(f"clients/{cleo.pk}/sell/", press) for _ in range(2)]
    _, bought = packs_of(anna, cleo.email)
    assert {each.headers["Location"] for each in answers} == {f"{coach.base}{address(bought)}"}
    assert (bought.paid_at, bought.units) == (None, 10)
    assert booked.balance(anna, bought) == 10
    assert events(anna, "pack.sold") == 1
    page = coach.read(address(bought))
    assert "Unpaid, €450.00" in page
    assert "2 sessions of it can be booked before it is paid." in page
    with tenant_context(anna):
        assert f'value="{links.address_of(bought)}"' in page


def test_what_was_changed_since_it_was_read_is_not_sold(
    coach: Coach, cleo: Client, anna: Tenant, offer: PackOffer
) -> None:
    with tenant_context(anna):
        offers.edit(line=offer.line, price_minor=50000, now=clock.now())
    answer = coach.post(f"clients/{cleo.pk}/sell/", {"offer": str(offer.pk), "key": str(uuid7())})
    assert answer.status_code == 409
    assert "Nothing was sold" in answer.content.decode()
    assert len(packs_of(anna, cleo.email)) == 1


@pytest.mark.parametrize("press", [{}, {"offer": "x", "key": "y"}])
def test_a_press_that_names_no_pack_sells_nothing(
    coach: Coach, cleo: Client, anna: Tenant, press: dict[str, str]
) -> None:
    assert coach.post(f"clients/{cleo.pk}/sell/", press).status_code == 409
    assert len(packs_of(anna, cleo.email)) == 1


# --- longer ------------------------------------------------------------------------------------------


def last_day_of(tenant: Tenant, pack: Pack) -> date:
    ends = worlds.reread_pack(tenant, pack).expires_at
    assert ends is not None
    return last_day(ends, ZONE)


def test_a_pack_is_extended_after_a_look(anna: Tenant, coach: Coach, pack: Pack) -> None:
    before = last_day_of(anna, pack)
    until = before + timedelta(days=30)
    review = coach.read(address(pack, f"extend/?until={until}&note=Hurt+her+knee"))
    assert "Extend it" in review
    assert "“Hurt her knee”" in review
    assert last_day_of(anna, pack) == before
    for _ in range(2):
        pressed = coach.post(address(pack, "extend/"), {"until": f"{until}", "note": "Hurt her knee"})
        assert pressed.status_code == 303
    assert last_day_of(anna, pack) == until
    assert [kind for kind, _ in booked.books(anna, pack)] == ["bought", "extended"]
    assert "Hurt her knee" in coach.read(address(pack))


def test_an_extension_is_taken_back_once_until_something_else_happens(
    anna: Tenant, coach: Coach, lesson: SessionType, pack: Pack
) -> None:
    before = last_day_of(anna, pack)
    assert "Take the extension back" not in coach.read(address(pack))
    coach.post(address(pack, "extend/"), {"until": f"{before + timedelta(days=9)}", "note": ""})
    assert "Take the extension back" in coach.read(address(pack))
    assert [coach.post(address(pack, "take-back")).status_code for _ in range(2)] == [303, 303]
    assert last_day_of(anna, pack) == before
    assert [kind for kind, _ in booked.books(anna, pack)] == ["bought", "extended", "extended"]
    assert "again (the extension was taken back by Anna)" in coach.read(address(pack))
    coach.post(address(pack, "extend/"), {"until": f"{before + timedelta(days=9)}", "note": ""})
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30))
    refused = coach.post(address(pack, "take-back"))
    assert refused.status_code == 409
    assert "something else has happened to this pack since" in refused.content.decode()
    assert last_day_of(anna, pack) == before + timedelta(days=9)


def test_what_would_be_over_by_then_is_not_taken_back(anna: Tenant, coach: Coach, pack: Pack) -> None:
    before = last_day_of(anna, pack)
    coach.post(address(pack, "extend/"), {"until": f"{before + timedelta(days=60)}", "note": ""})
    with clock.travel(200 * 86400):
        later = Coach(anna)
        assert "Take the extension back" not in later.read(address(pack))
        assert later.post(address(pack, "take-back")).status_code == 409
    assert last_day_of(anna, pack) == before + timedelta(days=60)


def test_the_client_is_told_that_an_extension_was_taken_back(anna: Tenant, coach: Coach, pack: Pack) -> None:
    """As a mail of its own: the first one may have been read."""
    before = last_day_of(anna, pack)
    coach.post(address(pack, "extend/"), {"until": f"{before + timedelta(days=9)}", "note": ""})
    worlds.drain()
    coach.post(address(pack, "take-back"))
    worlds.drain()
    subjects = [each.subject for each in mail.outbox if each.to == ["cleo@example.com"]]
    assert subjects == ["Valid longer: Ten lessons", "Valid as before: Ten lessons"]


@pytest.mark.parametrize("days", [0, -30, 9000])
def test_a_last_day_that_cannot_be_is_refused(anna: Tenant, coach: Coach, pack: Pack, days: int) -> None:
    before = last_day_of(anna, pack)
    asked = f"{before + timedelta(days=days)}"
    assert coach.get(address(pack, f"extend/?until={asked}")).status_code == 422
    if days:
        assert coach.post(address(pack, "extend/"), {"until": asked, "note": ""}).status_code == 422
    assert last_day_of(anna, pack) == before


def test_what_had_expired_comes_back_and_is_told_before(
    anna: Tenant, coach: Coach, lesson: SessionType
) -> None:
    with tenant_context(anna):
        pack = sold.bought(covers={str(lesson.pk): 1}, at=clock.now() - timedelta(days=220))
        expiry.expire(reference=pack.pk, now=clock.now())
    assert booked.balance(anna, pack) == 0
    until = f"{clock.now().date() + timedelta(days=40)}"
    page = coach.read(address(pack, f"extend/?until={until}"))
    assert "was valid until" in page
    assert "10 that expired come back." in page
    coach.post(address(pack, "extend/"), {"until": until, "note": ""})
    assert booked.balance(anna, pack) == 10


def test_a_pack_without_an_end_has_nothing_to_extend(anna: Tenant, coach: Coach, lesson: SessionType) -> None:
    pack = booked.pack(anna, lesson, valid_months=None)
    assert "It has no end" in coach.read(address(pack, "extend/"))
    answer = coach.post(address(pack, "extend/"), {"until": "2030-01-01", "note": ""})
    assert answer.status_code == 409
    assert booked.books(anna, pack) == [("bought", 10)]


# --- to somebody else --------------------------------------------------------------------------------

DANA = {"units": "3", "name": "Dana", "email": "dana@example.com"}


def query(values: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in values.items())


def test_units_are_passed_on_after_a_look_and_once(anna: Tenant, coach: Coach, pack: Pack) -> None:
    review = coach.read(address(pack, f"pass-on/?{query(DANA)}"))
    assert "3 of 10 to Dana" in review
    assert "Cleo keeps 7." in review
    assert "Dana becomes a client" in review
    assert packs_of(anna, "dana@example.com") == []
    answers = [coach.post(address(pack, "pass-on/"), {**DANA, "seen": "10"}) for _ in range(2)]
    (received,) = packs_of(anna, "dana@example.com")
    assert {each.headers["Location"] for each in answers} == {f"{coach.base}{address(received)}"}
    assert (booked.balance(anna, pack), booked.balance(anna, received)) == (7, 3)
    assert "Passed on from" in coach.read(address(received))


@pytest.mark.parametrize(
    ("press", "status", "said"),
    [
        ({"units": "11", "seen": "10"}, 409, "This pack has 10 left"),
        ({"units": "0", "seen": "10"}, 422, "greater than or equal to 1"),
        ({"email": "nobody", "seen": "10"}, 422, "valid email"),
        ({"email": "cleo@example.com", "seen": "10"}, 409, "This pack is theirs already."),
        ({"seen": "9"}, 409, "Something else is left than when you looked"),
        ({}, 409, "Something else is left than when you looked"),
    ],
)
def test_what_cannot_be_passed_on_is_refused_in_words(
    anna: Tenant, coach: Coach, pack: Pack, press: dict[str, str], status: int, said: str
) -> None:
    answer = coach.post(address(pack, "pass-on/"), {**DANA, **press})
    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    assert booked.books(anna, pack) == [("bought", 10)]


def test_more_than_is_left_is_refused_at_the_look(coach: Coach, pack: Pack) -> None:
    answer = coach.get(address(pack, f"pass-on/?{query({**DANA, 'units': '11'})}"))
    assert answer.status_code == 422
    assert "There are 10 left." in answer.content.decode()


def test_a_pack_that_stays_where_it_is_says_so(anna: Tenant, coach: Coach, lesson: SessionType) -> None:
    own = booked.pack(anna, lesson, transfer="nobody")
    with tenant_context(anna):
        unpaid = sold.bought(paid=False, covers={str(lesson.pk): 1})
    assert "cannot be passed on" in coach.read(address(own, "pass-on/"))
    assert "not paid yet" in coach.read(address(unpaid, "pass-on/"))
    assert "pass-on/" not in coach.read(address(own)) + coach.read(address(unpaid))
    assert coach.post(address(own, "pass-on/"), {**DANA, "seen": "10"}).status_code == 409


# --- by hand -----------------------------------------------------------------------------------------

TWO_FEWER = {"change": "fewer", "units": "2", "note": "Counted twice"}


def test_a_correction_is_read_pressed_once_and_told(anna: Tenant, coach: Coach, pack: Pack) -> None:
    assert "Balance 10 → 8" in coach.read(address(pack, f"correct/?{query(TWO_FEWER)}"))
    assert booked.balance(anna, pack) == 10
    for _ in range(2):
        pressed = coach.post(address(pack, "correct/"), {**TWO_FEWER, "seen": "10"})
        assert pressed.status_code == 303
    assert booked.books(anna, pack) == [("bought", 10), ("corrected", -2)]
    assert "by Anna: Counted twice" in coach.read(address(pack))


def test_a_correction_can_be_taken_back(anna: Tenant, coach: Coach, pack: Pack) -> None:
    assert "Take the last correction back" not in coach.read(address(pack))
    coach.post(address(pack, "correct/"), {**TWO_FEWER, "seen": "10"})
    page = coach.read(address(pack))
    assert "?change=more&amp;units=2&amp;note=Taken%20back%3A%20Counted%20twice" in page
    coach.post(address(pack, "correct/"), {"change": "more", "units": "2", "note": "Taken back", "seen": "8"})
    assert booked.balance(anna, pack) == 10


@pytest.mark.parametrize(
    ("press", "status", "said"),
    [
        ({"note": "  "}, 422, "Say why, so that you and your client can read it later."),
        ({"units": ""}, 422, "This field is required"),
        ({"change": "sideways"}, 422, "Select a valid choice"),
        ({"units": "11"}, 409, "This pack has 10 left"),
        ({"seen": "7"}, 409, "Something else is left than when you looked"),
        ({"seen": ""}, 409, "Something else is left than when you looked"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_words(
    anna: Tenant, coach: Coach, pack: Pack, press: dict[str, str], status: int, said: str
) -> None:
    answer = coach.post(address(pack, "correct/"), {**TWO_FEWER, "seen": "10", **press})
    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    assert booked.books(anna, pack) == [("bought", 10)]


def test_the_same_correction_on_purpose_is_another_one(anna: Tenant, coach: Coach, pack: Pack) -> None:
    for seen in ("10", "8"):
        assert coach.post(address(pack, "correct/"), {**TWO_FEWER, "seen": seen}).status_code == 303
    assert booked.balance(anna, pack) == 6


def test_two_who_correct_at_once_correct_once(anna: Tenant, pack: Pack) -> None:
    """The books themselves refuse the second, whatever the page has seen."""
    from tenants.packs import removals

    said: dict[str, Any] = {"units": 1, "note": "x", "now": clock.now(), "actor": booked.COACH, "seen": 10}
    with tenant_context(anna):
        removals.correct(pack_id=pack.pk, **said)
        with pytest.raises(removals.BalanceChanged):
            removals.correct(pack_id=UUID(str(pack.pk)), **said)
        assert ledger.balance_of(pack.pk) == 11
