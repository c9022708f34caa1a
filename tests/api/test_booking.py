"""Booking as a program does: every road, what is in the way, and what is left for the client."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect.gateway import GatewayUnavailable
from kit import clock
from tenants.billing.models import PaymentAttempt
from tenants.offers import coupons
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.api.programs import Program
from tests.api.test_every_address import at_once, problem
from tests.worlds import Shop

CLEO = {"name": "Cleo", "email": "cleo@example.com"}
BOOKINGS = "/api/v1/bookings"


@pytest.fixture
def asks(shop: Shop, program: MakeProgram) -> Program:
    return program(shop.tenant)


def slot(kind: SessionType, number: int = 3, **said: Any) -> dict[str, Any]:
    return {"session_type_id": str(kind.pk), "starts_at": worlds.hour(number).isoformat(), **said}


def count(shop: Shop) -> tuple[int, int]:
    with tenant_context(shop.tenant):
        return Booking.objects.exclude(status="expired").count(), PaymentAttempt.objects.count()


def test_what_costs_something_waits_for_the_client_and_is_confirmed_when_it_is_paid(
    shop: Shop, asks: Program
) -> None:
    made = asks.post(BOOKINGS, slot(worlds.session_type(shop.tenant), client=CLEO)).json()
    assert made["status"] == "held"
    assert made["payment_url"] == made["page_url"]
    assert made["price"] == {"amount_minor": 4500, "currency": "eur"}
    with tenant_context(shop.tenant):
        booking = Booking.objects.get()
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    paid = asks.get(f"{BOOKINGS}/{made['id']}").json()
    assert (paid["status"], paid["funding"], paid["payment_url"]) == ("confirmed", "card", None)


def test_the_same_booking_asked_for_at_once_is_one_payment(shop: Shop, asks: Program) -> None:
    body = slot(worlds.session_type(shop.tenant), client=CLEO)
    answers = at_once(3, lambda: asks.post(BOOKINGS, body, key="order-1"))
    assert {each.status_code for each in answers} == {201}, [each.content for each in answers]
    assert len({each.json()["id"] for each in answers}) == 1
    assert count(shop) == (1, 1)


def test_two_orders_for_one_time_are_one_booking(shop: Shop, asks: Program) -> None:
    body = slot(worlds.session_type(shop.tenant), client=CLEO)
    keys = iter(["order-1", "order-2"])
    answers = at_once(2, lambda: asks.post(BOOKINGS, body, key=next(keys)))
    assert sorted(each.status_code for each in answers) == [201, 409]
    [lost] = [each for each in answers if each.status_code == 409]
    assert problem(lost) == "slot-taken"
    assert lost.json()["nearest"]
    assert count(shop) == (1, 1)


def test_a_hold_becomes_a_booking_once(shop: Shop, asks: Program) -> None:
    held = asks.post("/api/v1/holds", slot(worlds.session_type(shop.tenant, price_minor=0))).json()
    made = asks.post(BOOKINGS, {"hold_id": held["id"], "client": CLEO})
    assert (made.json()["id"], made.json()["status"]) == (held["id"], "confirmed")
    assert problem(asks.post(BOOKINGS, {"hold_id": held["id"], "client": CLEO})) == "hold-lapsed"
    assert asks.get(f"/api/v1/holds/{held['id']}").json()["is_kept"] is False


def test_the_clients_pack_pays_at_once(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    made = asks.post(
        BOOKINGS, slot(kind, client_id=str(pack.client_id), pack_id=str(pack.pk)), key="order-1"
    ).json()
    assert (made["status"], made["funding"], made["pack_id"]) == ("confirmed", "pack", str(pack.pk))


def test_a_pack_pays_for_nobody_else(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    other = asks.post(
        BOOKINGS,
        slot(worlds.session_type(shop.tenant, price_minor=0), 9, client={**CLEO, "email": "sam@example.com"}),
    ).json()["client_id"]
    refused = asks.post(BOOKINGS, slot(kind, client_id=other, pack_id=str(pack.pk)))
    assert problem(refused) == "cannot-pay-with-it"
    # Nor by an address that was typed.
    typed = asks.post(BOOKINGS, slot(kind, client=CLEO, pack_id=str(pack.pk)))
    assert set(typed.json()["errors"]) == {"client_id"}
    assert problem(typed) == "invalid"
    assert count(shop)[0] == 1


def test_what_was_refused_keeps_no_time(shop: Shop, asks: Program) -> None:
    """Put right, it is sent again under a key of its own, and the time is still free."""
    kind = worlds.session_type(shop.tenant, place="phone", price_minor=0)
    refused = asks.post(BOOKINGS, slot(kind, client=CLEO))
    assert problem(refused) == "invalid"
    assert refused.json()["errors"] == {"client": ["The coach calls for this session: give a phone number."]}
    assert count(shop) == (0, 0)
    assert asks.post(BOOKINGS, slot(kind, client={**CLEO, "phone": "+49 30 1"})).status_code == 201


def test_a_deposit_is_agreed_to_by_the_client_alone(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant, deposit_bp=5000)
    assert problem(asks.post(BOOKINGS, slot(kind, client=CLEO))) == "book-in-browser"
    held = asks.post("/api/v1/holds", slot(kind)).json()
    assert problem(asks.post(BOOKINGS, {"hold_id": held["id"], "client": CLEO})) == "book-in-browser"
    assert asks.get(f"/api/v1/session-types/{kind.pk}").json()["books_in_browser"] is True
    assert count(shop) == (1, 0)


def test_what_the_coach_accepts_first_is_requested(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0, needs_approval=True)
    made = asks.post(BOOKINGS, slot(kind, client=CLEO)).json()
    assert (made["status"], made["payment_url"]) == ("requested", None)


def test_what_is_offered_once_is_booked_once(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0, once_per_client=True)
    assert asks.post(BOOKINGS, slot(kind, client=CLEO)).status_code == 201
    assert problem(asks.post(BOOKINGS, slot(kind, 9, client=CLEO))) == "once-per-client"


def test_a_coupon_makes_it_cheaper_and_a_wrong_one_is_refused(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant)
    with tenant_context(shop.tenant):
        coupons.create(code="SUMMER", off_bp=1000, now=clock.now())
    assert problem(asks.post(BOOKINGS, slot(kind, client=CLEO, coupon="WINTER"))) == "coupon-refused"
    made = asks.post(BOOKINGS, slot(kind, client=CLEO, coupon="SUMMER")).json()
    assert made["price"]["amount_minor"] == 4050


def test_a_coach_who_takes_no_cards_takes_no_priced_bookings(ben: Tenant, program: MakeProgram) -> None:
    worlds.open_for_bookings(ben)
    asks = program(ben)
    refused = asks.post(BOOKINGS, slot(worlds.session_type(ben), client=CLEO))
    assert problem(refused) == "cannot-take-cards"
    free = asks.post(BOOKINGS, slot(worlds.session_type(ben, price_minor=0), client=CLEO))
    assert free.json()["status"] == "confirmed"


def test_stripe_being_away_keeps_time_and_details(
    shop: Shop, asks: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client goes on from the booking's own page, when it is back."""

    def away(*_: object, **__: object) -> None:
        raise GatewayUnavailable("away")

    kind = worlds.session_type(shop.tenant)
    monkeypatch.setattr("connect.gateway.create_checkout", away)
    made = asks.post(BOOKINGS, slot(kind, client=CLEO), key="order-1")
    assert made.status_code == 201
    assert made.json()["status"] == "held"
    assert made.json()["payment_url"]
    assert asks.post(BOOKINGS, slot(kind, client=CLEO), key="order-1").content == made.content


def test_an_unpaid_booking_is_given_up_and_its_time_is_free(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant)
    made = asks.post(BOOKINGS, slot(kind, client=CLEO))
    path = f"{BOOKINGS}/{made.json()['id']}/cancellation"
    ended = asks.ask("POST", path, {}, match=made.headers["ETag"])
    assert (ended.status_code, ended.json()["status"]) == (200, "expired")
    assert asks.post(BOOKINGS, slot(kind, client=CLEO)).status_code == 201


def test_a_cancellation_does_what_its_preview_said_or_nothing(shop: Shop, asks: Program) -> None:
    booked = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(60))
    path = f"{BOOKINGS}/{booked.pk}/cancellation"
    preview = asks.get(path, cause="client").json()
    assert (preview["outcome"], preview["money_back"]["amount_minor"]) == ("returned", 4500)
    other = asks.ask("POST", path, {"expected_outcome": "used"}, match="*")
    assert (problem(other), other.json()["outcome"]) == ("outcome-changed", "returned")
    done = asks.ask("POST", path, {"expected_outcome": "returned"}, match="*").json()
    assert done["cancellation"]["outcome"] == "returned"
    assert asks.ask("DELETE", path, match="*").json()["cancellation"] is None


def test_a_move_keeps_the_clients_rules_unless_the_coach_asks(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    # Tomorrow at this hour is within the window of 24 hours less nothing: late by a client's rule.
    made = asks.post(BOOKINGS, slot(kind, -20, client=CLEO)).json()
    path = f"{BOOKINGS}/{made['id']}/time"
    to = {"starts_at": worlds.hour(90).isoformat()}
    assert problem(asks.ask("PUT", path, to, match="*")) == "cannot-move"
    moved = asks.ask("PUT", path, {**to, "asked_by": "coach"}, match="*").json()
    assert moved["moved_from"] == made["starts_at"]
    taken = asks.post(BOOKINGS, slot(kind, 5, client=CLEO)).json()
    refused = asks.ask("PUT", path, {"starts_at": taken["starts_at"], "asked_by": "coach"}, match="*")
    assert problem(refused) == "slot-taken"


def test_bookings_are_found_by_what_is_asked(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    first = asks.post(BOOKINGS, slot(kind, 3, client=CLEO)).json()
    second = asks.post(BOOKINGS, slot(kind, 50, client={**CLEO, "email": "sam@example.com"})).json()
    held = asks.post("/api/v1/holds", slot(kind, 20)).json()

    def found(**words: Any) -> list[str]:
        return [each["id"] for each in asks.get(BOOKINGS, **words).json()["data"]]

    assert found() == [second["id"], first["id"]]
    assert held["id"] not in found()
    assert found(client_id=first["client_id"]) == [first["id"]]
    assert found(starts_from=worlds.hour(40).isoformat()) == [second["id"]]
    assert found(starts_before=worlds.hour(40).isoformat()) == [first["id"]]
    assert found(status="cancelled") == []
    assert found(session_type_id=str(kind.pk)) == found()


def test_free_times_are_those_of_the_coachs_page(shop: Shop, asks: Program) -> None:
    kind = worlds.session_type(shop.tenant)
    words = {
        "session_type_id": kind.pk,
        "from": worlds.hour(2).isoformat(),
        "to": worlds.hour(4).isoformat(),
    }
    before = [each["starts_at"] for each in asks.get("/api/v1/slots", **words).json()["times"]]
    assert len(before) == 4
    asks.post("/api/v1/holds", slot(kind, 3))
    after = [each["starts_at"] for each in asks.get("/api/v1/slots", **words).json()["times"]]
    assert after == before[:1]
    long_ago = {**words, "from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    assert asks.get("/api/v1/slots", **long_ago).json()["times"] == []
    for wrong in ({"to": words["from"]}, {"to": "2199-01-01T00:00:00Z"}):
        assert problem(asks.get("/api/v1/slots", **{**words, **wrong})) == "invalid"
