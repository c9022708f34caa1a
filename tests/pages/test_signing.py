"""An agreement at its link: read, accepted by typing one's name, declined, kept as a document."""

from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from public_pages.paperwork.way_back import with_way_back
from tenants.clients.models import Client
from tenants.paperwork import accepting, giving, links
from tenants.paperwork.models import Acceptance, ClientPaper, Paper, PaperKind
from tenants.registry.models import Tenant
from tests import worlds
from tests.pages.clients import browser, counted, words
from tests.paperwork import agreed
from tests.pdf_text import text_of

MOST_QUERIES = 6
NAME = "Cleo O’Hara <b>"


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    with tenant_context(anna), transaction.atomic():
        return Client.objects.create(name="Cleo *Smith*", email="cleo@example.com")


@pytest.fixture
def mine(anna: Tenant, cleo: Client) -> ClientPaper:
    with tenant_context(anna):
        return agreed.given(agreed.written(), cleo, at=clock.now(), values=agreed.SOLD)


def page_of(tenant: Tenant, given: ClientPaper) -> str:
    with tenant_context(tenant):
        return links.path_of(given)


def press(tenant: Tenant, given: ClientPaper, **said: Any) -> Any:
    typed = {"name": NAME, "shown": given.text_hash, **said}
    visitor = browser(tenant)
    return visitor.post(
        f"{page_of(tenant, given)}accept", typed, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Phone 7"
    )


def test_the_text_comes_first_and_the_signature_after_it(anna: Tenant, mine: ClientPaper) -> None:
    answer = browser(anna).get(page_of(anna, mine))
    page = answer.text
    assert page.count("<h1") == 1
    assert "<h1>Coaching agreement</h1>" in page
    assert "Cleo *Smith*" in words(page)
    assert "€450.00" in page
    assert page.index('href="#part-1"') < page.index('id="part-1"') < page.index('name="shown"')
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Robots-Tag"] == "noindex"
    with counted() as queries:
        browser(anna).get(page_of(anna, mine))
    assert len(queries) <= MOST_QUERIES, queries


def test_looking_at_it_accepts_nothing_and_counts_for_nothing(anna: Tenant, mine: ClientPaper) -> None:
    for path in ("", "agreement.pdf", "agreement.txt", "decline"):
        assert browser(anna).get(page_of(anna, mine) + path).status_code == 200
    assert browser(anna).get(f"{page_of(anna, mine)}accept").status_code == 405
    with tenant_context(anna):
        left = ClientPaper.objects.get(pk=mine.pk)
    assert (left.status, left.seen_at) == ("open", None)


def test_accepting_keeps_who_when_and_from_where(anna: Tenant, mine: ClientPaper) -> None:
    answer = press(anna, mine)
    assert (answer.status_code, answer["Location"]) == (302, page_of(anna, mine))
    with tenant_context(anna):
        kept = Acceptance.objects.get()
    assert (kept.name, kept.address, kept.agent) == (NAME, "203.0.113.9", "Phone 7")
    assert (kept.text, kept.text_hash) == (mine.text, mine.text_hash)
    page = browser(anna).get(page_of(anna, mine)).text
    shown = words(page)
    for said in ("Accepted", "What happens next", NAME, "203.0.113.9", "Phone 7", kept.text_hash):
        assert said in shown, said
    assert "<b>" not in page
    assert "I accept" not in shown


def test_pressed_twice_gone_back_and_pressed_again_it_is_accepted_once(
    anna: Tenant, mine: ClientPaper
) -> None:
    for name in (NAME, "Another", NAME):
        assert press(anna, mine, name=name)["Location"] == page_of(anna, mine)
    with tenant_context(anna):
        assert [each.name for each in Acceptance.objects.all()] == [NAME]


def test_without_a_name_nothing_is_accepted(anna: Tenant, mine: ClientPaper) -> None:
    answer = press(anna, mine, name="  ")
    assert answer.status_code == 422
    assert "Type your full name" in words(answer.text)
    with tenant_context(anna):
        assert not Acceptance.objects.exists()


def test_another_text_is_shown_again_with_what_was_typed(anna: Tenant, mine: ClientPaper) -> None:
    answer = press(anna, mine, shown="0" * 64)
    assert answer.status_code == 409
    assert "not the text that you have read" in words(answer.text)
    assert 'value="Cleo O’Hara &lt;b&gt;"' in answer.text
    assert mine.text_hash in answer.text


def test_it_is_declined_with_words_for_the_coach(anna: Tenant, mine: ClientPaper) -> None:
    visitor, page = browser(anna), page_of(anna, mine)
    assert visitor.post(f"{page}decline", {"words": "x" * 1001}).status_code == 422
    for _ in range(2):
        answer = visitor.post(f"{page}decline", {"words": "Too <b>long</b>."})
        assert answer["Location"] == page
    shown = visitor.get(page).text
    assert "You have declined this" in words(shown)
    assert "Too &lt;b&gt;long" in shown
    assert visitor.get(f"{page}decline")["Location"] == page
    assert press(anna, mine)["Location"] == page
    with tenant_context(anna):
        assert not Acceptance.objects.exists()


def test_what_is_withdrawn_shows_its_text_to_nobody(anna: Tenant, mine: ClientPaper) -> None:
    with tenant_context(anna):
        giving.withdraw(client_paper_id=mine.pk, now=clock.now(), actor=agreed.COACH)
    page = browser(anna).get(page_of(anna, mine)).text
    assert "not to be accepted any more" in words(page)
    assert "€450.00" not in page
    for path in ("agreement.pdf", "agreement.txt"):
        assert browser(anna).get(page_of(anna, mine) + path).status_code == 404


def test_the_newest_one_comes_by_mail_only(anna: Tenant, mine: ClientPaper, cleo: Client) -> None:
    page, visitor = page_of(anna, mine), browser(anna)
    assert visitor.post(f"{page}newest")["Location"] == page
    with tenant_context(anna):
        newer = agreed.given(agreed.written(mine.paper.line, body="Second."), cleo, at=clock.now())
    shown = visitor.get(page).text
    assert "A newer version" in words(shown)
    assert page_of(anna, newer) not in shown
    for _ in range(2):
        assert visitor.post(f"{page}newest")["Location"] == page
    worlds.sweep()
    [message] = mail.outbox
    assert message.to == ["cleo@example.com"]
    assert page_of(anna, newer) in message.body


def test_what_changed_since_the_one_that_was_accepted(anna: Tenant, mine: ClientPaper, cleo: Client) -> None:
    press(anna, mine)
    with tenant_context(anna):
        body = agreed.BODY.replace("24 hours", "48 hours")
        newer = agreed.written(mine.paper.line, body=body, ask_again=True)
        again = agreed.given(newer, cleo, at=clock.now(), values=agreed.SOLD)
    page = browser(anna).get(page_of(anna, again)).text
    assert "What changed since" in words(page)
    assert "[removed: </span>24" in page
    assert "[added: </span>48" in page
    assert "What changed" not in words(browser(anna).get(page_of(anna, mine)).text)


def test_it_goes_on_where_it_was_required(anna: Tenant, mine: ClientPaper) -> None:
    with tenant_context(anna):
        way = with_way_back(links.path_of(mine), path="/b/somewhere/")
    page = browser(anna).get(way).text
    then = page.partition('name="then" value="')[2].partition('"')[0]
    assert press(anna, mine, then=then)["Location"] == "/b/somewhere/"
    assert 'href="/b/somewhere/"' in browser(anna).get(way).text
    assert press(anna, mine, then="//evil.example/")["Location"] == page_of(anna, mine)


def test_the_document_and_the_exact_text(anna: Tenant, mine: ClientPaper) -> None:
    press(anna, mine)
    visitor, page = browser(anna), page_of(anna, mine)
    answer = visitor.get(f"{page}agreement.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert mine.text_hash in text_of(answer.content).replace(" ", "").replace("\n", "")
    text = visitor.get(f"{page}agreement.txt")
    assert giving.hash_of(text.content.decode()) == mine.text_hash


def test_a_link_opens_agreements_only_and_for_its_own_coach(
    anna: Tenant, ben: Tenant, mine: ClientPaper, cleo: Client
) -> None:
    page = page_of(anna, mine)
    for path in ("", "accept", "decline", "agreement.pdf"):
        for answer in (browser(ben).get(page + path), browser(ben).post(page + path)):
            assert answer.status_code in (404, 405), path
    with tenant_context(anna):
        form = agreed.given(agreed.written(kind=PaperKind.FORM, name="Intake", body=""), cleo)
        token = links.token_of(form)
    assert browser(anna).get(f"/sign/{token}/").status_code == 404
    assert browser(anna).post(f"/sign/{token}/accept").status_code == 404
    assert browser(anna).get("/sign/nonsense/").status_code == 404


def test_two_versions_of_one_agreement_name_no_price_to_who_does_not_pay(
    anna: Tenant, mine: ClientPaper
) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            mara = Client.objects.create(name="Mara", email="mara@example.com")
        without = agreed.given(
            Paper.objects.get(), mara, at=clock.now(), values=agreed.SOLD, hides_prices=True, twin=mine
        )
    press(anna, mine)
    press(anna, without, name="Mara")
    visitor, page = browser(anna), page_of(anna, without)
    for path in ("", "agreement.txt"):
        told = visitor.get(page + path).content.decode()
        assert "450.00" not in told
        assert "45.00" not in told
    assert "450.00" not in text_of(visitor.get(f"{page}agreement.pdf").content)
    assert accepting.hash_of(without.text) != mine.text_hash
