"""A welcome packet: given once, with what is done already, and done with the last of its papers."""

import uuid

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.paperwork import packets, reading
from tenants.paperwork import papers as use_cases
from tenants.paperwork.models import ClientPaper, Paper
from tenants.registry.models import Tenant
from tests import worlds
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import COACH

LINK = {"name": "How to find us", "address": "https://example.org/map"}


def packet(tenant: Tenant, *inside: Paper, body: str = "Welcome, {{client_first_name}}.") -> Paper:
    parts = packets.written([*({"line": paper.line} for paper in inside), LINK])
    with tenant_context(tenant):
        return use_cases.save(
            line=None, kind="packet", name="Welcome", body=body, parts=parts, now=clock.now(), actor=COACH
        )


def give(tenant: Tenant, line: uuid.UUID, to: Client) -> list[ClientPaper]:
    with tenant_context(tenant), transaction.atomic():
        return packets.give_packet(line=line, client=to, now=clock.now(), actor=SYSTEM)


def progress(tenant: Tenant, of: Client) -> packets.Progress:
    with tenant_context(tenant):
        [found] = packets.progress(of)
        return found


def read(tenant: Tenant, given: ClientPaper) -> None:
    with tenant_context(tenant):
        reading.read(
            client_paper_id=given.pk,
            name="Cleo Adler",
            address="",
            agent="",
            now=clock.now(),
            actor=Actor("client", str(given.client_id)),
        )


def test_it_is_given_once_with_all_that_is_in_it(anna: Tenant) -> None:
    welcome = packet(anna, papers.form(anna), papers.document(anna))
    cleo = papers.client(anna)
    first, again = give(anna, welcome.line, cleo), give(anna, welcome.line, cleo)
    assert [each.pk for each in again] == [each.pk for each in first]
    assert first[0].text == "# Welcome\n\nWelcome, Cleo."
    assert [each.paper.name for each in first[1:]] == ["Intake form", "House rules"]
    shown = progress(anna, cleo)
    assert shown.words == "0 of 2 done"
    assert [(item.kind, item.name) for item in shown.items] == [
        ("form", "Intake form"),
        ("document", "House rules"),
        ("link", "How to find us"),
    ]
    assert shown.items[2].address == "https://example.org/map"


def test_it_is_done_with_the_last_of_its_papers(anna: Tenant) -> None:
    welcome = packet(anna, papers.form(anna), papers.document(anna))
    cleo = papers.client(anna)
    _own, form, rules = give(anna, welcome.line, cleo)
    papers.handed_in(anna, form)
    worlds.drain()
    assert progress(anna, cleo).words == "1 of 2 done"
    assert progress(anna, cleo).packet.status == "open"
    read(anna, rules)
    worlds.drain()
    shown = progress(anna, cleo)
    assert (shown.words, shown.packet.status) == ("2 of 2 done", "done")
    with tenant_context(anna):
        done = Event.objects.get(kind="packet.done")
    assert (done.subject_id, done.data["line"]) == (shown.packet.pk, str(welcome.line))
    assert len(give(anna, welcome.line, cleo)) == 1, "once per client"


def test_what_was_signed_before_paying_counts(anna: Tenant) -> None:
    agreement = papers.agreement(anna)
    welcome, cleo = packet(anna, agreement, papers.form(anna)), papers.client(anna)
    papers.accepted(anna, papers.given(anna, agreement, cleo, reference=uuid.uuid4()))
    given = give(anna, welcome.line, cleo)
    assert [each.paper.name for each in given] == ["Welcome", "Intake form"]
    assert progress(anna, cleo).words == "1 of 2 done"
    papers.handed_in(anna, given[1])
    worlds.drain()
    assert progress(anna, cleo).packet.status == "done"


def test_signing_the_last_paper_finishes_it(anna: Tenant) -> None:
    welcome, cleo = packet(anna, papers.agreement(anna)), papers.client(anna)
    [_own, agreement] = give(anna, welcome.line, cleo)
    papers.accepted(anna, agreement)
    worlds.drain()
    assert progress(anna, cleo).packet.status == "done"


def test_a_packet_that_is_switched_off_is_not_given(anna: Tenant) -> None:
    welcome, cleo = packet(anna, papers.form(anna)), papers.client(anna)
    with tenant_context(anna):
        use_cases.switch(line=welcome.line, on=False, now=clock.now(), actor=COACH)
    assert give(anna, welcome.line, cleo) == []


def test_a_changed_packet_stays_as_it_was_given(anna: Tenant) -> None:
    form, rules = papers.form(anna), papers.document(anna)
    welcome, cleo = packet(anna, form), papers.client(anna)
    give(anna, welcome.line, cleo)
    with tenant_context(anna):
        use_cases.save(
            line=welcome.line,
            kind="packet",
            name="Welcome",
            parts=packets.written([{"line": form.line}, {"line": rules.line}]),
            now=clock.now(),
            actor=COACH,
        )
    assert progress(anna, cleo).of == 1


def test_a_packet_holds_something() -> None:
    with pytest.raises(packets.EmptyPacket):
        packets.written([])
    with pytest.raises(packets.EmptyPacket, match="up to 30"):
        packets.written([LINK] * 31)
