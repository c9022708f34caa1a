"""The monthly statement of platform fees: numbered without gaps, the sum of what moved, told by mail."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from fees import statements
from fees.accounts import note_amount
from fees.models import FeeEntryKind, FeeStatement
from kit import clock
from tenants.activity.models import Event
from tenants.earnings import fee_statements
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.journeys.steps import later
from tests.messaging import mailroom
from tests.pdf_text import text_of
from tests.worlds import Shop

MAY = datetime(2031, 5, 30, 9, tzinfo=UTC)
DAY = 86_400
Said = tuple[int, date, str, int, int]


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> Iterator[Shop]:
    """Two lessons with a fee sold on the last but one day of May; all of one and half of the other refunded
    in June."""
    with clock.travel((MAY - clock.now()).total_seconds()):
        stripe.set_clock(MAY)
        shop = worlds.open_shop(anna, stripe)
        worlds.set_free_units(anna, 0)
        kind = worlds.session_type(anna)
        sold = [worlds.sell(shop, kind, at=worlds.hour(200 + nth)) for nth in (0, 2)]
        with later(stripe, 2 * DAY):
            for booking, minor in zip(sold, (4500, 2250), strict=True):
                stripe.dashboard_refund(worlds.attempt_for(anna, booking).stripe_charge_id, minor)
            worlds.hear_stripe(stripe)
            mailroom.work_off()
        mail.outbox.clear()
        yield shop


def said(tenant: Tenant) -> list[Said]:
    with tenant_context(tenant):
        rows = FeeStatement.objects.order_by("number")
        return [
            (each.number, each.month, each.currency, each.charged_minor, each.returned_minor) for each in rows
        ]


def test_a_month_is_stated_on_the_second_day_after_it(shop: Shop) -> None:
    with later(shop.stripe, 3 * DAY - 3 * 3600 - 60):
        mailroom.work_off()
        assert said(shop.tenant) == [], "at six on the second of June"
    with later(shop.stripe, 3 * DAY):
        mailroom.work_off()
        assert said(shop.tenant) == [(1, date(2031, 5, 1), "eur", 900, 0)]
        [letter] = [each for each in mail.outbox if "platform fees" in each.subject]
    assert letter.to == ["anna@example.com"]
    assert letter.subject == "Your platform fees of May 2031: €9.00"
    with later(shop.stripe, 40 * DAY):
        mailroom.work_off()
        assert said(shop.tenant)[1:] == [(2, date(2031, 6, 1), "eur", 0, 675)]


def test_months_that_were_missed_are_made_up_for_once(shop: Shop) -> None:
    with later(shop.stripe, 80 * DAY):
        for _ in range(2):
            with tenant_context(shop.tenant):
                fee_statements.state(reference=shop.tenant.pk, now=clock.now())
    assert [each[:2] for each in said(shop.tenant)] == [(1, date(2031, 5, 1)), (2, date(2031, 6, 1))]
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="fees.stated").count() == 2


def test_currencies_are_never_added_up(shop: Shop) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        note_amount(
            schema_name=shop.tenant.schema_name,
            kind=FeeEntryKind.CHARGED,
            reference="a payment in dollars",
            amount_minor=100,
            currency="usd",
            now=clock.now(),
        )
        made = statements.draw_up(schema_name=shop.tenant.schema_name, now=clock.now() + timedelta(days=4))
    assert [(each.number, each.currency, each.net_minor) for each in made] == [
        (1, "eur", 900),
        (2, "usd", 100),
    ]


def test_the_database_takes_a_number_and_a_month_once(shop: Shop) -> None:
    row: dict[str, Any] = {"schema_name": shop.tenant.schema_name, "currency": "eur"}
    row |= {"charged_minor": 1, "returned_minor": 0}
    with tenant_context(shop.tenant), transaction.atomic():
        FeeStatement.objects.create(number=1, month=date(2031, 5, 1), **row)
        for number, month in ((1, date(2031, 6, 1)), (2, date(2031, 5, 1))):
            with pytest.raises(IntegrityError), transaction.atomic():
                FeeStatement.objects.create(number=number, month=month, **row)


def test_the_page_and_the_print_say_the_same(shop: Shop, ben: Tenant) -> None:
    assert "No statement yet" in Coach(shop.tenant).read("money/fees/")
    with later(shop.stripe, 40 * DAY):
        mailroom.work_off()
        page = Coach(shop.tenant).read("money/fees/")
        assert page.index("June 2031") < page.index("May 2031")
        assert "10% of each card payment" in page
        with tenant_context(shop.tenant):
            june = FeeStatement.objects.get(number=2)
        answer = Coach(shop.tenant).get(f"money/fees/{june.pk}.pdf")
        printed = text_of(answer.content)
        assert Coach(ben).get(f"money/fees/{june.pk}.pdf").status_code == 404
    assert "Statement 2 of platform fees, June 2031" in printed
    assert printed.count("Lesson, refunded") == 2
    for amount in ("−€4.50", "−€2.25", "−€6.75"):
        assert amount in printed
