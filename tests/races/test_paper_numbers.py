"""Many papers at once: each has its own number, and no number is left out, whatever fails meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity import events
from tenants.billing import numbering, receipts
from tenants.billing.documents import Paper, issue
from tenants.billing.models import Charge, Document, DocumentKind, DocumentSeries, PaymentAttempt
from tenants.billing.paper_lines import Line
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import papers
from tests.crowd import at_once, meeting
from tests.worlds import Shop


class Crash(Exception):
    """What a transaction was for came to nothing."""


@pytest.fixture
def charge(anna: Tenant) -> Charge:
    with tenant_context(anna):
        papers.receipt(charge := papers.charge())
        return charge


def receipt(tenant: Tenant, charge: Charge, reference: str = "") -> Document:
    with tenant_context(tenant):
        return papers.receipt(charge, reference)


def crashing(tenant: Tenant, charge: Charge) -> None:
    """A paper was numbered and written, and then its transaction fails."""
    with tenant_context(tenant), transaction.atomic():
        lines = [Line(charge.description, charge.amount_minor)]
        issue(paper=Paper(DocumentKind.RECEIPT, "crash", charge, lines), now=clock.now())
        raise Crash


def numbers(tenant: Tenant) -> list[int]:
    with tenant_context(tenant):
        return sorted(Document.objects.filter(kind="receipt").values_list("number", flat=True))


@contextmanager
def without_the_constraint(tenant: Tenant, owner: Any) -> Iterator[None]:
    """Papers as they would be if only looking protected their numbers."""
    table = f'"{tenant.schema_name}".billing_document'
    with owner.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT document_number")
        yield
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT document_number UNIQUE (kind, number)")


def without_the_lock(monkeypatch: pytest.MonkeyPatch, parties: int = 2) -> None:
    """Nobody waits for anybody, and all have looked before the first one writes."""
    unlocked = meeting(lambda kind: DocumentSeries.objects.get(kind=kind), parties)
    monkeypatch.setattr(numbering, "_locked", unlocked)


def test_looking_alone_would_give_one_number_twice(
    anna: Tenant, charge: Charge, as_owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_the_constraint(anna, as_owner):
        without_the_lock(monkeypatch)
        at_once([partial(receipt, anna, charge)] * 2)
        assert numbers(anna) == [1, 2, 2]


def test_without_the_lock_the_database_refuses_the_second(
    anna: Tenant, charge: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_lock(monkeypatch)
    got = at_once([partial(receipt, anna, charge)] * 2)
    [refused] = [each for each in got if isinstance(each, Exception)]
    assert isinstance(refused, IntegrityError)
    assert "document_number" in str(refused)
    assert numbers(anna) == [1, 2]


def test_twenty_at_once_have_twenty_numbers_without_a_gap(anna: Tenant, charge: Charge) -> None:
    got = at_once([partial(receipt, anna, charge)] * 20)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert numbers(anna) == list(range(1, 22))


def test_what_comes_to_nothing_gives_its_number_back(anna: Tenant, charge: Charge) -> None:
    fail, work = partial(crashing, anna, charge), partial(receipt, anna, charge)
    got = at_once([fail, work] * 6)
    assert [type(each) for each in got if isinstance(each, Exception)] == [Crash] * 6
    assert numbers(anna) == list(range(1, 8))


def test_ten_who_issue_the_same_paper_have_one(anna: Tenant, charge: Charge) -> None:
    got = at_once([partial(receipt, anna, charge, "the same")] * 10)
    assert len({each.pk for each in got if isinstance(each, Document)}) == 1, got
    assert numbers(anna) == [1, 2]


def test_the_first_papers_of_each_kind_begin_at_one(anna: Tenant) -> None:
    with tenant_context(anna):
        charge = papers.charge()

    def note() -> Document:
        with tenant_context(anna), transaction.atomic():
            paper = Paper(DocumentKind.CREDIT_NOTE, "note", charge, [Line("Repair", -4500)])
            return issue(paper=paper, now=clock.now())

    got = at_once([partial(receipt, anna, charge)] * 4 + [note] * 4)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert numbers(anna) == [1, 2, 3, 4]
    with tenant_context(anna):
        assert Document.objects.get(kind="credit_note").number == 1


def test_refunds_that_many_tell_of_at_once_are_noted_once(shop: Shop) -> None:
    """While they do so, more goes back: each looks under the lock, so none is noted twice or left out."""
    tenant = shop.tenant
    booking = worlds.sell(shop, worlds.session_type(tenant), at=worlds.hour(30))
    with tenant_context(tenant), transaction.atomic():
        told = {"kind": "payment.refunded", "subject_id": booking.pk, "actor": papers.COACH}
        event = events.record(**told, now=clock.now(), data={"purpose": "booking"})

    def more_goes_back(minor: int) -> None:
        with tenant_context(tenant), transaction.atomic():
            PaymentAttempt.objects.update(refunded_minor=F("refunded_minor") + minor)

    def tell() -> None:
        with tenant_context(tenant), transaction.atomic():
            receipts.on_refunded(event=event, now=clock.now())

    more_goes_back(1000)
    got = at_once([tell, tell, partial(more_goes_back, 500), tell, partial(more_goes_back, 250), tell, tell])
    assert got == [None] * 7
    tell()
    with tenant_context(tenant):
        notes = Document.objects.filter(kind="credit_note").values_list("number", "amount_minor")
        assert sum(minor for _, minor in notes) == -1750
        assert sorted(number for number, _ in notes) == list(range(1, len(notes) + 1))
