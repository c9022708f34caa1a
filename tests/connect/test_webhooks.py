"""Stripe's events at our door: who is believed, what is kept, and what each of them changes once."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser

from connect import inbox
from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from connect.simulator.client import PostedEvent
from kit import clock
from tenants.billing.models import AttemptStatus
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.journeys import steps
from tests.worlds import Shop

GUESSED = "whsec_guessed"
SECRETS = {"accounts": "whsec_simulated_accounts", "self": "whsec_simulated_self"}


def signed(body: bytes, *, secret: str = SECRETS["accounts"], at: datetime | None = None) -> str:
    stamp = int((at or clock.now()).timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def event(body: dict[str, Any], *, endpoint: str = "accounts") -> PostedEvent:
    raw = json.dumps(body).encode()
    return PostedEvent(endpoint, raw, signed(raw, secret=SECRETS[endpoint]))


def thin(kind: str, object_id: str, account_id: str, **changes: Any) -> PostedEvent:
    """An event as Stripe would post it, of our own making."""
    body = {
        "id": f"evt_{kind}_{object_id}",
        "object": "v2.core.event",
        "type": f"v1.{kind}",
        "created": "2026-01-05T10:00:00Z",
        "livemode": False,
        "context": account_id,
        "related_object": {"id": object_id, "type": kind.rpartition(".")[0], "url": "/"},
    }
    return event({**body, **changes})


def posted(*events: PostedEvent) -> list[int]:
    return worlds.post(events)


@pytest.fixture
def paid(shop: Shop) -> Booking:
    """Paid on Stripe's page, and nothing heard of it yet."""
    return worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))


def is_unmoved(shop: Shop, booking: Booking) -> bool:
    worlds.drain()
    return worlds.reread(shop.tenant, booking).status == BookingStatus.HELD


# --- who is believed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forgery",
    ["no signature", "another secret", "of the other endpoint", "changed body", "old", "future", "garbage"],
)
def test_what_is_not_signed_by_stripe_now_is_refused_and_not_kept(
    shop: Shop, paid: Booking, forgery: str
) -> None:
    real = [each for each in shop.stripe.pending_events() if each.endpoint == "accounts"][-1]
    forged = {
        "no signature": replace(real, signature=""),
        "another secret": replace(real, signature=signed(real.body, secret=GUESSED)),
        "of the other endpoint": replace(real, signature=signed(real.body, secret=SECRETS["self"])),
        "changed body": replace(real, body=real.body.replace(b"false", b"true ", 1)),
        "old": replace(real, signature=signed(real.body, at=clock.now() - timedelta(seconds=302))),
        "future": replace(real, signature=signed(real.body, at=clock.now() + timedelta(seconds=302))),
        "garbage": replace(real, signature="t=now,v1=none"),
    }[forgery]
    assert posted(forged) == [400]
    assert not StripeEvent.objects.exclude(type__startswith="v2").filter(status="waiting").exists()
    assert is_unmoved(shop, paid)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'{"object": "event"}', b"\xff\xfe", b"{" * 3000]
)
def test_signed_nonsense_is_refused_in_words(db: None, body: bytes) -> None:
    answer = Browser(HTTP_HOST="localhost:8000").post(
        "/stripe/events/accounts",
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signed(body)},
    )
    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_an_endpoint_without_a_secret_believes_nobody(db: None, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET_ACCOUNTS = ""
    body = b'{"object": "event"}'
    answer = Browser(HTTP_HOST="localhost:8000").post(
        "/stripe/events/accounts",
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signed(body, secret="")},
    )
    assert answer.status_code == 503


def test_only_posts_are_taken(db: None) -> None:
    assert Browser(HTTP_HOST="localhost:8000").get("/stripe/events/accounts").status_code == 405


# --- once, whenever ----------------------------------------------------------------------------------


def test_a_replayed_event_is_answered_and_has_no_second_effect(shop: Shop, paid: Booking) -> None:
    events = shop.stripe.pending_events()
    posted(*events)
    worlds.drain()
    before = steps.ledger(shop), StripeEvent.objects.count()
    assert set(posted(*events, *events)) == {200}
    worlds.drain()
    assert (steps.ledger(shop), StripeEvent.objects.count()) == before


def test_events_in_any_order_come_to_the_same(shop: Shop, paid: Booking) -> None:
    posted(*reversed(shop.stripe.pending_events()))
    worlds.drain()
    posted(*reversed(shop.stripe.pending_events()))
    worlds.drain()
    assert worlds.attempt_for(shop.tenant, paid).status == AttemptStatus.CAPTURED
    assert not worlds.failures()


def test_an_old_event_that_comes_late_undoes_nothing(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.held(shop.tenant, kind, at=worlds.hour(30))
    worlds.book(shop.tenant, booking)
    worlds.pay(shop, booking, card=steps.DECLINED)
    late = shop.stripe.pending_events()
    assert any(b"payment_failed" in each.body for each in late)
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    posted(*late)
    worlds.drain()
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.CAPTURED


@pytest.mark.parametrize("form", ["thin", "snapshot", "both"])
def test_both_forms_of_an_event_are_understood(shop: Shop, form: str) -> None:
    shop.stripe.event_form(form)
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    assert booking.status == BookingStatus.CONFIRMED
    assert [kind for kind, _ in steps.ledger(shop)].count("capture") == 1


# --- of whom, and of what ----------------------------------------------------------------------------


def test_the_other_mode_is_kept_and_never_acted_upon(shop: Shop, paid: Booking) -> None:
    checkout = worlds.attempt_for(shop.tenant, paid).checkout_id
    shop.stripe.pending_events()
    live = thin("checkout.session.completed", checkout, shop.account_id, livemode=True)
    assert posted(live) == [200]
    assert is_unmoved(shop, paid)
    row = StripeEvent.objects.get(livemode=True)
    assert (row.status, row.note) == (StripeEventStatus.IGNORED, "of the other mode")


def test_a_live_platform_ignores_tests(shop: Shop, paid: Booking, settings: Any) -> None:
    events = shop.stripe.pending_events()
    settings.STRIPE_API_KEY = "sk_live_never_used"
    posted(*events)
    assert not StripeEvent.objects.filter(status=StripeEventStatus.WAITING).exists()


def test_what_we_do_not_depend_on_is_kept_and_left(shop: Shop) -> None:
    assert posted(thin("balance.available", "ba_1", shop.account_id)) == [200]
    row = StripeEvent.objects.get(type="balance.available")
    assert (row.status, row.tries) == (StripeEventStatus.IGNORED, 0)


def test_a_payment_made_elsewhere_is_none_of_ours(shop: Shop) -> None:
    """The coach uses the same account for a shop of their own."""
    from connect import gateway

    page = gateway.create_checkout(
        account_id=shop.account_id,
        key="elsewhere",
        params=gateway.checkout_params(
            name="T-shirt",
            description="",
            amount_minor=2000,
            currency="eur",
            fee_minor=0,
            customer_email="x@example.com",
            client_reference="x",
            metadata={},
            expires_at=clock.now() + timedelta(minutes=35),
            success_url="https://x.example",
            cancel_url="https://x.example",
        ),
    )
    shop.stripe.pay(page.id)
    worlds.hear_stripe(shop.stripe)
    assert set(StripeEvent.objects.filter(object_id=page.id).values_list("status", "note")) == {
        ("ignored", "not made by Upfront")
    }


def test_an_event_in_the_name_of_another_account_moves_nothing(
    shop: Shop, paid: Booking, ben: Tenant
) -> None:
    """Ben's account, Anna's payment: it is looked for in Ben's practice and account, where it is not."""
    bens = worlds.open_shop(ben, shop.stripe)
    shop.stripe.pending_events()
    attempt = worlds.attempt_for(shop.tenant, paid)
    posted(thin("checkout.session.completed", attempt.checkout_id, bens.account_id))
    assert inbox.work_off() == 1
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.HELD
    row = StripeEvent.objects.get(type="checkout.session.completed")
    assert row.status == StripeEventStatus.WAITING
    for hours in range(1, 12):
        with clock.travel(hours * 3600):
            inbox.work_off()
    row.refresh_from_db()
    assert (row.status, row.tries) == (StripeEventStatus.PARKED, inbox.PATIENCE)
    assert "GatewayMissing" in row.note


def test_an_attempts_mark_copied_to_another_account_moves_nothing(
    shop: Shop, paid: Booking, ben: Tenant
) -> None:
    """Whoever puts our mark on a payment of their own account pays for nothing of ours."""
    from connect import gateway

    bens = worlds.open_shop(ben, shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, paid)
    parameters = {**attempt.parameters, "expires_at": int((clock.now() + timedelta(minutes=35)).timestamp())}
    shop.stripe.pending_events()
    page = gateway.create_checkout(account_id=bens.account_id, key="copied", params=parameters)
    shop.stripe.pay(page.id)
    worlds.post(shop.stripe.pending_events())
    inbox.work_off()
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.HELD


def test_an_account_that_is_not_known_yet_is_waited_for(shop: Shop, paid: Booking) -> None:
    events = shop.stripe.pending_events()
    account = ConnectAccount.objects.get()
    with transaction.atomic():
        ConnectAccount.objects.update(account_id="acct_not_written_yet")
    assert set(posted(*events)) == {200}
    inbox.work_off()
    waiting = StripeEvent.objects.filter(status=StripeEventStatus.WAITING)
    assert set(waiting.values_list("tries", flat=True)) == {1}
    with transaction.atomic():
        ConnectAccount.objects.update(account_id=account.account_id)
    with clock.travel(15):
        inbox.work_off()
    assert not waiting.exists()
    assert worlds.reread(shop.tenant, paid).status == BookingStatus.CONFIRMED


def test_an_account_that_stays_unknown_is_tried_ever_later_then_parked(db: None) -> None:
    assert posted(thin("charge.refunded", "ch_1", "acct_nobody")) == [200]
    pauses = []
    with clock.travel(0):
        for _ in range(inbox.PATIENCE):
            row = StripeEvent.objects.get()
            late = max((row.due_at - clock.now()).total_seconds(), 0) + 1
            pauses.append(late)
            with clock.travel(late):
                assert inbox.work_off() == 1
    row = StripeEvent.objects.get()
    assert (row.status, row.tries) == (StripeEventStatus.PARKED, inbox.PATIENCE)
    assert "acct_nobody" in row.note
    assert pauses[1:] == sorted(pauses[1:])
    with clock.travel(10**6):
        assert inbox.work_off() == 0


# --- before we know of it ----------------------------------------------------------------------------


def test_an_event_before_our_own_row_is_written_is_not_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe is faster than our commit: the page is paid on while the process that opened it is killed."""
    from tenants.billing import checkout

    opened = []

    class Killed(BaseException):
        pass

    def killed_after(**asked: Any) -> Any:
        opened.append(create(**asked))
        raise Killed

    create = checkout.gateway.create_checkout
    booking = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(30))
    with monkeypatch.context() as patched:
        patched.setattr(checkout.gateway, "create_checkout", killed_after)
        with pytest.raises(Killed):
            worlds.book(shop.tenant, booking)
    assert worlds.attempt_for(shop.tenant, booking).checkout_id == ""
    shop.stripe.pay(opened[0].id)

    worlds.hear_stripe(shop.stripe)

    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


def test_an_event_whose_row_cannot_be_written_is_not_acknowledged(
    shop: Shop, paid: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe posts it again then; an answer of 200 would have lost it."""
    from django.db import OperationalError

    events = shop.stripe.pending_events()
    browser = Browser(HTTP_HOST="localhost:8000", raise_request_exception=False)

    def away(**_event: Any) -> None:
        raise OperationalError("the database is away")

    def post_first() -> int:
        first = events[0]
        return browser.post(
            f"/stripe/events/{first.endpoint}",
            data=first.body,
            content_type="application/json",
            headers={"Stripe-Signature": first.signature},
        ).status_code

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "receive", away)
        assert post_first() == 500
    assert post_first() == 200
