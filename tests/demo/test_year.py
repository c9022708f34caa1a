"""A past out of weekly habits: every kind of thing happens in it, its books tie, and each payout adds up."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import QuerySet
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo import seeding, worlds, year
from kit import clock
from payouts.models import BalanceLine, Payout
from tenants.billing.models import (
    Charge,
    Dispute,
    Document,
    Instalment,
    LedgerEntry,
    ManualPayment,
    PaymentAttempt,
    Refund,
)
from tenants.clients.models import Client
from tenants.earnings import deposits
from tenants.earnings.books import verify
from tenants.offers.models import CouponUse
from tenants.packs.models import Pack, PackEntry
from tenants.registry.models import Tenant, Wakeup
from tenants.retainers.models import Retainer, RetainerPeriod
from tenants.scheduling.models import Booking, Cancellation

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
WEEKS, WHOLE = 8, "UPFRONT_WHOLE_YEAR"
SLUGS = ("anna", "grace", "yuki")
# Everything that has to happen at each coach's, at least so often in the eight weeks: model, column, value.
HAPPENS: dict[str, list[tuple[type, str, str, int]]] = {
    "anna": [
        (PaymentAttempt, "status", "captured", 40),
        (PaymentAttempt, "status", "declined", 1),
        (PaymentAttempt, "status", "released", 1),
        (Booking, "funding", "free", 2),
        (Booking, "funding", "card", 20),
        (Booking, "funding", "received", 3),
        (Booking, "funding", "comp", 1),
        (Booking, "status", "no_show", 1),
        (Cancellation, "cause", "client", 2),
        (Cancellation, "cause", "weather", 1),
        (Instalment, "kind", "rest", 2),
        (Instalment, "kind", "instalment", 6),
        (Dispute, "status", "won", 1),
        (Dispute, "status", "lost", 1),
        (Dispute, "status", "inquiry_closed", 1),
        (ManualPayment, "tender", "cash", 3),
        (ManualPayment, "tender", "transfer", 1),
        (LedgerEntry, "kind", "refund", 4),
        (Refund, "cause", "goodwill", 2),
        (Document, "kind", "invoice", 2),
        (Document, "kind", "credit_note", 4),
        (Payout, "status", "failed", 1),
        (Payout, "status", "paid", 15),
        (BalanceLine, "line_class", "outside", 1),
        (BalanceLine, "line_class", "stripe_cost", 1),
        (PackEntry, "kind", "expired", 1),
    ],
    "grace": [
        (PaymentAttempt, "status", "captured", 25),
        (PaymentAttempt, "status", "declined", 1),
        (Booking, "funding", "retainer", 5),
        (Booking, "funding", "pack", 5),
        (Dispute, "status", "won", 1),
        (Dispute, "status", "lost", 1),
        (RetainerPeriod, "status", "paid", 6),
        (Retainer, "status", "active", 3),
        (Retainer, "status", "ended", 1),
        (ManualPayment, "tender", "transfer", 1),
    ],
    "yuki": [
        (PaymentAttempt, "status", "captured", 30),
        (Booking, "funding", "pack", 5),
        (Instalment, "kind", "rest", 1),
        (LedgerEntry, "kind", "refund", 2),
        (Cancellation, "cause", "client", 1),
    ],
}


@pytest.fixture(autouse=True)
def own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moved clock must not reach other tests."""
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))


@pytest.fixture
def seeded(db: None, stripe: Simulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Tenant]]:
    def seed(days: int) -> list[Tenant]:
        monkeypatch.setitem(worlds.WORLDS, "year", year.world(days=days))
        seeding.seed("year")
        return [Tenant.objects.get(slug=slug) for slug in SLUGS]

    return seed


def counted(model: type, column: str) -> Counter[str]:
    rows: QuerySet[Client] = model.objects  # type: ignore[attr-defined]
    return Counter(rows.values_list(column, flat=True))


def assert_everything_happened(tenant: Tenant) -> None:
    with tenant_context(tenant):
        missing = [
            f"{model.__name__}.{column} {value}: {found} of {least}"
            for model, column, value, least in HAPPENS[tenant.slug]
            if (found := counted(model, column)[value]) < least
        ]
    assert not missing, f"{tenant.slug}: {missing}"


def assert_what_has_no_state_of_its_own(anna: Tenant, grace: Tenant) -> None:
    """A coupon, a slip that was taken back, a pack that was renewed, a moved session, a pause."""
    with tenant_context(anna):
        assert CouponUse.objects.count() >= 2
        assert ManualPayment.objects.filter(taken_back_at__isnull=False).count() == 1
        assert Pack.objects.filter(client__name="Tom Adler").count() >= 2
        assert Booking.objects.filter(moved_from__isnull=False).exists()
        assert Charge.objects.filter(purpose="invoice", waived_minor__gt=0).exists()
    with tenant_context(grace):
        paused = RetainerPeriod.objects.filter(retainer__client__name="Ada Park").order_by("starts_at")
        first, again = paused[0], paused[1]
        assert again.starts_at - first.ends_at > timedelta(days=7)


def assert_the_books_tie(tenant: Tenant) -> None:
    verdict = verify(schema_name=tenant.schema_name, now=clock.now())
    assert [str(each) for each in verdict.differences] == []
    assert sum(verdict.compared.values()) > 500
    assert verdict.not_asked == []


def assert_each_payout_adds_up(tenant: Tenant) -> int:
    with tenant_context(tenant):
        explained = [deposits.explain(each) for each in Payout.objects.filter(itemised_at__isnull=False)]
        assert [each.payout.payout_id for each in explained if not each.adds_up] == []
        assert len(explained) >= Payout.objects.count() - 1
    return len(explained)


def assert_nothing_failed() -> None:
    assert list(Wakeup.objects.filter(attempts__gt=0).values_list("kind", "last_error")) == []


@pytest.mark.skipif(not SLOW, reason="takes long: ./run test --slow")
def test_eight_weeks_have_everything_and_tie(seeded: Callable[[int], list[Tenant]]) -> None:
    tenants = seeded(WEEKS * 7)
    for tenant in tenants:
        assert_everything_happened(tenant)
        assert_the_books_tie(tenant)
        assert assert_each_payout_adds_up(tenant) > 10
    assert_what_has_no_state_of_its_own(*tenants[:2])
    assert_nothing_failed()


@pytest.mark.skipif(not os.environ.get(WHOLE), reason=f"takes minutes: {WHOLE}=1 ./run test")
def test_the_whole_year_ties(seeded: Callable[[int], list[Tenant]]) -> None:
    tenants = seeded(year.DAYS)
    payments = deposits_shown = 0
    for tenant in tenants:
        assert_everything_happened(tenant)
        assert_the_books_tie(tenant)
        deposits_shown += assert_each_payout_adds_up(tenant)
        with tenant_context(tenant):
            payments += PaymentAttempt.objects.filter(captured_minor__gt=0).count()
    assert_nothing_failed()
    assert payments > 500
    assert deposits_shown > 400


def test_the_same_habits_make_the_same_year() -> None:
    assert year.world(days=60) == year.world(days=60)
