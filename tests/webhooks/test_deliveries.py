"""From an event to a receiver: planned once, signed, kept in order, tried again, given up, sent once more."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity import events
from tenants.activity.models import Event
from tenants.integrations import deliveries, endpoints, pauses, posting, public_events, sending
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.integrations.sealing import opened
from tenants.registry import wakeups
from tenants.registry.models import Tenant, Wakeup
from tests import worlds
from tests.crowd import at_once
from tests.webhooks import receiver
from tests.webhooks.receiver import Receiver

ANNA = Actor("coach", "1", "Anna Keller")
BOOKING = uuid.UUID("0198f000-0000-7000-8000-000000000001")


@pytest.fixture
def polite() -> Iterator[Receiver]:
    with receiver.polite() as polite:
        yield polite


@pytest.fixture
def here(anna: Tenant) -> Iterator[Tenant]:
    with tenant_context(anna):
        yield anna


def told(url: str, **fields: Any) -> WebhookEndpoint:
    """An endpoint of Anna's."""
    said = {"name": "", "kinds": "", "shows_money": False, "now": clock.now(), "actor": ANNA, **fields}
    return endpoints.make(url=url, **said)


def happened(kind: str, subject: uuid.UUID = BOOKING, *, at: datetime | None = None, **data: Any) -> Event:
    with transaction.atomic(durable=True):
        return events.record(
            kind=kind, subject_id=subject, actor=ANNA, now=at or clock.now(), client_id=uuid7(), data=data
        )


def planned(kind: str, subject: uuid.UUID = BOOKING, **data: Any) -> Event:
    """An event, announced to nobody but webhooks: of a booking that is not there nobody else could speak."""
    event = happened(kind, subject, **data)
    Wakeup.objects.filter(kind="event", reference=event.pk).delete()
    with transaction.atomic(durable=True):
        deliveries.plan(event=event, now=clock.now())
    return event


def visit(endpoint: WebhookEndpoint) -> datetime | None:
    return sending.visit(reference=endpoint.pk, now=clock.now())


def log_of(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(endpoint=endpoint).order_by("at", "event_id"))


def kinds_heard(polite: Receiver) -> list[str]:
    return [json.loads(each.body)["type"] for each in polite.heard]


def later(amount: timedelta) -> Any:
    return clock.travel(amount.total_seconds())


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# --- what is sent -------------------------------------------------------------------------------------


def test_an_event_reaches_the_receiver_signed_thin_and_once(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    event = happened("client.added", at=clock.now())
    worlds.sweep()
    events.announce(reference=event.pk, now=clock.now())
    worlds.sweep()
    [heard] = polite.heard
    assert json.loads(heard.body) == {
        "type": "client.added",
        "timestamp": event.at.isoformat(),
        "data": {"id": str(BOOKING), "object": "client", "client_id": str(event.client_id)},
    }
    assert heard.headers["webhook-id"] == str(event.pk)
    assert Webhook(opened(endpoint.secret)).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(opened(endpoint.secret)).verify(heard.body + " ", heard.headers)
    [row] = log_of(endpoint)
    assert (row.status, row.attempts, row.answered, row.problem) == ("delivered", 1, 200, "")


def test_the_signature_is_the_one_that_standard_webhooks_name(here: Tenant) -> None:
    """The example of the specification's own libraries."""
    signed = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
        msg_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=datetime.fromtimestamp(1614265330, UTC),
        data='{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_is_not_kept_as_it_is(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    seen = endpoints.secret_of(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA)
    assert seen.startswith("whsec_")
    assert seen not in endpoint.secret
    assert opened(endpoint.secret) == seen
    assert Event.objects.filter(kind="webhook.secret_seen").count() == 1


def test_a_secret_is_read_after_the_installations_own_has_changed(
    here: Tenant, polite: Receiver, settings: Any
) -> None:
    endpoint = told(polite.url)
    before = opened(endpoint.secret)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert opened(endpoint.secret) == before


def test_after_a_rotation_both_secrets_sign_for_a_day(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    old = opened(endpoint.secret)
    new = opened(endpoints.rotate(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA).secret)
    assert new != old
    planned("booking.confirmed")
    visit(endpoint)
    for secret in (old, new):
        Webhook(secret).verify(polite.heard[0].body, polite.heard[0].headers)
    with later(hours(25)):
        planned("booking.moved")
        visit(endpoint)
    Webhook(new).verify(polite.heard[1].body, polite.heard[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(polite.heard[1].body, polite.heard[1].headers)


def test_only_what_was_asked_for_is_sent(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url, kinds="booking.* pack.low")
    for kind in ("booking.confirmed", "pack.low", "pack.expired", "client.added"):
        planned(kind, uuid7())
    assert sorted(each.kind for each in log_of(endpoint)) == ["booking.confirmed", "pack.low"]


# --- who may see money --------------------------------------------------------------------------------

MONEY: dict[str, Any] = {
    "charge": "c",
    "amount_minor": 4500,
    "left_minor": 100,
    "owed_minor": 100,
    "refunded_minor": 4500,
    "currency": "eur",
    "because": "a private word",
    "last4": "4242",
}


def every_amount(of: Any) -> list[Any]:
    if isinstance(of, dict):
        here = [value for key, value in of.items() if "minor" in key or key == "currency"]
        return here + [each for value in of.values() for each in every_amount(value)]
    return []


@pytest.mark.parametrize("kind", public_events.PUBLIC_EVENTS)
def test_no_money_is_shown_without_leave(kind: str) -> None:
    event = Event(kind=kind, subject_id=BOOKING, data=MONEY, at=clock.now())
    said = public_events.payload(event, shows_money=False)
    assert every_amount(said) == []
    assert not re.search(r"\b4500\b", json.dumps(said))
    assert "private" not in json.dumps(said)


def test_with_leave_amounts_are_written_as_in_the_api() -> None:
    event = Event(kind="payment.captured", subject_id=BOOKING, data=MONEY, at=clock.now())
    assert public_events.payload(event, shows_money=True)["data"] == {
        "id": str(BOOKING),
        "object": "payment",
        "charge": "c",
        "amount": {"amount_minor": 4500, "currency": "eur"},
    }


@pytest.mark.parametrize(
    "kind", [kind for kind, each in public_events.PUBLIC_EVENTS.items() if each.is_about_money]
)
def test_what_is_only_about_money_is_told_to_who_may_see_it(here: Tenant, kind: str) -> None:
    closed, open_ = told("http://localhost:9/"), told("http://localhost:9/", shows_money=True)
    planned(kind, **MONEY)
    assert [len(log_of(each)) for each in (closed, open_)] == [0, 1]


def test_every_kind_with_an_amount_is_about_money() -> None:
    kinds = public_events.PUBLIC_EVENTS.values()
    assert all(each.is_about_money for each in kinds if each.amounts)


# --- order --------------------------------------------------------------------------------------------


def test_two_workers_keep_the_order_of_one_booking(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    said = ["booking.requested", "booking.confirmed", "booking.moved", "booking.cancelled"]
    for kind in said:
        planned(kind)
    # The first one takes longest: whoever goes on meanwhile would be there before it.
    polite.before = lambda heard: time.sleep(0.4 if "requested" in heard.body else 0)

    def work() -> None:
        with tenant_context(here):
            for _ in range(60):
                visit(endpoint)
                if len(polite.heard) == len(said):
                    return
                time.sleep(0.02)

    assert at_once([work, work, work]) == [None, None, None]
    assert kinds_heard(polite) == said


def test_another_booking_does_not_wait(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    planned("booking.cancelled")
    planned("booking.confirmed", uuid7())
    first = deliveries.claim(endpoint_id=endpoint.pk, now=clock.now())
    second = deliveries.claim(endpoint_id=endpoint.pk, now=clock.now())
    assert first
    assert second
    assert (first.subject_id == BOOKING, second.subject_id == BOOKING) == (True, False)
    assert deliveries.claim(endpoint_id=endpoint.pk, now=clock.now()) is None


def test_none_goes_before_an_earlier_event_that_is_not_announced_yet(here: Tenant, polite: Receiver) -> None:
    """One worker has the announcement of the first event, and another has planned the second."""
    endpoint = told(polite.url)
    first = happened("booking.confirmed")
    planned("booking.moved")
    again = visit(endpoint)
    assert polite.heard == []
    assert again is not None
    assert again > clock.now()
    Wakeup.objects.filter(kind="event", reference=first.pk).delete()
    with transaction.atomic(durable=True):
        deliveries.plan(event=first, now=clock.now())
    visit(endpoint)
    assert kinds_heard(polite) == ["booking.confirmed", "booking.moved"]


def test_what_was_claimed_by_a_worker_that_died_is_taken_up_after_its_lease(
    here: Tenant, polite: Receiver
) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    died = deliveries.claim(endpoint_id=endpoint.pk, now=clock.now())
    assert died is not None
    assert deliveries.claim(endpoint_id=endpoint.pk, now=clock.now()) is None
    assert visit(endpoint) == died.leased_until
    with later(timedelta(seconds=61)):
        visit(endpoint)
        # It was not dead after all: what the other one has found stays.
        deliveries.failed(delivery=died, problem="late", now=clock.now())
    assert [(each.status, each.problem) for each in log_of(endpoint)] == [("delivered", "")]


def test_no_transaction_is_open_while_a_receiver_thinks(
    here: Tenant, polite: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    sent, open_ = posting.post, list[bool]()

    def looking(*args: Any, **kwargs: Any) -> posting.Answer:
        open_.append(connection.in_atomic_block)
        answer: posting.Answer = sent(*args, **kwargs)
        return answer

    monkeypatch.setattr(posting, "post", looking)
    visit(endpoint)
    assert open_ == [False]


# --- when it fails ------------------------------------------------------------------------------------


def test_it_is_tried_with_growing_pauses_and_then_given_up(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    polite.status = 500
    planned("booking.confirmed")
    passed = timedelta()
    for tries, pause in enumerate(pauses.PAUSES, start=1):
        with later(passed):
            visit(endpoint)
            [row] = log_of(endpoint)
            assert (row.status, row.attempts, row.answered) == ("waiting", tries, 500)
            assert abs(row.due_at - clock.now() - pause) < timedelta(seconds=5)
            visit(endpoint)
            assert len(polite.heard) == tries, "not before its time"
        passed += pause + timedelta(seconds=6)
    with later(passed):
        assert visit(endpoint) is None
    [row] = log_of(endpoint)
    assert (row.status, row.attempts, row.problem) == ("given_up", 10, "It answered 500.")


def test_a_receiver_that_is_back_has_lost_nothing_and_is_not_failing_any_more(
    here: Tenant, polite: Receiver
) -> None:
    endpoint = told(polite.url)
    polite.status = 503
    planned("booking.confirmed")
    planned("booking.moved")
    visit(endpoint)
    assert endpoints.found(endpoint.pk).failing_since is not None
    polite.status, polite.heard = 204, []
    with later(timedelta(seconds=10)):
        assert visit(endpoint) is None
    assert kinds_heard(polite) == ["booking.confirmed", "booking.moved"]
    assert endpoints.found(endpoint.pk).failing_since is None


def test_one_that_takes_nothing_costs_one_try_a_visit(here: Tenant) -> None:
    endpoint = told(f"http://localhost:{receiver.nobody()}/")
    for _ in range(5):
        planned("booking.confirmed", uuid7())
    visit(endpoint)
    assert sorted(each.attempts for each in log_of(endpoint)) == [0, 0, 0, 0, 1]


def test_after_five_days_it_is_switched_off_and_the_coach_told(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    polite.status = 500
    planned("booking.confirmed")
    visit(endpoint)
    with later(timedelta(days=4, hours=23)):
        planned("booking.moved", uuid7())
        visit(endpoint)
        assert endpoints.found(endpoint.pk).off_at is None
    with later(timedelta(days=5, minutes=1)):
        planned("pack.low", uuid7())
        assert visit(endpoint) is None
        endpoint = endpoints.found(endpoint.pk)
        assert endpoint.off_at is not None
        assert "5 days" in endpoint.off_reason
        assert {each.status for each in log_of(endpoint)} == {"given_up"}
        assert Event.objects.filter(kind="webhook.switched_off", subject_id=endpoint.pk).count() == 1
        planned("pack.expired", uuid7())
    assert len(log_of(endpoint)) == 3, "nothing is planned for one that is off"


def test_who_says_gone_is_switched_off_at_once(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    polite.status = 410
    planned("booking.confirmed")
    visit(endpoint)
    assert "410" in endpoints.found(endpoint.pk).off_reason
    assert Event.objects.filter(kind="webhook.switched_off").count() == 1


def test_a_redirect_is_named_in_the_log(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    polite.status, polite.headers = 302, {"Location": "http://localhost:1/"}
    planned("booking.confirmed")
    visit(endpoint)
    assert "redirect (302)" in log_of(endpoint)[0].problem


# --- once more ----------------------------------------------------------------------------------------


def test_what_was_sent_can_be_sent_again_word_for_word(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    visit(endpoint)
    [row] = log_of(endpoint)
    endpoints.replay(delivery_id=row.pk, now=clock.now(), actor=ANNA)
    visit(endpoint)
    first, second = polite.heard
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_all_that_was_given_up_is_sent_when_it_works_again(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    polite.status = 410
    planned("booking.confirmed")
    planned("booking.moved")
    visit(endpoint)
    polite.status, polite.heard = 200, []
    with pytest.raises(endpoints.EndpointIsOff):
        endpoints.replay_given_up(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA)
    endpoints.switch_on(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA)
    assert endpoints.replay_given_up(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA) == 2
    worlds.sweep()
    assert kinds_heard(polite) == ["booking.confirmed", "booking.moved"]


def test_a_test_goes_to_one_endpoint_and_to_no_other(here: Tenant, polite: Receiver) -> None:
    tried, other = told(polite.url, kinds="pack.*"), told(polite.url)
    endpoints.test(endpoint_id=tried.pk, now=clock.now(), actor=ANNA)
    worlds.sweep()
    assert [len(log_of(each)) for each in (tried, other)] == [1, 0]
    assert json.loads(polite.heard[0].body)["data"] == {"id": str(tried.pk), "object": "webhook_endpoint"}


def test_the_log_is_kept_for_thirty_days(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    visit(endpoint)
    planned("booking.moved")
    with transaction.atomic():
        # What waits is not forgotten.
        WebhookDelivery.objects.filter(status="waiting").update(due_at=clock.now() + timedelta(days=40))
    with later(timedelta(days=29)):
        worlds.sweep()
        assert len(log_of(endpoint)) == 2
    with later(timedelta(days=31)):
        worlds.sweep()
        assert [each.status for each in log_of(endpoint)] == ["waiting"]
        night = Wakeup.objects.get(kind="webhook_log")
        assert night.due_at > clock.now()


# --- what it costs ------------------------------------------------------------------------------------


def test_who_has_no_endpoint_pays_one_read_in_the_worker_and_nothing_before(here: Tenant) -> None:
    event = happened("client.added")
    with transaction.atomic(durable=True), CaptureQueriesContext(connection) as asked:
        deliveries.plan(event=event, now=clock.now())
    assert len([each for each in asked if "integrations_webhook" in each["sql"]]) == len(asked) == 1
    assert wakeups.schemas_with_due_work(now=clock.now()) != []


# --- making them --------------------------------------------------------------------------------------

REFUSED = [
    "http://shop.example.com/",
    "ftp://shop.example.com/",
    "https://",
    "https://10.0.0.1/",
    "https://[fd00::1]/",
    "https://169.254.169.254/latest/",
    "https://anna:secret@shop.example.com/",
    "https://server.internal/",
    "https://intranet/",
    "https://shop.example.com:99999/",
    "https://shop.example.com/a b",
    "https://shop.example.com/" + "x" * 300,
    "shop.example.com",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_nobody_should_be_sent_to_is_refused(here: Tenant, url: str) -> None:
    with pytest.raises(ValueError, match=r"\w{3}"):
        told(url)
    assert endpoints.all_endpoints() == []


@pytest.mark.parametrize("url", ["http://localhost:8010/", "https://127.0.0.1/", "https://localhost/"])
def test_outside_the_demo_this_machine_is_refused(here: Tenant, url: str, settings: Any) -> None:
    settings.WEBHOOKS_MAY_BE_LOCAL = False
    with pytest.raises(ValueError, match=r"https|public|outside"):
        told(url)


def test_a_name_in_any_alphabet_is_kept_as_the_dns_knows_it(here: Tenant) -> None:
    assert told("https://Bücher.example.com/hook").url == "https://xn--bcher-kva.example.com/hook"


def test_kinds_that_do_not_exist_are_refused(here: Tenant) -> None:
    with pytest.raises(public_events.UnknownKinds, match=r"booking\.lost"):
        told("https://shop.example.com/", kinds="booking.lost")
    with pytest.raises(public_events.UnknownKinds, match="too many"):
        told("https://shop.example.com/", kinds=" ".join(public_events.PUBLIC_EVENTS))


def test_there_are_never_more_than_five_however_many_ask_at_once(here: Tenant) -> None:
    told("https://shop.example.com/")

    def one_more() -> None:
        with tenant_context(here):
            told("https://shop.example.com/")

    said = at_once([one_more] * 8)
    assert len(endpoints.all_endpoints()) == endpoints.MOST
    assert sum(isinstance(each, endpoints.TooManyEndpoints) for each in said) == 4


def test_one_that_is_removed_is_gone_with_its_log(here: Tenant, polite: Receiver) -> None:
    endpoint = told(polite.url)
    planned("booking.confirmed")
    endpoints.remove(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA)
    endpoints.remove(endpoint_id=endpoint.pk, now=clock.now(), actor=ANNA)
    assert (endpoints.all_endpoints(), WebhookDelivery.objects.count()) == ([], 0)
    assert visit(endpoint) is None
