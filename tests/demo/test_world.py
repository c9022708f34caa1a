"""The demo's world: made once by the use cases, with a past, and a clock that moves forward."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db.models import Count, Q
from django.test import Client
from django_tenants.utils import tenant_context

from accounts import announcements, support
from accounts.models import User
from connect.simulator.client import Simulator
from demo import news, seeding, worlds
from demo.sales import shown_pack
from demo.weeks import ANNA, FIVE_PACK, SUMMER_PACK, WORLD
from demo.world import DAYS_OF_MAIL, OPERATOR, PASSWORD
from kit import clock
from operators import figures
from payouts.models import Payout
from tenants.activity.models import Event
from tenants.billing import charges
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    AttemptStatus,
    Dispute,
    Document,
    DocumentKind,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    ManualPayment,
    PaymentAttempt,
)
from tenants.clients.models import Client as Person
from tenants.dashboard import balances
from tenants.earnings.books import verify
from tenants.messaging.models import Mail, MailStatus, SequenceRun
from tenants.offers.models import CouponUse, SessionType
from tenants.packs.models import Pack
from tenants.packs.statements import statement_of
from tenants.registry.models import Tenant, Wakeup
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.scheduling.models import Booking, BookingStatus, Funding
from tests.dashboard.desk import Coach


@pytest.fixture(autouse=True)
def own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moved clock must not reach other tests."""
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))


@pytest.fixture
def browser(db: None) -> Client:
    return Client(HTTP_HOST="localhost:8000")


def counted(tenant: Tenant) -> dict[str, int]:
    with tenant_context(tenant):
        rows = Booking.objects.values_list("status").annotate(number=Count("pk")).order_by()
        return dict(rows)


def test_mails_follow_one_comes_back_and_the_platform_has_something_to_say(
    anna: Tenant, stripe: Simulator, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "demo.carrier.Backend", str(tmp_path / "mail")
    call_command("seed")
    with tenant_context(anna):
        running = SequenceRun.objects.filter(next_at__isnull=False, stopped_at=None)
        assert running.filter(client__name="Julia Hartmann").exists()
        back = Mail.objects.filter(bounced_at__isnull=False)
        events = Event.objects.filter(pk__in=back.values("event_id"))
        whose = Person.objects.filter(pk__in=events.values("client_id"))
        assert [each.name for each in whose] == ["Ira Vogel"]
    announced = announcements.published(now=clock.now())
    assert [each.title for each in announced] == [news.TITLE]
    assert announcements.upcoming(announced, today=clock.now().date())
    [asked] = support.unanswered()
    assert (asked.text, asked.page) == (news.QUESTION, "/coach/anna/money/owed/")
    call_command("seed")
    assert support.unanswered().count() == 1


def test_the_world_has_a_past_and_a_future(anna: Tenant, ben: Tenant, stripe: Simulator) -> None:
    call_command("seed")
    assert counted(anna) == {
        BookingStatus.COMPLETED: 22,
        BookingStatus.NO_SHOW: 1,
        BookingStatus.CONFIRMED: 9,
        BookingStatus.CANCELLED: 2,
        BookingStatus.REQUESTED: 1,
    }
    with tenant_context(anna):
        assert [kind.name for kind in SessionType.objects.order_by("position")] == [
            offer["name"] for offer in ANNA.offers
        ]
        unpaid = PaymentAttempt.objects.exclude(status=AttemptStatus.CAPTURED).get()
        assert unpaid.charge.reference == Booking.objects.get(status=BookingStatus.REQUESTED).pk
        assert_cleos_pack()
        assert_every_kind_of_pack()
        assert_only_the_last_days_are_told()
        assert_everything_to_do_with_money()
    assert_a_retainer(ben)
    assert_its_pages_answer(anna)
    assert_its_books_tie(anna, ben)
    row, other = figures.rows([anna, ben])
    assert (row.free_used, row.stripe_words) == (10, "Ready for payments")
    assert other.free_used == 10
    assert abs(clock.offset()) < timedelta(seconds=2)
    assert abs(stripe.now() - clock.now().timestamp()) < 3


def assert_cleos_pack() -> None:
    """The balance explains itself by what was done: nothing in the ledger was written by hand."""
    pack = Pack.objects.select_related("offer", "client", "buyer").get(client__name="Cleo Brandt")
    balance = statement_of(pack=pack, tz=ANNA.timezone, now=clock.now(), reader_id=pack.client_id).balance
    day = r"\d+(?: \w+)?"
    assert balance.headline == "Balance: 5 of 10 sessions."
    assert re.fullmatch(
        rf"You bought 10-session summer pack on {day}(?: \d+)? \(paid €450\.00 by card\)\.", balance.bought
    )
    used, late, closed, booked = map(str, balance.lines)
    assert re.match(r"− 3 used: ", used)
    assert len(re.findall(r"\b\d\d?\b", used)) == 1 + 3
    assert late.startswith("− 1 late cancel on ")
    assert late.endswith("(cancelled 5 h before; rule: 24 h)")
    assert closed.startswith("0 for ")
    assert closed.endswith("(taken, then returned: court closed, weather)")
    assert booked.startswith("− 1 booked: ")
    assert balance.sum_line == "10 − 3 − 1 − 0 − 1 = 5."
    assert balance.until.startswith("Valid until ")
    attempt = PaymentAttempt.objects.get(charge__reference=pack.pk)
    # Six of its ten sessions are free of the platform's fee, and 10 % of the other four is taken.
    assert (len(attempt.free_numbers), attempt.application_fee_minor) == (6, 1800)


def assert_only_the_last_days_are_told() -> None:
    """And what they tell is out: nothing waits for a worker, and nothing failed."""
    assert 20 < Mail.objects.filter(status=MailStatus.SENT).count() < 60
    assert not Mail.objects.exclude(status__in=(MailStatus.SENT, MailStatus.DROPPED)).exists()
    assert not Mail.objects.filter(created_at__lt=clock.now() - timedelta(days=DAYS_OF_MAIL + 1)).exists()
    assert not Wakeup.objects.filter(Q(kind="event") | Q(attempts__gt=0)).exists()


def assert_everything_to_do_with_money() -> None:
    """Each page of the dashboard has something to show."""
    rests = Instalment.objects.filter(kind=InstalmentKind.REST).order_by("due_at")
    assert [each.status for each in rests] == [InstalmentStatus.PAID, InstalmentStatus.OPEN]
    winter = Instalment.objects.filter(kind=InstalmentKind.INSTALMENT).order_by("number")
    assert [each.status for each in winter] == ["paid", "paid", "open"]
    assert Dispute.objects.get().status in UNDECIDED_DISPUTES
    assert [each.amount_minor for each in ManualPayment.objects.order_by("created_at")] == [5000, 20000, 2000]
    invoices = Document.objects.filter(kind=DocumentKind.INVOICE).select_related("charge")
    assert sorted(charges.owed_minor(each.charge) for each in invoices) == [0, 12000]
    assert CouponUse.objects.count() == 1
    assert Booking.objects.filter(funding=Funding.COMP).count() == 1
    assert Payout.objects.count() > 5


def assert_a_retainer(ben: Tenant) -> None:
    with tenant_context(ben):
        retainer = Retainer.objects.get()
        assert (retainer.status, retainer.periods.count()) == (RetainerStatus.ACTIVE, 2)
        assert Booking.objects.filter(funding=Funding.RETAINER).count() == 3


def assert_every_kind_of_pack() -> None:
    held = {(each.pack.client.name, each.pack.offer.name): each for each in balances.roster(now=clock.now())}
    low, expiring = held["Mara Lindt", FIVE_PACK].state, held["Jonas Weber", FIVE_PACK].state
    unpaid, refunded = held["Nora Falk", SUMMER_PACK].state, held["Ines Roth", FIVE_PACK].state
    assert (low.left, low.is_low, expiring.left, expiring.is_expiring) == (1, True, 3, True)
    assert (unpaid.unpaid_minor, refunded.left) == (25000, 2)
    assert (held["Tom Adler", FIVE_PACK].state.left, held["Lena Adler", FIVE_PACK].state.left) == (3, 2)
    assert Booking.objects.filter(moved_from__isnull=False, client__name="Jonas Weber").count() == 1


def assert_its_pages_answer(anna: Tenant) -> None:
    client, coach = Client(HTTP_HOST="anna.localhost:8000"), Coach(anna)
    found = shown_pack()
    assert found
    pack, address = found
    page = urlsplit(address).path
    for path in ("/", "/packs/10-session-summer-pack/", "/book/indoor-lesson/", page, f"{page}statement"):
        assert client.get(path).status_code == 200, path
    for path in (
        "",
        "money/?period=all",
        "money/payouts/",
        "offers/",
        "clients/balances/",
        f"clients/packs/{pack.pk}/",
    ):
        assert coach.get(path).status_code == 200, path
    overview = Client(HTTP_HOST="localhost:8000").get("/demo/").content.decode()
    assert f'href="{address}"' in overview
    assert any(address in line for line in seeding.directions())


def assert_its_books_tie(*tenants: Tenant) -> None:
    for tenant in tenants:
        verdict = verify(schema_name=tenant.schema_name, now=clock.now())
        assert not verdict.differences, "\n".join(map(str, verdict.differences))
        assert sum(verdict.compared.values()) > 100


@pytest.fixture
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world in which little has happened: for what does not depend on it."""
    nothing_more: dict[str, Any] = {"sales": [], "subscriptions": [], "bills": []}
    coaches = [replace(coach, diary=coach.diary[:2], **nothing_more) for coach in WORLD.coaches]
    coaches[1] = replace(coaches[1], diary=coaches[1].diary[:1])
    monkeypatch.setitem(worlds.WORLDS, WORLD.name, replace(WORLD, coaches=coaches))


@pytest.mark.usefixtures("small_world")
def test_a_second_start_changes_nothing(
    anna: Tenant, ben: Tenant, stripe: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeding.seed()
    clock.advance(3600)
    before = (counted(anna), counted(ben), User.objects.count(), clock.offset())
    # Time is not moved either, not even for a moment.
    monkeypatch.delattr(seeding.timeline, "move_to")
    seeding.seed()
    assert (counted(anna), counted(ben), User.objects.count(), clock.offset()) == before


@pytest.mark.usefixtures("small_world")
def test_a_start_that_was_cut_short_is_made_good(
    anna: Tenant, ben: Tenant, stripe: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(seeding.diary, "live_through", cut)
        with pytest.raises(KeyboardInterrupt):
            seeding.seed()
    assert abs(clock.offset()) < timedelta(seconds=2)
    seeding.seed()
    assert sum(counted(anna).values()) == 2
    with tenant_context(anna):
        assert SessionType.objects.count() == len(ANNA.offers)


@pytest.mark.parametrize("hour", [0, 6, 7, 8, 23])
def test_the_past_ends_before_now_at_any_hour(hour: int) -> None:
    now = datetime(2026, 6, 10, hour, 30, tzinfo=UTC)
    today = seeding.first_morning(now, days_ago=42) + timedelta(days=42)
    assert timedelta(minutes=30) <= now - today < timedelta(days=1, minutes=30)


@pytest.mark.usefixtures("small_world")
def test_everybody_can_sign_in(browser: Client, anna: Tenant, ben: Tenant, stripe: Simulator) -> None:
    User.objects.filter(email=OPERATOR[0]).delete()
    seeding.seed()
    browser.post("/accounts/login/", {"login": OPERATOR[0], "password": PASSWORD})
    shown = browser.get("/demo/").context["code"]
    response = browser.post("/accounts/2fa/authenticate/", {"code": shown})
    assert response["Location"] == "/operators/"
    assert browser.get("/operators/").status_code == 200


def test_directions_name_pages_sign_ins_and_mailbox(anna: Tenant, ben: Tenant) -> None:
    said = "\n".join(seeding.directions())
    for coach in WORLD.coaches:
        assert f"http://{coach.slug}.localhost:8000" in said
        assert coach.email in said
    assert f"password {PASSWORD}" in said
    assert "http://localhost:8000/mailbox/" in said


def test_the_demos_page_leads_everywhere(browser: Client, anna: Tenant, stripe: Simulator) -> None:
    page = browser.get("/demo/").content.decode()
    for address in (
        "http://anna.localhost:8000",
        f"{stripe.url}/",
        "/mailbox/",
        "/operators/",
        "/components/",
    ):
        assert f'href="{address}"' in page
    assert PASSWORD in page


def test_time_moves_forward_for_stripe_too(browser: Client, stripe: Simulator) -> None:
    before, at_stripe = clock.now(), stripe.now()
    response = browser.post("/demo/time", {"seconds": "86400"}, follow=True)
    assert "It is 1 day later" in response.content.decode()
    assert timedelta(days=1) <= clock.now() - before < timedelta(days=1, minutes=1)
    assert 86_400 <= stripe.now() - at_stripe < 86_460


@pytest.mark.parametrize("seconds", ["-3600", "5", "x", ""])
def test_time_moves_by_the_offered_steps_only(browser: Client, stripe: Simulator, seconds: str) -> None:
    response = browser.post("/demo/time", {"seconds": seconds}, follow=True)
    assert "Nothing was changed" in response.content.decode()
    assert clock.offset() == timedelta()


def test_without_stripe_time_stands_still(browser: Client, settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    response = browser.post("/demo/time", {"seconds": "3600"}, follow=True)
    assert "time was not moved" in response.content.decode()
    assert clock.offset() == timedelta()
