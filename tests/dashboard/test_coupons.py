"""The coach's coupons: made, changed, switched off; and a deposit in the form of a session type."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.clock import zone
from tenants.offers import coupons
from tenants.offers.models import Coupon, SessionType
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_settings import TYPED

SHARE = {"code": "spring-10", "kind": "share", "percent": "10", "once_per_client": "on"}


def only(tenant: Tenant) -> Coupon:
    with tenant_context(tenant):
        return Coupon.objects.get()


def count(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return Coupon.objects.count()


def test_a_coupon_is_made_and_stands_in_the_list(anna: Tenant) -> None:
    lesson = worlds.session_type(anna)
    sent = {
        **SHARE,
        "applies_to": [str(lesson.pk)],
        "max_uses": "20",
        "valid_until": "2027-06-30",
        "note": "Flyer",
    }
    assert Coach(anna).post("offers/coupons/new/", sent).status_code == 303
    made = only(anna)
    assert (made.code, made.off_bp, made.max_uses, made.applies_to) == (
        "SPRING-10",
        1000,
        20,
        [str(lesson.pk)],
    )
    page = Coach(anna).read("offers/coupons/")
    for words in ("SPRING-10", "10% off", "used 0 of 20 times", "counts until", "Flyer"):
        assert words in page


def test_its_last_day_counts_to_midnight_on_the_coachs_wall(anna: Tenant) -> None:
    Coach(anna).post(
        "offers/coupons/new/", {**SHARE, "valid_from": "2027-06-01", "valid_until": "2027-06-30"}
    )
    made = only(anna)
    place = zone(worlds.practice(anna).timezone)
    ends = [each.astimezone(place) for each in (made.valid_from, made.valid_until) if each]
    assert [f"{end:%Y-%m-%d %H:%M}" for end in ends] == ["2027-06-01 00:00", "2027-07-01 00:00"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"code": "x"}, "3 to 24"),
        ({"percent": ""}, "share from 1 to 100"),
        ({"percent": "101"}, "100"),
        ({"kind": "amount", "amount": "a lot"}, "amount"),
        ({"kind": "amount", "amount": ""}, "Type an amount"),
        ({"valid_from": "2027-06-02", "valid_until": "2027-06-01"}, "before the first day"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_lost(anna: Tenant, sent: dict[str, Any], says: str) -> None:
    answer = Coach(anna).post("offers/coupons/new/", {**SHARE, "note": "for the fair", **sent})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "for the fair" in answer.content.decode()
    assert count(anna) == 0


def test_a_code_is_not_given_twice(anna: Tenant) -> None:
    Coach(anna).post("offers/coupons/new/", SHARE)
    answer = Coach(anna).post("offers/coupons/new/", SHARE)
    assert answer.status_code == 422
    assert "already" in answer.content.decode()


def test_a_coupon_is_changed_but_keeps_its_code(anna: Tenant) -> None:
    Coach(anna).post("offers/coupons/new/", SHARE)
    made = only(anna)
    page = Coach(anna).read(f"offers/coupons/{made.pk}/")
    assert 'name="code"' not in page
    sent = {"kind": "amount", "amount": "5", "code": "OTHER"}
    assert Coach(anna).post(f"offers/coupons/{made.pk}/", sent).status_code == 303
    changed = only(anna)
    assert (changed.code, changed.off_bp, changed.off_minor) == ("SPRING-10", 0, 500)


def test_a_coupon_is_switched_off_and_on(anna: Tenant) -> None:
    with tenant_context(anna):
        made = coupons.create(code="SPRING", off_bp=1000, now=clock.now())
    for to, is_active in (("off", False), ("on", True)):
        assert Coach(anna).post(f"offers/coupons/{made.pk}/switch", {"to": to}).status_code == 303
        assert only(anna).is_active is is_active


# --- deposits -----------------------------------------------------------------------------------------


def kept(tenant: Tenant) -> SessionType:
    with tenant_context(tenant):
        return SessionType.objects.get()


@pytest.mark.parametrize(
    ("sent", "minor", "bp"),
    [
        ({"deposit_kind": "amount", "deposit": "20"}, 2000, 0),
        ({"deposit_kind": "share", "deposit_percent": "30"}, 0, 3000),
        ({"deposit_kind": "whole", "deposit": "20", "deposit_percent": "30"}, 0, 0),
    ],
)
def test_a_deposit_is_an_amount_or_a_share(anna: Tenant, sent: dict[str, str], minor: int, bp: int) -> None:
    assert Coach(anna).post("offers/new/", {**TYPED, "price": "60", **sent}).status_code == 303
    offered = kept(anna)
    assert (offered.deposit_minor, offered.deposit_bp) == (minor, bp)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"deposit_kind": "amount", "deposit": ""}, "Type what is paid at booking"),
        ({"deposit_kind": "amount", "deposit": "59.80"}, "The rest after the deposit"),
        ({"deposit_kind": "amount", "deposit": "0.10"}, "Cards take"),
        ({"deposit_kind": "share", "deposit_percent": "120"}, "99"),
    ],
)
def test_a_deposit_that_cannot_be_charged_is_told(anna: Tenant, sent: dict[str, str], says: str) -> None:
    answer = Coach(anna).post("offers/new/", {**TYPED, "price": "60", **sent})
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_the_preview_says_what_is_paid_when(anna: Tenant) -> None:
    sent = {**TYPED, "price": "60", "deposit_kind": "amount", "deposit": "20", "rest_due_hours": "48"}
    page = Coach(anna).post("offers/new/", {**sent, "rest_by_card": "on", "preview": "1"}).content.decode()
    assert "€20.00 at booking; the rest, €40.00, is charged to the card 2 days before the session." in page


def test_the_price_cannot_fall_below_what_the_deposit_leaves(anna: Tenant) -> None:
    lesson = worlds.session_type(anna, price_minor=6000, deposit_minor=2000)
    page = Coach(anna).read(f"offers/{lesson.pk}/")
    assert 'value="20"' in page
    sent = {**TYPED, "price": "20.10", "deposit_kind": "amount", "deposit": "20"}
    assert Coach(anna).post(f"offers/{lesson.pk}/", sent).status_code == 422
