"""What a coach or an operator changes at the very moment in which somebody books, pays, or changes it too."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context

from accounts.models import AuditEntry
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing.models import AttemptStatus
from tenants.clients.models import Client
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.people import erasing
from tenants.registry import closing, standing
from tenants.registry.models import Tenant, TenantStatus
from tenants.scheduling import holds, hours, paying
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.crowd import at_once
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")
TOGETHER = 5
A_WHILE = 1.0
"""How long who is ahead waits for the other, who may have to wait for them."""


def inside(tenant: Tenant, call: Callable[..., Any], **said: Any) -> Callable[[], Any]:
    def press() -> Any:
        with tenant_context(tenant):
            return call(**said)

    return press


class Ahead:
    """One is in the middle of it when the other begins, and goes on when that is done or has to wait."""

    def __init__(self) -> None:
        self.is_there, self.other_is_done = Event(), Event()

    def stopping(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.is_there.set()
            self.other_is_done.wait(A_WHILE)
            return step(*args, **kwargs)

        return stepping

    def other(self, press: Callable[[], Any]) -> Callable[[], Any]:
        def pressing() -> Any:
            assert self.is_there.wait(TOGETHER)
            try:
                return press()
            finally:
                self.other_is_done.set()

        return pressing


# --- what is offered changes --------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["edited", "withdrawn", "closed"])
def test_a_time_that_is_taken_while_the_offer_changes_is_as_it_was_shown_or_not_taken(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Both have looked when they meet: what is held is one offer, whole, and not a mixture of two."""
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    edit = inside(anna, session_types.edit, session_type_id=kind.pk, price_minor=9900, duration_min=90)
    changes = {
        "edited": edit,
        "withdrawn": inside(anna, session_types.edit, session_type_id=kind.pk, is_active=False),
        "closed": inside(anna, hours.set_weekly, ranges=[]),
    }
    ahead = Ahead()
    monkeypatch.setattr(holds, "_clear_the_way", ahead.stopping(holds._clear_the_way))
    take = partial(worlds.held, anna, kind, at=worlds.hour(3))
    calls: list[Callable[[], Any]] = [take, ahead.other(changes[change])]
    held, changed = at_once(calls)
    assert changed is None
    assert isinstance(held, Booking)
    session = worlds.reread(anna, held).session
    assert (held.price_minor, session.ends_at - session.starts_at) == (4500, timedelta(minutes=60))
    with pytest.raises((holds.NotOffered, holds.SlotTaken)) if change != "edited" else nullcontext():
        worlds.held(anna, kind, at=worlds.hour(30), browser="later")


@pytest.mark.parametrize("_round", range(3))
def test_buyers_and_a_coach_who_shrinks_the_hours_at_once(anna: Tenant, _round: int) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna)
    takes: list[Callable[[], Any]] = [
        partial(worlds.held, anna, kind, at=worlds.hour(3), browser=f"b{n}") for n in range(6)
    ]
    got = at_once([*takes, inside(anna, hours.set_weekly, ranges=[])])
    wrong = [each for each in got if isinstance(each, Exception) and not isinstance(each, holds.SlotTaken)]
    assert wrong == []
    assert sum(isinstance(each, Booking) for each in got) <= 1


# --- a client is erased ---------------------------------------------------------------------------------


@pytest.fixture
def cleo(shop: Shop) -> Client:
    """Was here once, and nothing of hers is open."""
    with tenant_context(shop.tenant), transaction.atomic():
        return Client.objects.create(name="Cleo", email="cleo@example.com", created_at=clock.now())


def erasing_her(shop: Shop, cleo: Client) -> Callable[[], Any]:
    return inside(shop.tenant, erasing.erase, client_id=cleo.pk, now=clock.now(), actor=ANNA)


def booking_again(shop: Shop, kind: SessionType) -> tuple[Booking, Callable[[], Any]]:
    held = worlds.held(shop.tenant, kind, at=worlds.hour(3))
    return held, partial(worlds.book, shop.tenant, held)


def test_who_books_while_she_is_erased_is_somebody_new(
    shop: Shop, cleo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, book = booking_again(shop, worlds.session_type(shop.tenant))
    ahead = Ahead()
    monkeypatch.setattr(erasing, "overwrite", ahead.stopping(erasing.overwrite))
    erased, page = at_once([erasing_her(shop, cleo), ahead.other(book)])
    assert erased is None
    assert isinstance(page, str)
    client = worlds.reread(shop.tenant, held).client
    assert client is not None
    assert (client.email, client.erased_at) == ("cleo@example.com", None)


def test_who_is_just_booking_is_not_erased(shop: Shop, cleo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    held, book = booking_again(shop, worlds.session_type(shop.tenant))
    ahead = Ahead()
    monkeypatch.setattr(paying, "open_attempt", ahead.stopping(paying.open_attempt))
    page, erased = at_once([book, ahead.other(erasing_her(shop, cleo))])
    assert isinstance(page, str)
    assert isinstance(erased, erasing.StillUnderWay)
    client = worlds.reread(shop.tenant, held).client
    assert (client and client.pk, client and client.erased_at) == (cleo.pk, None)


# --- a practice is closed or suspended ------------------------------------------------------------------


def test_a_card_page_that_was_opened_while_the_practice_closed_takes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed, it takes no booking and no money: the bank's promise is let go."""
    kind = worlds.session_type(shop.tenant)
    look = closing._require_settled
    opened: list[Any] = []

    def look_and_be_overtaken(*args: Any, **kwargs: Any) -> None:
        look(*args, **kwargs)
        opened.extend(at_once([partial(ordered, shop, kind)]))

    monkeypatch.setattr(closing, "_require_settled", look_and_be_overtaken)
    tenant = closing.close(schema_name=shop.tenant.schema_name, now=clock.now(), actor=ANNA)
    [booking] = opened
    assert tenant.status == TenantStatus.CLOSED
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, booking)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


def ordered(shop: Shop, kind: SessionType) -> Booking:
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(3))
    worlds.book(shop.tenant, booking)
    return booking


def test_of_two_operators_who_suspend_at_once_one_does(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def suspend(operator: str) -> Tenant:
        with schema_context("public"):
            return standing.suspend(
                schema_name=anna.schema_name,
                reason=f"Asked by {operator}.",
                now=clock.now(),
                actor=Actor("operator", uuid7().hex, operator.title()),
            )

    got = at_once([partial(suspend, each) for each in ("olga", "otto", "oona")])
    done = [each for each in got if isinstance(each, Tenant)]
    refused = [each for each in got if isinstance(each, standing.NotPossible)]
    assert (len(done), len(refused)) == (1, 2), got
    trail = AuditEntry.objects.filter(kind="practice.suspended", schema_name=anna.schema_name)
    assert [each.reason for each in trail] == [done[0].status_reason]
