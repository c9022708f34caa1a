"""Papers in versions, and what is given to a client."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit.states import IllegalMove
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.paperwork import giving, links, papers, sending
from tenants.paperwork.merge_fields import UnknownField
from tenants.paperwork.models import ClientPaper, Paper, PaperKind
from tenants.registry.models import Tenant
from tests.crowd import at_once
from tests.paperwork.agreed import BODY, COACH, NOW, SOLD, accepted, given, written


def versions(paper: Paper) -> list[tuple[int, bool]]:
    rows = Paper.objects.filter(line=paper.line).order_by("version")
    return [(row.version, row.is_current) for row in rows]


def kinds_of_events() -> list[str]:
    return list(Event.objects.order_by("at", "pk").values_list("kind", flat=True))


# --- versions -----------------------------------------------------------------------------------------


def test_another_text_is_another_version_and_the_same_one_is_none(berlin: Tenant) -> None:
    paper = written()
    assert written(paper.line, body=BODY.replace("\n", "  \r\n") + "\r\n\r\n") == paper
    assert versions(paper) == [(1, True)]
    second = written(paper.line, body="Other words.", ask_again=True)
    assert versions(paper) == [(1, False), (2, True)]
    assert (second.ask_again, papers.current(line=paper.line)) == (True, second)
    assert papers.asked_again_from(line=paper.line) == 2
    assert papers.versions(line=paper.line) == [second, paper]
    assert kinds_of_events().count("paper.saved") == 2


def test_a_field_that_there_is_not_is_refused_when_it_is_saved(berlin: Tenant) -> None:
    with pytest.raises(UnknownField, match="client_nam"):
        written(body="Dear {{client_nam}}")
    with pytest.raises(papers.NothingToRead):
        written(body=" \n ")
    assert not Paper.objects.exists()


def test_who_looked_at_an_older_version_overwrites_nothing(berlin: Tenant) -> None:
    paper = written()
    second = written(paper.line, body="Second.", seen_version=1)
    with pytest.raises(papers.PaperChanged) as refused:
        written(paper.line, body="Third.", seen_version=1)
    assert refused.value.current == second
    assert versions(paper) == [(1, False), (2, True)]


def test_a_paper_out_of_use_stays_so_in_its_next_version(berlin: Tenant) -> None:
    paper = written()
    for _ in range(2):
        papers.switch(line=paper.line, on=False, now=NOW, actor=COACH)
    assert kinds_of_events().count("paper.switched") == 1
    assert not written(paper.line, body="Second.").is_active
    papers.switch(line=paper.line, on=True, now=NOW, actor=COACH)
    assert papers.current_of(lines=[paper.line, uuid4()])[paper.line].is_active
    assert [each.version for each in papers.current_of_kind(kind=PaperKind.AGREEMENT)] == [2]


# --- given to a client --------------------------------------------------------------------------------


def test_the_text_is_written_down_once_and_hashed(cleo: Client) -> None:
    mine = given(written(), cleo, values=SOLD)
    assert mine.text.startswith(
        "# Coaching agreement\n\nThis is between Anna and Cleo Smith, from 3 May 2026."
    )
    assert "You pay €450.00" in mine.text
    assert mine.text_hash == hashlib.sha256(mine.text.encode()).hexdigest()
    with transaction.atomic():
        Client.objects.filter(pk=cleo.pk).update(name="Cleopatra")
    assert "Cleo Smith" in ClientPaper.objects.get(pk=mine.pk).text


def test_payer_and_beneficiary_have_one_each(cleo: Client) -> None:
    with transaction.atomic():
        mara = Client.objects.create(name="Mara", email="mara@example.com")
    paper = written()
    priced = given(paper, cleo, values=SOLD)
    without = given(paper, mara, values=SOLD, hides_prices=True, twin=priced)
    assert "450.00" not in without.text
    assert "What it costs" not in without.text
    assert (without.twin, without.text_hash != priced.text_hash) == (priced, True)


def test_the_same_paper_is_given_once(cleo: Client) -> None:
    paper, order = written(), uuid4()
    first = given(paper, cleo)
    assert given(paper, cleo, at=NOW + timedelta(days=3)) == first
    assert given(paper, cleo, reference=order) != first
    accepted(first)
    assert given(paper, cleo, at=NOW + timedelta(days=9)) == first
    assert given(paper, cleo, at=NOW + timedelta(days=9), again=True) != first


def test_what_is_open_is_not_signed_in_words_that_hold_no_more(cleo: Client) -> None:
    paper = written()
    first = given(paper, cleo, values=SOLD)
    dearer = given(paper, cleo, values={**SOLD, "price": "€500.00"})
    newer = given(written(paper.line, body="Second."), cleo)
    rows = ClientPaper.objects.order_by("given_at", "pk").values_list("pk", "status")
    assert list(rows) == [(first.pk, "withdrawn"), (dearer.pk, "withdrawn"), (newer.pk, "open")]


def test_a_newer_text_is_not_on_its_way_because_an_older_one_was(cleo: Client) -> None:
    paper = written()
    sending.send(line=paper.line, client_id=cleo.pk, now=NOW, actor=COACH)
    newer = written(paper.line, body="Second.")
    sent = sending.send(line=newer.line, client_id=cleo.pk, now=NOW + timedelta(minutes=1), actor=COACH)
    assert (sent.paper, sent.sent_at) == (newer, NOW + timedelta(minutes=1))
    assert kinds_of_events().count("paper.sent") == 2


def test_everybody_is_asked_again_only_where_a_version_says_so(cleo: Client) -> None:
    paper = written()
    first = given(paper, cleo)
    accepted(first)
    assert given(written(paper.line, body="Second."), cleo) == first
    asked = given(written(paper.line, body="Third.", ask_again=True), cleo)
    assert asked != first
    accepted(asked)
    assert given(written(paper.line, body="Fourth."), cleo) == asked


def test_two_at_once_give_one(berlin: Tenant, cleo: Client) -> None:
    paper = written()

    def give_it() -> ClientPaper:
        with tenant_context(berlin):
            return given(paper, cleo)

    assert len(set(at_once([give_it, give_it]))) == 1
    assert ClientPaper.objects.count() == 1


def test_withdrawn_and_given_anew(cleo: Client) -> None:
    mine = given(written(), cleo)
    giving.withdraw(client_paper_id=mine.pk, now=NOW, actor=COACH)
    with pytest.raises(IllegalMove):
        giving.withdraw(client_paper_id=mine.pk, now=NOW, actor=COACH)
    anew = giving.give_anew(client_paper_id=mine.pk, now=NOW, actor=COACH)
    assert (anew.pk != mine.pk, anew.status) == (True, "open")
    again = giving.give_anew(client_paper_id=anew.pk, now=NOW, actor=COACH)
    assert ClientPaper.objects.get(pk=anew.pk).status == "withdrawn"
    papers.switch(line=mine.paper.line, on=False, now=NOW, actor=COACH)
    with pytest.raises(giving.CannotBeGiven, match="not in use"):
        giving.give_anew(client_paper_id=again.pk, now=NOW, actor=COACH)
    assert kinds_of_events().count("paper.withdrawn") == 2


def test_what_goes_with_something_sold_is_sent_with_that(cleo: Client) -> None:
    mine = given(written(), cleo, reference=uuid4(), values=SOLD)
    with pytest.raises(giving.CannotBeGiven, match="what was offered"):
        giving.give_anew(client_paper_id=mine.pk, now=NOW, actor=COACH)


def test_a_changed_link_ends_the_old_one_and_none_opens_elsewhere(
    berlin: Tenant, ben: Tenant, cleo: Client
) -> None:
    mine = given(written(), cleo)
    old = links.token_of(mine)
    assert links.paper_by(old).pk == mine.pk
    assert links.path_of(mine) == f"/sign/{old}/"
    assert links.address_of(mine).endswith(f".localhost:8000/sign/{old}/")
    changed = giving.change_link(client_paper_id=mine.pk, now=NOW, actor=COACH)
    new = links.token_of(changed)
    assert links.paper_by(new).pk == mine.pk
    with pytest.raises(links.BadLink):
        links.paper_by(old)
    with tenant_context(ben), pytest.raises(links.BadLink):
        links.paper_by(new)
