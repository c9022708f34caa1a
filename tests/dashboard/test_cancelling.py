"""A coach calls a session off: each press says what it does first, and can be undone for a minute."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.scheduling import booked


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def paid(shop: worlds.Shop, lesson: SessionType) -> Booking:
    """45.00 by card, two days ahead."""
    return worlds.sell(shop, lesson, at=worlds.hour(24))


@pytest.fixture
def begun(paid: Booking) -> Iterator[Booking]:
    """Ten minutes after its start."""
    with clock.travel((paid.session.starts_at - clock.now()).total_seconds() + 600):
        yield paid


def page_of(coach: Coach, booking: Booking) -> str:
    return coach.read(f"booking/{booking.pk}/")


def buttons(page: str) -> set[str]:
    """The causes that the page has a button for."""
    return set(re.findall(r'name="cause" value="(\w+)"', page))


def a_minute_later() -> None:
    with clock.travel(61):
        worlds.drain()
    assert not worlds.failures()


def state(shop: worlds.Shop, booking: Booking) -> str:
    return str(worlds.reread(shop.tenant, booking).status)


# --- what is said before ----------------------------------------------------------------------------


def test_before_the_deadline_the_client_can_still_cancel_for_free(shop: worlds.Shop, paid: Booking) -> None:
    page = page_of(Coach(shop.tenant), paid)
    assert buttons(page) == {"client", "weather", "coach"}
    assert page.count("€45.00 goes back to the client’s card") == 3
    assert "Give it back anyway" not in page


def test_after_the_deadline_it_is_a_late_cancel_and_counts_as_used(shop: worlds.Shop, paid: Booking) -> None:
    with clock.travel(30 * 3600):
        page = page_of(Coach(shop.tenant), paid)
    assert buttons(page) == {"late", "weather", "coach"}
    assert "The session counts as used: nothing goes back." in page
    assert "Give it back anyway" in page


def test_a_pack_is_told_with_what_is_left_and_gets_its_unit_back(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    pack = booked.pack(shop.tenant, lesson)
    booking = booked.with_unit(shop.tenant, lesson, pack, at=worlds.hour(24))
    coach = Coach(shop.tenant)
    page = page_of(coach, booking)
    assert "Pack, 9 left" in page
    assert "1 session goes back to the client’s pack." in page
    coach.post(f"booking/{booking.pk}/call-off", {"cause": "coach", "shown": "returned"})
    a_minute_later()
    assert booked.balance(shop.tenant, pack) == 10
    assert "Returned to pack" in page_of(coach, booking)


# --- pressed, undone, carried out -------------------------------------------------------------------


def test_a_press_can_be_undone_for_a_minute(shop: worlds.Shop, paid: Booking) -> None:
    coach = Coach(shop.tenant)
    answer = coach.post(f"booking/{paid.pk}/call-off", {"cause": "coach", "shown": "returned"})
    assert (answer.status_code, answer["Location"]) == (303, f"{coach.base}booking/{paid.pk}/")
    page = page_of(coach, paid)
    assert "The coach cancelled, so everything is returned." in page
    assert ">Undo<" in page
    assert buttons(page) == set()
    assert coach.post(f"booking/{paid.pk}/undo").status_code == 303
    a_minute_later()
    assert state(shop, paid) == "confirmed"
    assert buttons(page_of(coach, paid)) == {"client", "weather", "coach"}


def test_carried_out_the_page_shows_rule_time_actor_and_result(shop: worlds.Shop, paid: Booking) -> None:
    coach = Coach(shop.tenant)
    with clock.travel(30 * 3600):
        coach.post(f"booking/{paid.pk}/call-off", {"cause": "late", "shown": "used"})
        a_minute_later()
        page = page_of(coach, paid)
        too_late = coach.post(f"booking/{paid.pk}/undo")
    assert state(shop, paid) == "cancelled"
    assert re.search(r"Cancelled 1\d hours[ \w]* before the start \(the rule is 24 hours\)\.", page)
    assert re.search(r"1\d hours[ \w]* before the start, by Anna", page)
    assert "Carried out" in page
    assert too_late.status_code == 409
    assert "nothing to undo any more" in too_late.content.decode()


def test_what_is_not_so_any_more_is_a_conflict_with_todays_answer(shop: worlds.Shop, paid: Booking) -> None:
    with clock.travel(30 * 3600):
        answer = Coach(shop.tenant).post(
            f"booking/{paid.pk}/call-off", {"cause": "client", "shown": "returned"}
        )
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "By now it would mean something else." in page
    assert buttons(page) == {"late", "weather", "coach"}
    assert state(shop, paid) == "confirmed"
    assert booked.cancellations(shop.tenant, paid) == []


def test_a_second_press_of_another_button_changes_nothing(shop: worlds.Shop, paid: Booking) -> None:
    coach, path = Coach(shop.tenant), f"booking/{paid.pk}/call-off"
    coach.post(path, {"cause": "weather", "shown": "returned"})
    assert coach.post(path, {"cause": "weather", "shown": "returned"}).status_code == 303
    assert coach.post(path, {"cause": "coach", "shown": "returned"}).status_code == 409
    assert [row.cause for row in booked.cancellations(shop.tenant, paid)] == ["weather"]


def test_what_the_client_pressed_is_the_clients_to_undo(shop: worlds.Shop, paid: Booking) -> None:
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=paid.pk, cause=Cause.CLIENT, now=clock.now(), actor=booked.CLIENT)
    coach = Coach(shop.tenant)
    page = page_of(coach, paid)
    assert "has pressed this, and can undo it until" in page
    assert ">Undo<" not in page
    assert coach.post(f"booking/{paid.pk}/undo").status_code == 409


@pytest.mark.parametrize("cause", ["", "no_show", "declined_move", "anything"])
def test_only_what_a_button_names_is_a_cause(shop: worlds.Shop, paid: Booking, cause: str) -> None:
    answer = Coach(shop.tenant).post(f"booking/{paid.pk}/call-off", {"cause": cause})
    assert answer.status_code == 400
    assert booked.cancellations(shop.tenant, paid) == []


# --- grace ------------------------------------------------------------------------------------------


def test_a_no_show_is_given_back_with_a_reason_that_is_kept(shop: worlds.Shop, begun: Booking) -> None:
    coach = Coach(shop.tenant)
    coach.post(f"booking/{begun.pk}/attendance", {"came": "no"})
    assert "Give it back anyway" in page_of(coach, begun)
    nothing_said = coach.post(f"booking/{begun.pk}/waive", {"because": " "})
    assert nothing_said.status_code == 422
    assert "Say why." in nothing_said.content.decode()
    assert coach.post(f"booking/{begun.pk}/waive", {"because": "Her train stood."}).status_code == 303
    a_minute_later()
    page = page_of(coach, begun)
    assert "Her train stood." in page
    assert "The coach waived the rule, so everything is returned." in page
    assert worlds.attempt_for(shop.tenant, begun).refunded_minor == 4500


def test_a_late_cancel_by_the_client_is_given_back_afterwards(shop: worlds.Shop, paid: Booking) -> None:
    coach = Coach(shop.tenant)
    with clock.travel(30 * 3600):
        with tenant_context(shop.tenant):
            cancelling.cancel(booking_id=paid.pk, cause=Cause.CLIENT, now=clock.now(), actor=booked.CLIENT)
        a_minute_later()
        assert "Give it back anyway" in page_of(coach, paid)
        assert coach.post(f"booking/{paid.pk}/waive", {"because": "Ill child."}).status_code == 303
        a_minute_later()
        page = page_of(coach, paid)
        again = coach.post(f"booking/{paid.pk}/waive", {"because": "Again."})
    assert worlds.attempt_for(shop.tenant, paid).refunded_minor == 4500
    assert "Ill child." in page
    assert "Give it back anyway" not in page
    assert again.status_code == 409


def test_there_is_no_grace_where_the_rule_gives_it_back(shop: worlds.Shop, paid: Booking) -> None:
    answer = Coach(shop.tenant).post(f"booking/{paid.pk}/waive", {"because": "Kindness."})
    assert answer.status_code == 409
    assert booked.cancellations(shop.tenant, paid) == []


# --- today ------------------------------------------------------------------------------------------


def test_around_the_start_four_buttons_stand_on_today(shop: worlds.Shop, begun: Booking) -> None:
    coach = Coach(shop.tenant)
    page = coach.read()
    assert buttons(page) == {"late", "weather"}
    assert ">Done<" in page
    assert ">No-show<" in page
    assert "No-show and late cancel: The session counts as used: nothing goes back." in page
    assert "Weather: €45.00 goes back to the client’s card" in page
    answer = coach.post(
        f"booking/{begun.pk}/call-off", {"cause": "weather", "shown": "returned", "next": coach.base}
    )
    assert answer["Location"] == coach.base
    page = coach.read()
    assert ">Undo<" in page
    assert ">Done<" not in page
    coach.post(f"booking/{begun.pk}/undo", {"next": coach.base})
    assert buttons(coach.read()) == {"late", "weather"}


def test_long_before_the_start_today_has_no_buttons(shop: worlds.Shop, paid: Booking) -> None:
    with clock.travel((paid.session.starts_at - clock.now()).total_seconds() - 2 * 3600):
        page = Coach(shop.tenant).read()
    assert buttons(page) == set()


def test_while_it_is_being_called_off_it_is_not_marked(shop: worlds.Shop, begun: Booking) -> None:
    coach = Coach(shop.tenant)
    coach.post(f"booking/{begun.pk}/call-off", {"cause": "weather", "shown": "returned"})
    answer = coach.post(f"booking/{begun.pk}/attendance", {"came": "yes"})
    assert answer.status_code == 409
    assert "Undo that first." in answer.content.decode()


def test_marked_by_mistake_it_is_corrected_at_once(shop: worlds.Shop, begun: Booking) -> None:
    coach = Coach(shop.tenant)
    coach.post(f"booking/{begun.pk}/attendance", {"came": "no", "next": coach.base})
    page = coach.read()
    assert "The payment stays with you. Press Done if that was a mistake." in page
    assert "Change how it went" in page
    coach.post(f"booking/{begun.pk}/attendance", {"came": "yes"})
    assert state(shop, begun) == "completed"


# --- whose --------------------------------------------------------------------------------------------


def test_nothing_of_another_coach_is_there(shop: worlds.Shop, paid: Booking, ben: Tenant) -> None:
    stranger = Coach(ben)
    for path, data in (
        ("call-off", {"cause": "coach"}),
        ("waive", {"because": "Mine."}),
        ("undo", {}),
    ):
        assert stranger.post(f"booking/{paid.pk}/{path}", data).status_code == 404
        assert Coach(shop.tenant).get(f"booking/{paid.pk}/{path}").status_code == 405
    assert state(shop, paid) == "confirmed"


def test_a_free_session_has_nothing_to_give_back(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(0))
    worlds.book(shop.tenant, booking)
    coach = Coach(shop.tenant)
    with clock.travel(timedelta(hours=20).total_seconds()):
        page = page_of(coach, booking)
        assert "Nothing was paid, so nothing goes back." in page
        assert "Give it back anyway" not in page
    with tenant_context(shop.tenant):
        assert bookings.booking_of(booking_id=booking.pk).funding == "free"
