"""Packs at the desk: offered, changed in versions, taken off, and shown as clients will read them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES

TEN = {
    "name": "Ten lessons",
    "units": "10",
    "price": "400",
    "valid_months": "6",
    "cancel_window_hours": "24",
    "refund_rule": "unused",
    "transfer": "nobody",
    "unpaid": "nothing",
    "unpaid_units": "",
    "description": "",
}


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    """A lesson of Anna's for €45.00."""
    return worlds.session_type(anna)


def typed(*kinds: SessionType, **others: Any) -> dict[str, Any]:
    return {**TEN, "covers": [str(kind.pk) for kind in kinds], **others}


def packs(tenant: Tenant) -> list[PackOffer]:
    with tenant_context(tenant):
        return offers.all_offers()


@pytest.fixture
def pack(anna: Tenant, lesson: SessionType) -> PackOffer:
    assert Coach(anna).post("offers/packs/new/", typed(lesson)).status_code == 303
    return packs(anna)[0]


def test_a_pack_is_offered_as_typed(anna: Tenant, lesson: SessionType) -> None:
    long = worlds.session_type(anna, name="Long lesson", price_minor=9000)
    form = typed(lesson, long, valid_months="0", transfer="family", unpaid="some", unpaid_units="2")
    form |= {f"takes-{long.pk}": "2", f"takes-{lesson.pk}": "", "cancel_window_hours": "48"}
    assert Coach(anna).post("offers/packs/new/", form).status_code == 303
    (pack,) = packs(anna)
    assert (pack.units, pack.price_minor, pack.currency, pack.valid_months) == (10, 40000, "eur", None)
    assert pack.covers == {str(lesson.pk): 1, str(long.pk): 2}
    assert (pack.cancel_window_hours, pack.transfer, pack.unpaid, pack.unpaid_units) == (
        48,
        "family",
        "some",
        2,
    )


def test_a_new_pack_starts_with_what_is_usual_here(anna: Tenant, lesson: SessionType) -> None:
    coach = Coach(anna)
    coach.post("settings/cancelling/", {"cancel_window_hours": "36"})
    page = coach.read("offers/packs/new/?sessions=5")
    assert 'value="5-session pack"' in page
    assert 'value="36"' in page
    assert '<option value="6" selected>6 months</option>' in page
    assert f'value="{lesson.pk}" id="id_covers_0" checked' in page
    assert 'value="10-session pack"' in coach.read("offers/packs/new/?sessions=999")


def test_what_costs_nothing_alone_is_not_sold_in_packs(anna: Tenant) -> None:
    worlds.session_type(anna, name="Intro", price_minor=0)
    page = Coach(anna).read("offers/packs/new/")
    assert "First a session with a price" in page
    assert "Intro" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"price": "0"}, "Cards take €0.50 or more. Set at least that."),
        ({"price": "0.49"}, "Cards take €0.50 or more. Set at least that."),
        ({"price": ""}, "Type a price."),
        ({"covers": []}, "Choose at least one session type that this pack is good for."),
        ({"units": "0"}, "greater than or equal to 1"),
        ({"valid_months": "7"}, "Select a valid choice."),
        ({"unpaid": "some"}, "Say how many may be booked before it is paid: 1 to 10."),
        ({"unpaid": "some", "unpaid_units": "11"}, "Say how many may be booked before it is paid: 1 to 10."),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(
    anna: Tenant, lesson: SessionType, wrong: dict[str, Any], said: str
) -> None:
    answer = Coach(anna).post("offers/packs/new/", typed(lesson, **{"description": "Kept", **wrong}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Kept</textarea>" in page
    assert packs(anna) == []


def test_one_session_cannot_take_more_than_the_pack_has(anna: Tenant, lesson: SessionType) -> None:
    answer = Coach(anna).post("offers/packs/new/", typed(lesson, **{f"takes-{lesson.pk}": "11"}))
    assert answer.status_code == 422
    assert "The pack has 10. Type less, or put more into it." in answer.content.decode()
    assert packs(anna) == []


def test_the_preview_is_what_clients_will_read_and_saves_nothing(anna: Tenant, lesson: SessionType) -> None:
    answer = Coach(anna).post("offers/packs/new/", typed(lesson, preview="1"))
    page = " ".join(answer.content.decode().split())
    assert "10 times Lesson one by one cost €450.00: this pack saves €50.00 (11%)." in page
    assert "Good for 10 sessions of Lesson." in page
    assert "Valid for 6 months: bought today, for sessions until" in page
    assert packs(anna) == []


def test_a_changed_pack_is_another_version_and_what_is_sold_is_told(
    shop: worlds.Shop, lesson: SessionType, pack: PackOffer
) -> None:
    anna, coach = shop.tenant, Coach(shop.tenant)
    worlds.buy_pack(shop, pack)
    answer = coach.post(f"offers/packs/{pack.line}/", typed(lesson, price="420", seen_version="1"))
    assert answer.status_code == 303
    assert [(each.version, each.price_minor) for each in packs(anna)] == [(2, 42000)]
    page = coach.read("offers/")
    assert "Sold 1, all of them on earlier terms · Version 2, since" in page
    worlds.buy_pack(shop, packs(anna)[0], email="ben@example.com")
    assert "Sold 2, 1 of them on earlier terms" in coach.read("offers/")


def test_saving_what_is_there_makes_no_version(anna: Tenant, lesson: SessionType, pack: PackOffer) -> None:
    coach = Coach(anna)
    assert coach.post(f"offers/packs/{pack.line}/", typed(lesson, seen_version="1")).status_code == 303
    assert [each.version for each in packs(anna)] == [1]


def test_what_somebody_else_saved_is_told_before_it_is_replaced(
    anna: Tenant, lesson: SessionType, pack: PackOffer
) -> None:
    coach, page = Coach(anna), f"offers/packs/{pack.line}/"
    coach.post(page, typed(lesson, price="410", seen_version="1"))
    late = coach.post(page, typed(lesson, price="430", seen_version="1"))
    told = late.content.decode()
    assert late.status_code == 409
    assert "€410.00" in told
    assert 'value="430"' in told
    assert packs(anna)[0].price_minor == 41000
    assert 'name="seen_version" value="2"' in told
    assert coach.post(page, typed(lesson, price="430", seen_version="2")).status_code == 303
    assert packs(anna)[0].price_minor == 43000


def test_packs_are_listed_moved_and_taken_off(anna: Tenant, lesson: SessionType, pack: PackOffer) -> None:
    coach = Coach(anna)
    coach.post("offers/packs/new/", typed(lesson, name="Five lessons", units="5", price="250"))
    page = coach.read("offers/")
    assert "€40.00</span> per session · saves 11%" in page
    assert "€50.00</span> per session</small>" in page, "a pack that saves nothing says nothing"
    coach.post(f"offers/packs/{packs(anna)[1].line}/move", {"to": "up"})
    assert [each.name for each in packs(anna)] == ["Five lessons", "Ten lessons"]
    coach.post(f"offers/packs/{pack.line}/switch", {"to": "off"})
    assert [each.is_active for each in packs(anna)] == [True, False]
    assert "Offer again" in coach.read("offers/")
    coach.post(f"offers/packs/{pack.line}/switch", {"to": "on"})
    assert [each.is_active for each in packs(anna)] == [True, True]


def test_a_pack_that_nothing_can_be_booked_with_says_so(
    anna: Tenant, lesson: SessionType, pack: PackOffer
) -> None:
    coach = Coach(anna)
    assert "No session that it is good for" not in coach.read("offers/")
    with tenant_context(anna):
        session_types.edit(session_type_id=lesson.pk, is_active=False)
    assert "No session that it is good for is offered now." in coach.read("offers/")
    assert "Lesson" in coach.read(f"offers/packs/{pack.line}/"), "it can still be taken out of the pack"


def test_packs_of_others_are_unknown(anna: Tenant, ben: Tenant, pack: PackOffer) -> None:
    coach = Coach(ben)
    page = f"offers/packs/{pack.line}/"
    answers = [coach.get(page), coach.post(page, TEN), coach.post(page + "move"), coach.post(page + "switch")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert packs(anna) == [pack]


def test_many_packs_take_no_more_queries_than_one(anna: Tenant, lesson: SessionType, pack: PackOffer) -> None:
    coach = Coach(anna)
    for _ in range(4):
        coach.post("offers/packs/new/", typed(lesson))
    for page in ("offers/", f"offers/packs/{pack.line}/", "offers/packs/new/"):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(queries) <= MOST_QUERIES, "\n".join([page, *queries])
