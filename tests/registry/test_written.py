"""Statements that are composed once, or written out: they give and keep what Django's own do."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from psycopg.pq import TransactionStatus

from kit.database import insert, insert_later, new, read, read_together
from kit.ids import uuid7
from kit.ledgers import AppendOnly
from kit.states import IllegalMove, move, move_locked
from tenants.activity.models import Event
from tenants.offers.models import Practice, SessionType
from tenants.registry.models import Tenant, Wakeup
from tenants.scheduling.models import Booking, BookingStatus, Funding, Session
from tests import worlds

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def kind(anna: Tenant) -> SessionType:
    worlds.open_for_bookings(anna)
    return worlds.session_type(anna, price_minor=0)


@pytest.fixture
def held(anna: Tenant, kind: SessionType) -> Booking:
    return worlds.held(anna, kind, at=worlds.hour(3))


def event(**fields: Any) -> Event:
    return Event(**{"kind": "x", "subject_id": uuid4(), "actor_kind": "system", "at": NOW, **fields})


def same(one: Any, other: Any) -> bool:
    fields = one._meta.concrete_fields
    return all(getattr(one, field.attname) == getattr(other, field.attname) for field in fields)


# --- insert -----------------------------------------------------------------------------------------------


def test_rows_of_several_tables_go_in_by_one_message(anna: Tenant) -> None:
    said = event(data={"reason": "50 % off; -- '\" \\ %s", "count": [1, None]}, client_id=uuid4())
    due = Wakeup(schema_name=anna.schema_name, kind="x", reference=said.pk, due_at=NOW)
    with tenant_context(anna), transaction.atomic(), CaptureQueriesContext(connection) as asked:
        insert(said, due)
        assert len(asked) == 1
        assert same(Event.objects.get(), said)
        assert same(Wakeup.objects.get(), due)


def test_a_row_that_was_put_in_is_stored(anna: Tenant) -> None:
    stored = event()
    with tenant_context(anna), transaction.atomic():
        insert(stored)
        with pytest.raises(AppendOnly):
            stored.save()


def test_when_one_row_is_refused_none_goes_in(anna: Tenant) -> None:
    with tenant_context(anna):
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(event(), event(kind=None))
        assert not Event.objects.exists()


def test_a_row_that_is_made_in_short_is_the_same_as_djangos(anna: Tenant, held: Booking) -> None:
    with tenant_context(anna):
        given: dict[str, Any] = {
            "id": uuid7(),
            "session": Session.objects.get(),
            "holder": "it's \\ 50 % of %s",
            "hold_expires_at": NOW,
            "price_minor": -5,
            "currency": "eur",
            "agreed": {"name": "'\\ %(x)s ü", "none": None},
            "status": BookingStatus.EXPIRED,
            "created_at": NOW,
        }
        short, long = new(Booking, **given), Booking(**given)
        assert same(short, long)
        assert short.session == given["session"]
        with transaction.atomic():
            insert(short)
        assert same(Booking.objects.get(pk=short.pk), long)
    with pytest.raises(TypeError):
        new(Booking, no_such_field=1)


# --- insert, later ----------------------------------------------------------------------------------------


def test_a_row_for_later_is_there_for_the_next_statement(anna: Tenant) -> None:
    said = event(data={"reason": "50 % off; -- '\" \\ %s"})
    with tenant_context(anna), transaction.atomic(), CaptureQueriesContext(connection) as asked:
        insert_later(said)
        assert len(asked) == 0
        assert same(Event.objects.get(pk=said.pk), said)
        assert len(asked) == 1


def test_rows_for_later_go_with_the_commit(anna: Tenant) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            insert_later(event(), event())
        assert Event.objects.count() == 2


def test_a_row_for_later_is_lost_with_its_transaction(anna: Tenant) -> None:
    with tenant_context(anna):
        with suppress(ZeroDivisionError), transaction.atomic():
            insert_later(event())
            raise ZeroDivisionError
        with transaction.atomic():
            pass
        assert not Event.objects.exists()


def test_a_row_for_later_is_lost_with_its_savepoint_and_no_other(anna: Tenant) -> None:
    kept, lost = event(kind="kept"), event(kind="lost")
    with tenant_context(anna):
        with transaction.atomic():
            insert_later(kept)
            with suppress(ZeroDivisionError), transaction.atomic():
                insert_later(lost)
                raise ZeroDivisionError
        assert [each.kind for each in Event.objects.all()] == ["kept"]


def test_a_row_for_later_is_of_the_tenant_that_it_was_made_for(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        insert_later(event())
        with tenant_context(ben):
            assert not Event.objects.exists()
            insert_later(event(), event())
        assert Event.objects.count() == 1
    with tenant_context(ben):
        assert Event.objects.count() == 2


def test_a_refused_row_for_later_takes_the_transaction_with_it(anna: Tenant) -> None:
    with tenant_context(anna):
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_later(event(), event(kind=None))
        assert not Event.objects.exists()


def test_a_row_for_later_needs_a_transaction(anna: Tenant) -> None:
    with tenant_context(anna), pytest.raises(TransactionManagementError):
        insert_later(event())


# --- read -------------------------------------------------------------------------------------------------


def test_a_row_is_single_values_and_an_instance_of_each_model(anna: Tenant, held: Booking) -> None:
    with tenant_context(anna):
        [(two, booking, session)] = read(
            "SELECT %(two)s::int AS two, b.*, s.* FROM scheduling_booking b"
            " JOIN scheduling_session s ON s.id = b.session_id",
            {"two": 2},
            Booking,
            Session,
        )
        assert two == 2
        assert same(booking, Booking.objects.get(pk=held.pk))
        assert same(session, Session.objects.get(pk=held.session_id))
        assert booking.agreed == held.agreed
        booking.message = "changed"
        with transaction.atomic():
            booking.save()
        assert Booking.objects.get().message == "changed"


def test_several_questions_are_one_message(anna: Tenant, kind: SessionType) -> None:
    with tenant_context(anna), CaptureQueriesContext(connection) as asked:
        [[(practice,)], numbers, nothing] = read_together(
            {"one": 1},
            ("SELECT p.* FROM offers_practice p", (Practice,)),
            ("SELECT %(one)s::int, n FROM generate_series(1, 2) n", ()),
            ("SELECT s.* FROM scheduling_session s", (Session,)),
        )
        assert len(asked) == 1
        assert same(practice, Practice.objects.get())
        assert (numbers, nothing) == ([(1, 1), (1, 2)], [])


def test_a_model_that_was_not_found_is_none(anna: Tenant) -> None:
    with tenant_context(anna):
        rows = read(
            "SELECT p.*, t.* FROM offers_practice p LEFT JOIN offers_sessiontype t ON true",
            {},
            Practice,
            SessionType,
        )
    assert [kind for _, kind in rows] == [None]


AWKWARD = [
    "plain",
    "O'Neill",
    "back\\slash",
    "\\' OR true --",
    "100 %",
    "”“ é 😀",
    "",
    "line\nline",
    "%s %(id)s",
]


@pytest.mark.parametrize("value", [*AWKWARD, True, False, 5, -5, None])
def test_a_value_arrives_as_it_was_given(anna: Tenant, value: Any) -> None:
    with tenant_context(anna):
        [[(text,)], [(after,)]] = read_together(
            {"value": value}, ("SELECT (%(value)s)::text", ()), ("SELECT 'as well'", ())
        )
    written = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    assert text == (written if value is None else str(written))
    assert after == "as well"


def test_what_no_text_may_hold_is_refused(anna: Tenant) -> None:
    with tenant_context(anna), pytest.raises(DataError):
        read("SELECT %(value)s::text", {"value": "cut \0 off"})


def test_a_question_that_fails_says_so_and_leaves_nothing_open(anna: Tenant) -> None:
    with tenant_context(anna):
        with pytest.raises(ProgrammingError):
            read_together({}, ("SELECT 1", ()), ("SELECT 1 FROM nowhere", ()), ("SELECT 2", ()))
        assert connection.connection.pgconn.transaction_status == TransactionStatus.IDLE
        assert read("SELECT current_user::text", {}) == [(anna.schema_name,)]


def test_a_column_that_is_not_known_yet_is_passed_over(anna: Tenant) -> None:
    with tenant_context(anna):
        [(practice,)] = read("SELECT p.*, 1 AS of_tomorrow FROM offers_practice p", {}, Practice)
        assert same(practice, Practice.objects.get())


def test_a_missing_column_is_an_error_and_no_empty_value(anna: Tenant) -> None:
    with tenant_context(anna), pytest.raises(KeyError):
        read("SELECT id, headline FROM offers_practice", {}, Practice)


# --- move -------------------------------------------------------------------------------------------------


def test_a_move_writes_its_changes_with_the_state(anna: Tenant, held: Booking) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            move(
                held,
                BookingStatus.CONFIRMED,
                funding=Funding.FREE,
                funded_by=None,
                confirmed_at=NOW,
                client=None,
            )
        stored = Booking.objects.get()
        assert same(stored, held)
        assert (stored.status, stored.funding, stored.confirmed_at) == ("confirmed", "free", NOW)


def test_a_row_that_was_moved_meanwhile_stays(anna: Tenant, held: Booking) -> None:
    with tenant_context(anna), transaction.atomic():
        Booking.objects.update(status=BookingStatus.EXPIRED)
        with pytest.raises(IllegalMove):
            move(held, BookingStatus.CONFIRMED, funding=Funding.FREE, confirmed_at=NOW + timedelta(days=1))
        assert Booking.objects.get().confirmed_at is None


def test_a_move_changes_one_row(anna: Tenant, kind: SessionType, held: Booking) -> None:
    other = worlds.held(anna, kind, at=worlds.hour(5), browser="another")
    with tenant_context(anna), transaction.atomic():
        move(held, BookingStatus.EXPIRED, ended_reason="taken")
        assert Booking.objects.get(pk=other.pk).status == BookingStatus.HELD
        with pytest.raises(IllegalMove):
            move(Booking(pk=uuid7(), status=BookingStatus.HELD), BookingStatus.EXPIRED)


def test_a_locked_row_is_moved_with_the_next_message(anna: Tenant, held: Booking) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            row = Booking.objects.select_for_update().get(pk=held.pk)
            with CaptureQueriesContext(connection) as asked:
                move_locked(row, BookingStatus.CONFIRMED, funding=Funding.FREE, confirmed_at=NOW)
            assert (len(asked), row.status) == (0, "confirmed")
        assert same(Booking.objects.get(), row)


def test_a_locked_row_makes_no_move_that_is_not_allowed(anna: Tenant, held: Booking) -> None:
    held.status = BookingStatus.EXPIRED
    with tenant_context(anna), transaction.atomic(), pytest.raises(IllegalMove):
        move_locked(held, BookingStatus.CONFIRMED)
