"""A payment's page, and money that goes back from it: read first, pressed once."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.ids import uuid7
from tenants.billing.models import PaymentAttempt, Refund
from tenants.packs.models import Pack
from tenants.scheduling import links
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.journeys import steps
from tests.scheduling import booked
from tests.worlds import Shop

MOST_QUERIES = 14


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """Paid, 45.00, of which 4.50 are the platform's."""
    worlds.set_free_units(shop.tenant, 0)
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))


def payment_of(shop: Shop, what: Booking | Pack) -> str:
    return f"money/payments/{worlds.attempt_for(shop.tenant, what).pk}/"


def words(answer: HttpResponse) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def read(shop: Shop, path: str) -> str:
    answer = Coach(shop.tenant).get(path)
    assert answer.status_code == 200, path
    return words(answer)


def hidden(answer: HttpResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, name
    return found[1]


def review(shop: Shop, what: Any, **typed: str) -> HttpResponse:
    asked = {"how": "whole", "because": "goodwill", **typed}
    return Coach(shop.tenant).get(payment_of(shop, what) + "refund/", data=asked)


def pressed(shop: Shop, what: Any, seen: HttpResponse, **typed: str) -> HttpResponse:
    sent = {name: hidden(seen, name) for name in ("how", "amount", "because", "key", "shown")}
    return Coach(shop.tenant).post(payment_of(shop, what) + "refund/", {**sent, **typed})


def refunds(shop: Shop) -> list[Refund]:
    with tenant_context(shop.tenant):
        return list(Refund.objects.order_by("created_at"))


# --- the page ----------------------------------------------------------------------------------------


def test_a_payment_tells_what_it_was_for_what_it_cost_and_what_is_left(shop: Shop, sold: Booking) -> None:
    page = read(shop, payment_of(shop, sold))
    fee = worlds.attempt_for(shop.tenant, sold).processor_fee_minor or 0
    for said in ("Payment by Cleo", "Lesson", "€45.00", "10%", "−€4.50", "Visa 4242"):
        assert said in page, said
    assert f"−€{fee / 100:.2f}" in page
    assert f"Net €{(4500 - 450 - fee) / 100:.2f}" in page
    assert "With Stripe’s next payout after" in page


def test_a_free_session_is_named_on_the_page_of_its_payment(shop: Shop) -> None:
    sold = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    page = read(shop, payment_of(shop, sold))
    assert "Platform fee free session 1 of 10 €0.00" in page


def test_a_fee_that_stripe_has_not_told_is_pending(shop: Shop) -> None:
    shop.stripe.settle_after(600)
    sold = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))
    assert "Card processing: pending" in read(shop, payment_of(shop, sold))


def test_only_what_took_money_is_a_payment(shop: Shop) -> None:
    held = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(300))
    worlds.book(shop.tenant, held)
    coach = Coach(shop.tenant)
    assert coach.get(payment_of(shop, held)).status_code == 404
    assert coach.get(payment_of(shop, held) + "refund/").status_code == 404


def test_every_line_of_money_leads_to_its_payment(shop: Shop, sold: Booking) -> None:
    coach, page = Coach(shop.tenant), payment_of(shop, sold)
    for path in ("money/", f"booking/{sold.pk}/", f"clients/{sold.client_id}/"):
        assert f'href="{coach.base}{page}"' in coach.read(path), path


def test_pages_of_a_payment_stay_within_their_budget(shop: Shop, sold: Booking) -> None:
    for number in range(3):
        pressed(shop, sold, review(shop, sold, how="part", amount=f"{number + 1}"))
    worlds.sweep()
    coach, page = Coach(shop.tenant), payment_of(shop, sold)
    for path in (page, f"{page}refund/", f"{page}refund/?how=whole&because=goodwill"):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(path).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(queries) <= MOST_QUERIES, "\n".join([path, *queries])


# --- giving back -------------------------------------------------------------------------------------


def test_what_it_means_is_read_before_the_press_and_true_after_it(shop: Shop, sold: Booking) -> None:
    seen = review(shop, sold)
    page = words(seen)
    fee = worlds.attempt_for(shop.tenant, sold).processor_fee_minor or 0
    for said in (
        "€45.00 goes back to the card Visa 4242 of Cleo.",
        "The platform returns €4.50 of its fee to you.",
        f"Stripe keeps its own fee of €{fee / 100:.2f}. It does not come back.",
        "The session stays booked, as a gift from you.",
        "Cancel the session instead",
        f"In the end this payment has cost you €{fee / 100:.2f}.",
        "Refund €45.00 to Cleo",
    ):
        assert said in page, said
    assert refunds(shop) == []
    answer = pressed(shop, sold, seen)
    assert answer.status_code == 303
    assert "Being sent" in read(shop, payment_of(shop, sold))
    worlds.sweep()
    after = read(shop, payment_of(shop, sold))
    for said in ("Refunded −€45.00", "Platform fee returned €4.50", f"Net −€{fee / 100:.2f}", "As a favour"):
        assert said in after, said
    assert worlds.reread(shop.tenant, sold).status == "confirmed"
    assert "Refunded" in read(shop, f"booking/{sold.pk}/")
    assert re.search("Receipt .* Credit note ", after)


def test_the_client_still_has_a_session_that_was_refunded_here(shop: Shop, sold: Booking) -> None:
    pressed(shop, sold, review(shop, sold))
    worlds.sweep()
    with tenant_context(shop.tenant):
        address = links.address_of(sold).split("8000")[1]
    answer = Browser(HTTP_HOST=shop.host).get(address)
    assert answer.status_code == 200
    assert "Lesson" in words(answer)  # type: ignore[arg-type]
    called_off = Coach(shop.tenant).post(f"booking/{sold.pk}/call-off", {"cause": "coach"})
    assert called_off.status_code == 303
    with clock.travel(61):
        worlds.drain()
    assert worlds.reread(shop.tenant, sold).status == "cancelled"
    assert len(refunds(shop)) == 1


def test_while_a_refund_is_on_its_way_the_page_looks_again(shop: Shop, sold: Booking) -> None:
    pressed(shop, sold, review(shop, sold, how="part", amount="10"))
    coach, page = Coach(shop.tenant), payment_of(shop, sold)
    assert 'hx-trigger="every 4s"' in coach.read(page)
    worlds.sweep()
    assert "hx-trigger" not in coach.read(page)


def test_a_part_leaves_the_rest_to_be_given_back(shop: Shop, sold: Booking) -> None:
    assert pressed(shop, sold, review(shop, sold, how="part", amount="15,00")).status_code == 303
    assert "All that is left: €30.00" in words(review(shop, sold))
    assert [each.amount_minor for each in refunds(shop)] == [1500]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type how much goes back."),
        ("0", "Type an amount above 0."),
        ("45.01", "At most €45.00 can go back."),
        ("lots", "is not an amount"),
    ],
)
def test_what_cannot_go_back_is_told_and_kept(shop: Shop, sold: Booking, typed: str, told: str) -> None:
    for answer in (
        review(shop, sold, how="part", amount=typed),
        pressed(shop, sold, review(shop, sold), how="part", amount=typed),
    ):
        assert answer.status_code == 422
        assert told in words(answer)
        assert typed in answer.content.decode()
    assert refunds(shop) == []


def test_a_double_press_is_one_refund(shop: Shop, sold: Booking) -> None:
    for how in ({"how": "part", "amount": "10"}, {"how": "whole"}):
        seen = review(shop, sold, **how)
        answers = [pressed(shop, sold, seen) for _ in range(2)]
        assert [each.status_code for each in answers] == [303, 303]
    worlds.sweep()
    assert [each.amount_minor for each in refunds(shop)] == [1000, 3500]


def test_what_has_changed_since_the_look_is_shown_again(shop: Shop, sold: Booking) -> None:
    seen = review(shop, sold)
    pressed(shop, sold, review(shop, sold, how="part", amount="5"))
    answer = pressed(shop, sold, seen)
    assert answer.status_code == 409
    assert "Nothing was refunded" in words(answer)
    assert "Refund €40.00 to Cleo" in words(answer)
    assert len(refunds(shop)) == 1
    assert pressed(shop, sold, answer).status_code == 303


@pytest.mark.parametrize("sent", [{"key": ""}, {"shown": "x"}])
def test_a_press_that_saw_nothing_refunds_nothing(shop: Shop, sold: Booking, sent: dict[str, str]) -> None:
    assert pressed(shop, sold, review(shop, sold), **sent).status_code == 409
    assert refunds(shop) == []


def test_where_all_is_back_nothing_more_is_offered(shop: Shop, sold: Booking) -> None:
    pressed(shop, sold, review(shop, sold))
    coach, page = Coach(shop.tenant), payment_of(shop, sold)
    assert f"{page}refund/" not in coach.read(page)
    answer = coach.get(f"{page}refund/")
    assert answer.status_code == 409
    assert "Nothing is left of this payment" in words(answer)


def test_a_refusal_is_told_and_tried_again(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_asked: Any) -> None:
        raise gateway.GatewayRefused("insufficient_funds", None, "Your balance is too low.")

    pressed(shop, sold, review(shop, sold))
    with monkeypatch.context() as at_stripe:
        at_stripe.setattr(gateway, "refund", refuse)
        worlds.sweep()
    page = read(shop, payment_of(shop, sold))
    assert "your balance at Stripe is too low for it. The money is still with you." in page
    coach = Coach(shop.tenant)
    assert "A refund was not made" in words(coach.get())
    [refused] = refunds(shop)
    answers = [coach.post(f"money/refunds/{refused.pk}/again") for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert "A refund was not made" not in words(coach.get())
    worlds.sweep()
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 4500


def test_a_refund_of_stripes_dashboard_stands_beside_ours(shop: Shop, sold: Booking) -> None:
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 700)
    worlds.hear_stripe(shop.stripe)
    assert "Made in Stripe’s dashboard" in read(shop, payment_of(shop, sold))


def test_units_that_go_and_used_ones_that_are_owed_are_told(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    for number in range(2):
        booked.with_unit(shop.tenant, kind, pack, at=worlds.hour(300 + 2 * number))
    page = words(review(shop, pack))
    assert "8 sessions of the pack go with it." in page
    assert "Used sessions stay used: €90.00 for them becomes owed to you." in page
    assert "10 free sessions are yours again." in page
    assert pressed(shop, pack, review(shop, pack)).status_code == 303
    worlds.sweep()
    after = worlds.reread_pack(shop.tenant, pack)
    assert (booked.balance(shop.tenant, pack), after.owed_minor) == (0, 9000)
    assert steps.numbers_taken(shop) == set()


def test_nothing_of_another_coach_is_refunded(shop: Shop, sold: Booking, ben: Any) -> None:
    stranger, page = Coach(ben), payment_of(shop, sold)
    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}refund/", {"how": "whole", "because": "goodwill"}).status_code == 404
    assert stranger.post(f"money/refunds/{uuid7()}/again").status_code == 404
    with tenant_context(shop.tenant):
        assert not PaymentAttempt.objects.filter(refunds__isnull=False).exists()


def test_after_the_session_it_is_about_money_only(shop: Shop, sold: Booking) -> None:
    with clock.travel(400 * 3600):
        page = words(review(shop, sold))
    assert "The session stays as it is: this is about money only." in page
    assert "Cancel the session instead" not in page
