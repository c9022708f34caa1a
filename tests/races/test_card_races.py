"""Cards are kept, replaced and refused while others pay with them: one may wait, none may wait for ever."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing import by_link, cards, collecting, instalments
from tenants.billing.decisions import settle
from tenants.billing.models import Instalment, SavedCard
from tenants.billing.sales import Mandated
from tenants.packs.models import Pack
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.crowd import Meeting, at_once, meeting
from tests.journeys.steps import later
from tests.worlds import Shop

NEW_CARDS = ("5555555555554444", "4242424242424242")
KEPT_FOR = Mandated("instalment", "Charge my card for the rest.", "203.0.113.7")


@pytest.fixture
def late(shop: Shop) -> Iterator[list[Pack]]:
    """Two packs of one client, whose card was refused for the second part of both: the client is asked."""
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        packs = [owing.pack_in_three(shop), owing.pack_in_three(shop)]
        for card in kept(shop):
            shop.stripe.decline_from_now_on(card.method_id, "expired_card")
        calendar.go_to(owing.parts_of(shop, packs[1])[1].due_at)
        yield packs


def kept(shop: Shop) -> list[SavedCard]:
    with tenant_context(shop.tenant):
        return list(SavedCard.objects.filter(removed_at=None).order_by("pk"))


def a_page_paid(shop: Shop, pack: Pack, card: str) -> Callable[[], Any]:
    """The client pays the late part, and has this card kept; what is left is to settle it."""
    with tenant_context(shop.tenant):
        by_link.pay(
            charge_id=owing.charge_of(shop, pack).pk,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
            mandate=KEPT_FOR,
        )
    worlds.pay(shop, pack, card=card)
    attempt_id = owing.payments_of(shop, pack)[-1].pk

    def press() -> Any:
        with tenant_context(shop.tenant):
            return settle(attempt_id=attempt_id, now=clock.now())

    return press


def test_two_late_parts_are_paid_at_once_and_each_keeps_a_card(
    shop: Shop, late: list[Pack], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each had its own part locked, and tried the other's with its new card."""
    pages = [a_page_paid(shop, pack, card) for pack, card in zip(late, NEW_CARDS, strict=True)]
    monkeypatch.setattr(instalments, "fill", meeting(instalments.fill, 2))
    got = at_once(pages)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert [owing.paid_so_far(shop, pack)[1] for pack in late] == [("paid", 3335)] * 2


def test_a_refusal_and_a_card_that_its_bank_replaces(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wrote down the refusal had the part and wanted the card; who saw the new card had that first."""
    pack = owing.pack_in_three(shop)
    second, [card] = owing.parts_of(shop, pack)[1], kept(shop)
    shop.stripe.decline_from_now_on(card.method_id)
    with later(shop.stripe, (second.due_at - clock.now()).total_seconds() + 5):
        meets = Meeting(monkeypatch)
        meets.after(instalments, "change")
        got = at_once([charging(shop, second), meets.press(replaced(shop, card))])
        assert [each for each in got if isinstance(each, Exception)] == []
        worlds.sweep()
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def charging(shop: Shop, part: Instalment) -> Callable[[], Any]:
    def charge() -> Any:
        with tenant_context(shop.tenant):
            return collecting.look_after(reference=part.pk, now=clock.now())

    return charge


def replaced(shop: Shop, card: SavedCard) -> Callable[[], Any]:
    """The bank sends the client another card, with which it pays again, and Stripe tells of it."""

    def replace() -> Any:
        shop.stripe.accept_again(card.method_id)
        shop.stripe.replace_card(card.method_id)
        with tenant_context(shop.tenant):
            return cards.on_stripe_event(
                account_id=shop.account_id,
                schema_name=shop.tenant.schema_name,
                object_id=card.method_id,
                now=clock.now(),
            )

    return replace
