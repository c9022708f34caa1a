"""Money on the pages: what the ledger says, with every fee named, and the same in the file."""

import csv
import io

import pytest
from django_tenants.utils import tenant_context

from tenants.billing.models import PaymentAttempt
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach


def test_a_booking_tells_its_free_session_its_fees_and_its_net(shop: worlds.Shop) -> None:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    page = Coach(shop.tenant).read(f"booking/{booking.pk}/")
    with tenant_context(shop.tenant):
        fee = PaymentAttempt.objects.get().processor_fee_minor
    assert fee
    assert "free session 1 of 10" in page
    assert f"−€{fee / 100:.2f}" in page
    assert f"€{(4500 - fee) / 100:.2f}" in page
    assert "was paid by card." in page
    assert "Stripe balance" in page


def test_a_fee_that_stripe_has_not_told_is_pending(shop: worlds.Shop) -> None:
    shop.stripe.settle_after(600)
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    coach = Coach(shop.tenant)
    assert "Card processing: pending" in coach.read(f"booking/{booking.pk}/")
    assert "1 still pending" in coach.read("money/")
    assert "pending" in coach.read("money/earnings.csv")


def test_the_file_has_the_lines_of_the_page_under_the_same_filter(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    cleo = worlds.sell(shop, kind, at=worlds.hour(0))
    worlds.sell(shop, kind, at=worlds.hour(2), email="maya@example.com")
    coach = Coach(shop.tenant)
    every = rows(coach, "")
    assert len(every) == 2
    assert len(rows(coach, f"?client={cleo.client_id}")) == 1
    assert rows(coach, "?period=last_month") == []
    assert rows(coach, "?period=all&since=2020-01-01&until=2020-12-31") == []
    assert len(rows(coach, "?since=2020-01-01")) == 2
    page = coach.read("money/")
    assert all(f"€{row['Net']}" in page for row in every)


def rows(coach: Coach, asked: str) -> list[dict[str, str]]:
    answer = coach.get(f"money/earnings.csv{asked}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_period_that_ends_before_it_begins_is_told_and_kept(shop: worlds.Shop) -> None:
    asked = "?period=custom&since=2026-06-10&until=2026-06-01"
    for page in ("money/", "money/earnings.csv"):
        answer = Coach(shop.tenant).get(page + asked)
        assert answer.status_code == 422
        assert "This is before the first day." in answer.content.decode()
        assert 'value="2026-06-10"' in answer.content.decode()


@pytest.mark.parametrize("asked", ["since=0001-01-01", "until=9999-12-31"])
def test_days_beyond_the_calendar_are_refused_in_words(anna: Tenant, asked: str) -> None:
    answer = Coach(anna).get(f"money/?{asked}")
    assert answer.status_code == 422
    assert "Choose a day" in answer.content.decode()


def test_a_refund_made_at_stripe_goes_off_the_net(shop: worlds.Shop) -> None:
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    with tenant_context(shop.tenant):
        charge_id = PaymentAttempt.objects.get().stripe_charge_id
    shop.stripe.dashboard_refund(charge_id, amount=1000)
    worlds.hear_stripe(shop.stripe)
    coach = Coach(shop.tenant)
    for page in (f"booking/{booking.pk}/", f"clients/{booking.client_id}/", "money/"):
        assert "−€10.00" in coach.read(page), page
    assert "Partly refunded" in coach.read(f"booking/{booking.pk}/")
    assert "Altogether €10.00, was refunded." in coach.read(f"booking/{booking.pk}/")


def test_a_client_can_be_found_by_any_part_of_name_or_address(shop: worlds.Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    coach = Coach(shop.tenant)
    for wanted in ("cle", "CLEO@exam"):
        assert "clients/" in coach.read(f"clients/?q={wanted}")
        assert ">Cleo<" in coach.read(f"clients/?q={wanted}")
    assert "Nobody found" in coach.read("clients/?q=zoe")
    assert ">Cleo<" in coach.read("clients/?q=cle%00")
