"""Cash, transfers and what is owed, at the coach's desk."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing.models import BankLine, Charge
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.billing.by_hand import ANNA, PACK_MINOR, books, charge_of, record, sold_pack
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES


@pytest.fixture
def pack(anna: Tenant) -> Pack:
    return sold_pack(anna)


@pytest.fixture
def charge(anna: Tenant, pack: Pack) -> Charge:
    return charge_of(anna, pack.pk)


def form(**typed: Any) -> dict[str, Any]:
    usual = {"amount": "450", "tender": "cash", "received_on": f"{clock.now().date()}", "reference": ""}
    return {**usual, "key": str(uuid7()), **typed}


def pressed(coach: Coach, charge: Charge, **typed: Any) -> Any:
    return coach.post(f"money/owed/{charge.pk}/record/", form(**typed))


def test_what_is_owed_stands_under_its_client_with_all_that_can_be_done(anna: Tenant, charge: Charge) -> None:
    page = Coach(anna).read("money/owed/")
    assert "Cleo" in page
    assert "10-session pack" in page
    assert "Record a payment" in page
    assert "/pay/" in page
    assert "mailto:cleo%40example.com" in page
    assert "Let it off" in page


def test_the_amount_owed_stands_in_the_form(anna: Tenant, charge: Charge) -> None:
    page = Coach(anna).read(f"money/owed/{charge.pk}/record/")
    assert 'value="450"' in page
    assert f'value="{clock.now().date()}"' in page
    assert "is owed" in page


def test_recording_says_what_is_left(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    answer = pressed(coach, charge, amount="100", tender="transfer", reference="R-7")
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"{coach.base}clients/{charge.client_id}/payments/",
    )
    page = coach.read(f"clients/{charge.client_id}/payments/")
    assert "350.00 is left to pay for 10-session pack" in page
    assert "“R-7”" in page
    assert "Partly paid" in page
    assert books(anna, charge)[0] == 10000


def test_a_second_press_records_nothing_more(anna: Tenant, charge: Charge) -> None:
    coach, key = Coach(anna), str(uuid7())
    assert [pressed(coach, charge, amount="100", key=key).status_code for _ in range(2)] == [303, 303]
    assert books(anna, charge)[0] == 10000


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ({"amount": "451"}, 409, "450.00 is owed"),
        ({"amount": "much"}, 422, "is not an amount"),
        ({"amount": "0"}, 422, "above 0"),
        ({"received_on": "2199-01-01"}, 422, "still to come"),
        ({"tender": "shells"}, 422, "Select a valid choice"),
        ({"key": ""}, 422, ""),
    ],
)
def test_what_cannot_be_recorded_is_said_and_nothing_typed_is_lost(
    anna: Tenant, charge: Charge, typed: dict[str, str], status: int, says: str
) -> None:
    answer = pressed(Coach(anna), charge, reference="from her mother", **typed)
    page = answer.content.decode()
    assert answer.status_code == status
    assert says in page
    assert "from her mother" in page
    assert books(anna, charge)[0] == 0


def test_the_smallest_coin_can_be_recorded(anna: Tenant, charge: Charge) -> None:
    assert pressed(Coach(anna), charge, amount="0.01").status_code == 303
    assert books(anna, charge)[0] == 1


def test_a_slip_is_taken_back_with_its_reason(anna: Tenant, charge: Charge) -> None:
    coach, payment = Coach(anna), record(anna, charge, 10000)
    address = f"money/received/{payment.pk}/take-back/"
    assert "no such money moved" in coach.read(address)
    assert coach.post(address, {"because": ""}).status_code == 422
    assert books(anna, charge)[0] == 10000
    assert coach.post(address, {"because": "it was Dev’s"}).status_code == 303
    assert books(anna, charge)[0] == 0
    assert "it was Dev’s" in coach.read(f"clients/{charge.client_id}/payments/")
    assert coach.post(address, {"because": "again"}).status_code == 303


def test_money_is_given_back_and_no_more_than_came(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    record(anna, charge, PACK_MINOR)
    address = f"money/owed/{charge.pk}/give-back/"
    assert 'value="450"' in coach.read(address)
    assert coach.post(address, form(amount="451")).status_code == 409
    assert coach.post(address, form(amount="90")).status_code == 303
    assert books(anna, charge)[:2] == (PACK_MINOR, 9000)
    assert "Partly refunded" in coach.read(f"clients/{charge.client_id}/payments/")


def test_what_is_let_off_is_owed_no_more(anna: Tenant, charge: Charge) -> None:
    coach, address = Coach(anna), f"money/owed/{charge.pk}/waive/"
    assert coach.post(address, {"because": " "}).status_code == 422
    assert coach.post(address, {"because": "a friend"}).status_code == 303
    assert "Nobody owes you anything" in coach.read("money/owed/")
    with tenant_context(anna):
        assert Event.objects.get(kind="charge.waived").data["because"] == "a friend"
    assert coach.post(address, {"because": "a friend"}).status_code == 303


def test_the_page_of_an_unpaid_pack_leads_to_recording(anna: Tenant, pack: Pack, charge: Charge) -> None:
    assert f"money/owed/{charge.pk}/record/" in Coach(anna).read(f"clients/packs/{pack.pk}/")


def test_today_tells_of_what_is_overdue_and_only_of_that(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    assert "overdue" not in coach.read()
    with clock.travel(8 * 86400):
        page = coach.read()
    assert "450.00 overdue" in page
    assert "1 thing, of 1 client" in page


# --- lines of the bank --------------------------------------------------------------------------------

LINES = "Date;Name;Reference;Amount\n2026-06-10;{payer};{text};{amount}\n"


def pasted(coach: Coach, *, payer: str = "Cleo", text: str = "hello", amount: str = "450,00") -> Any:
    return coach.post("money/bank/", {"lines": LINES.format(payer=payer, text=text, amount=amount)})


def test_pasted_lines_are_shown_with_what_they_seem_to_pay_for(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    assert pasted(coach).status_code == 303
    page = coach.read("money/bank/")
    assert "1 new line." in page
    assert "Same amount as Cleo’s 10-session pack, and the payer’s name fits." in page
    assert books(anna, charge)[0] == 0


def test_one_press_records_what_is_suggested_and_another_undoes_it(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    pasted(coach)
    line = _line(anna)
    assert coach.post(f"money/bank/{line}/accept", {"for": f"{charge.pk}:45000"}).status_code == 303
    assert books(anna, charge)[3] == "paid"
    assert "Undo" in coach.read("money/bank/")
    assert coach.post(f"money/bank/{line}/undo").status_code == 303
    assert books(anna, charge)[3] == "open"


def test_where_it_is_not_clear_the_coach_chooses(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    pasted(coach, payer="Somebody", amount="460,00")
    page = coach.read("money/bank/")
    assert "Nothing that is open has this amount" in page
    assert "450.00 for Cleo’s 10-session pack" in page
    coach.post(f"money/bank/{_line(anna)}/accept", {"for": f"{charge.pk}:45000"})
    assert "10.00 of the line is beyond it" in coach.read("money/bank/")


def test_not_for_me_is_put_aside(anna: Tenant) -> None:
    coach = Coach(anna)
    pasted(coach)
    assert coach.post(f"money/bank/{_line(anna)}/ignore").status_code == 303
    page = coach.read("money/bank/")
    assert "No line waits for you" in page
    assert "put aside" in page


def test_a_refusal_at_the_bank_page_says_why(anna: Tenant, charge: Charge) -> None:
    coach = Coach(anna)
    pasted(coach)
    record(anna, charge, 40000)
    answer = coach.post(f"money/bank/{_line(anna)}/accept", {"for": f"{charge.pk}:45000"})
    assert answer.status_code == 409
    assert "50.00 is owed" in answer.content.decode()
    for nonsense in ("", "x:1", f"{uuid7()}:5"):
        assert coach.post(f"money/bank/{_line(anna)}/accept", {"for": nonsense}).status_code == 404


def test_a_file_is_taken_in_and_its_bad_lines_are_named(anna: Tenant) -> None:
    text = "Datum;Name;Betrag\n10.06.2026;Cleo;450,00\n99.06.2026;Dev;1,00\n".encode("utf-16")
    answer = Coach(anna).post("money/bank/", {"file": SimpleUploadedFile("bank.csv", text)})
    assert answer.status_code == 200
    assert "Line 3: “99.06.2026” is not a day." in answer.content.decode()
    with tenant_context(anna):
        assert BankLine.objects.count() == 1


@pytest.mark.parametrize("sent", [{}, {"lines": "hello"}])
def test_what_is_no_list_of_a_bank_is_refused(anna: Tenant, sent: dict[str, str]) -> None:
    assert Coach(anna).post("money/bank/", sent).status_code == 422


def _line(anna: Tenant) -> Any:
    with tenant_context(anna):
        return BankLine.objects.get().pk


# --- booking at the desk ------------------------------------------------------------------------------


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    worlds.open_for_bookings(anna)
    with tenant_context(anna), transaction.atomic():
        return find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())


def asked(anna: Tenant, **typed: str) -> dict[str, str]:
    there = worlds.hour(3).astimezone(clock.zone(worlds.practice(anna).timezone))
    usual = {"type": "lesson", "day": f"{there:%Y-%m-%d}", "time": f"{there:%H:%M}"}
    return {**usual, **typed}


def given(anna: Tenant, **typed: str) -> dict[str, str]:
    paid = {"given": "cash", "amount": "45", "reference": "", "because": "", "key": str(uuid7())}
    return {**asked(anna), **paid, **typed}


def booked(anna: Tenant) -> list[Booking]:
    with tenant_context(anna):
        return list(Booking.objects.select_related("session"))


def test_the_price_is_read_before_anything_is_booked(anna: Tenant, cleo: Client) -> None:
    worlds.session_type(anna)
    coach, address = Coach(anna), f"clients/{cleo.pk}/book-one/"
    assert "Show what it costs" in coach.read(address)
    page = coach.read(f"{address}?{urlencode(asked(anna))}")
    assert "45.00" in page
    assert "Book it" in page
    assert not booked(anna)


def test_cash_in_hand_books_and_the_booking_says_so(anna: Tenant, cleo: Client) -> None:
    worlds.session_type(anna)
    coach, sent = Coach(anna), given(anna)
    first, again = (coach.post(f"clients/{cleo.pk}/book-one/", sent) for _ in range(2))
    [booking] = booked(anna)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == f"{coach.base}booking/{booking.pk}/"
    page = coach.read(f"booking/{booking.pk}/")
    assert "Paid in cash" in page
    assert "When it reaches your bank" not in page


def test_a_gift_says_why_on_its_page(anna: Tenant, cleo: Client) -> None:
    worlds.session_type(anna)
    coach, address = Coach(anna), f"clients/{cleo.pk}/book-one/"
    assert coach.post(address, given(anna, given="comp", amount="")).status_code == 422
    assert coach.post(address, given(anna, given="comp", amount="", because="a thank-you")).status_code == 303
    assert "A gift: a thank-you" in coach.read(f"booking/{booked(anna)[0].pk}/")


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ({"amount": "46"}, 409, "45.00 is owed"),
        ({"amount": ""}, 422, "Type an amount"),
        ({"amount": "0"}, 422, "above 0"),
        ({"type": "yoga"}, 422, "Select a valid choice"),
        ({"day": "2001-01-01"}, 422, "from today on"),
        ({"key": ""}, 422, ""),
    ],
)
def test_what_cannot_be_booked_is_said_and_nothing_typed_is_lost(
    anna: Tenant, cleo: Client, typed: dict[str, str], status: int, says: str
) -> None:
    worlds.session_type(anna)
    answer = Coach(anna).post(f"clients/{cleo.pk}/book-one/", given(anna, **typed))
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert not booked(anna)


def test_a_taken_time_is_answered_with_others_close_to_it(anna: Tenant, cleo: Client) -> None:
    worlds.held(anna, worlds.session_type(anna), at=worlds.hour(3))
    coach, address = Coach(anna), f"clients/{cleo.pk}/book-one/"
    assert "This time is not free" in coach.read(f"{address}?{urlencode(asked(anna))}")
    answer = coach.post(address, given(anna))
    assert answer.status_code == 409
    assert "Close to it are" in answer.content.decode()


def test_what_is_called_off_is_to_be_given_back_by_hand_until_it_is(anna: Tenant, cleo: Client) -> None:
    worlds.session_type(anna)
    coach = Coach(anna)
    coach.post(f"clients/{cleo.pk}/book-one/", given(anna))
    [booking] = booked(anna)
    assert "is yours to give back" in coach.read(f"booking/{booking.pk}/")
    with tenant_context(anna):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=ANNA)
    with clock.travel(61):
        worlds.drain()
        charge = charge_of(anna, booking.pk)
        assert "Money to give back by hand" in coach.read()
        page = coach.read("money/owed/")
        assert "Yours to give back" in page
        assert f"money/owed/{charge.pk}/give-back/" in page
        assert coach.post(f"money/owed/{charge.pk}/give-back/", form(amount="45")).status_code == 303
        assert "give back" not in coach.read("money/owed/")
        assert "give back by hand" not in coach.read()


def test_the_new_pages_stay_within_their_budget_of_queries(anna: Tenant) -> None:
    kind = worlds.session_type(anna)
    offer = worlds.pack_offer(anna, kind)
    for number in range(4):
        charge = charge_of(anna, sold_pack(anna, offer, email=f"client{number}@example.com").pk)
        record(anna, charge, 1000 + number)
    coach = Coach(anna)
    lines = "".join(f"2026-06-1{n};Client{n};x;45{n},00\n" for n in range(6))
    coach.post("money/bank/", {"lines": f"Date;Name;Reference;Amount\n{lines}"})
    for page in ("money/owed/", "money/bank/", f"clients/{charge.client_id}/payments/"):
        with CaptureQueriesContext(connection) as queries:
            assert coach.get(page).status_code == 200
        asked = [each["sql"] for each in queries if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(asked) <= MOST_QUERIES, "\n".join([page, *asked])
