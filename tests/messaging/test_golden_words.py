"""The mails of a coach who gives lessons to students. After a wanted change: GOLDEN=write, and read it."""

import re
from dataclasses import asdict

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.practice import change_practice
from tenants.offers.vocabulary import CHOICES
from tests.messaging import mailroom, test_golden, test_golden_packs, test_golden_retainers
from tests.messaging.mailroom import History
from tests.worlds import Shop

HISTORIES: dict[History, tuple[str, ...]] = {
    history: module.HISTORIES[history]
    for module, history in (
        (test_golden, test_golden.confirmed_online),
        (test_golden, test_golden.cancelled),
        (test_golden, test_golden.released_hold_lapsed),
        (test_golden_packs, test_golden_packs.pack_paid_later),
        (test_golden_packs, test_golden_packs.pack_sold_by_the_coach),
        (test_golden_retainers, test_golden_retainers.retainer_begun),
    )
}
USUAL = re.compile(r"\b(sessions?|clients?)\b", re.IGNORECASE)
ADDRESS = re.compile(r"\S*://\S*|\S+\.ics")


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), words=asdict(CHOICES["lesson"]))
    history(shop)
    mailroom.compare(f"lesson_{history.__name__}", HISTORIES[history])
    for message in mail.outbox:
        written = ADDRESS.sub("", f"{message.subject}\n{message.body}\n{mailroom.html_of(message)}")  # type: ignore[arg-type]
        assert USUAL.findall(written) == []
