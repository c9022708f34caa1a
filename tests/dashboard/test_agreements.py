"""The coach's agreements: written, previewed, sent, followed, and seen on Today while nobody answers."""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.clients.models import Client
from tenants.dashboard.agreement_words import STARTER
from tenants.offers.models import Practice
from tenants.paperwork import accepting, links, papers
from tenants.paperwork.models import ClientPaper, Paper
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.paperwork import agreed

MOST_QUERIES = 12
TEXT = {"name": "Coaching agreement", "body": agreed.BODY}


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    with tenant_context(anna), transaction.atomic():
        return Client.objects.create(name="Cleo <Smith>", email="cleo@example.com")


@pytest.fixture
def paper(anna: Tenant) -> Paper:
    with tenant_context(anna):
        return agreed.written()


def only(tenant: Tenant) -> ClientPaper:
    with tenant_context(tenant):
        return ClientPaper.objects.select_related("paper").get()


def sent(tenant: Tenant, paper: Paper, client: Client) -> ClientPaper:
    answer = Coach(tenant).post(f"offers/agreements/{paper.line}/send/", {"client": str(client.pk)})
    assert answer.status_code == 303, answer.content.decode()
    return only(tenant)


def accept(tenant: Tenant, given: ClientPaper) -> None:
    with tenant_context(tenant):
        agreed.accepted(given)


def of(given: ClientPaper) -> str:
    return f"offers/agreements/given/{given.pk}/"


# --- written ------------------------------------------------------------------------------------------


def test_it_begins_with_a_text_of_ours_that_is_no_advice(anna: Tenant) -> None:
    coach = Coach(anna)
    assert "No agreements yet" in coach.read("offers/agreements/")
    page = coach.read("offers/agreements/new/?starter=1")
    assert "Not legal advice" in page
    assert "What coaching is not" in page
    answer = coach.post("offers/agreements/new/", {"name": "Ours", "body": STARTER})
    assert answer.status_code == 303
    assert "Ours" in coach.read("offers/agreements/")
    assert "nobody has it yet" in coach.read("offers/agreements/")


def test_a_mistake_names_the_field_and_loses_nothing(anna: Tenant) -> None:
    answer = Coach(anna).post("offers/agreements/new/", {**TEXT, "body": "Dear {{client_nmae}}, much text"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "There is no field “{{client_nmae}}”" in page
    assert "much text" in page
    with tenant_context(anna):
        assert not Paper.objects.exists()


def test_the_preview_shows_both_versions_and_saves_nothing(anna: Tenant) -> None:
    answer = Coach(anna).post("offers/agreements/new/", {**TEXT, "preview": "1"})
    page = answer.content.decode()
    priced, _, without = page.partition('id="as-read-without"')
    assert answer.status_code == 200
    assert "€450.00" in priced
    assert "Kim Example" in priced
    assert "€450.00" not in without
    assert "Kim Example" in without
    assert "still names an amount" not in page
    with tenant_context(anna):
        assert not Paper.objects.exists()


def test_the_preview_says_where_an_amount_stands_outside_the_block(anna: Tenant) -> None:
    body = f"{agreed.BODY}\n\nA late cancel costs €20.00."
    answer = Coach(anna).post("offers/agreements/new/", {**TEXT, "body": body, "preview": "1"})
    page = answer.content.decode()
    assert "This version still names an amount" in page
    assert "€20.00. Put it" in page


def test_a_change_is_a_version_and_what_it_changed_can_be_read(anna: Tenant, paper: Paper) -> None:
    coach, page = Coach(anna), f"offers/agreements/{paper.line}/"
    body = agreed.BODY.replace("24 hours", "48 hours")
    assert "[added: </span>48" in coach.post(page, {**TEXT, "body": body, "preview": "1"}).content.decode()
    for _ in range(2):
        assert coach.post(page, {**TEXT, "body": body, "ask_again": "on"}).status_code == 303
    with tenant_context(anna):
        newer, first = papers.versions(line=paper.line)
    assert (newer.version, newer.ask_again, first.is_current) == (2, True, False)
    assert "everybody is asked again" in coach.read(page)
    assert "[removed: </span>24" in coach.read(f"offers/agreements/versions/{newer.pk}/")
    assert "What it changed" not in coach.read(f"offers/agreements/versions/{first.pk}/")


def test_who_looked_at_an_older_version_is_told(anna: Tenant, paper: Paper) -> None:
    coach, page = Coach(anna), f"offers/agreements/{paper.line}/"
    coach.post(page, {**TEXT, "body": "Second.", "seen_version": "1"})
    answer = coach.post(page, {**TEXT, "body": "Third.", "seen_version": "1"})
    assert answer.status_code == 409
    assert "Changed in the meantime" in answer.content.decode()
    assert "Third." in answer.content.decode()


def test_a_paper_is_taken_out_of_use_and_back(anna: Tenant, paper: Paper, cleo: Client) -> None:
    coach, page = Coach(anna), f"offers/agreements/{paper.line}/"
    coach.post(f"{page}switch", {"to": "off"})
    assert "Not in use" in coach.read("offers/agreements/")
    answer = coach.post(f"{page}send/", {"client": str(cleo.pk)})
    assert answer.status_code == 409
    assert "is not in use" in answer.content.decode()
    coach.post(f"{page}switch", {"to": "on"})
    assert "Not in use" not in coach.read("offers/agreements/")


def test_the_words_of_the_mail_are_the_coachs(anna: Tenant, paper: Paper, cleo: Client) -> None:
    coach = Coach(anna)
    wrong = coach.post("offers/agreements/mail/", {"subject": "Hi {{name}}", "body": "Words"})
    assert wrong.status_code == 422
    typed = {"subject": "For {{client_name}}", "body": "My own words.\r\n\r\n{{coach_name}}"}
    assert coach.post("offers/agreements/mail/", typed).status_code == 303
    assert "My own words." in coach.read(f"offers/agreements/{paper.line}/send/")
    sent(anna, paper, cleo)
    worlds.sweep()
    [message] = mail.outbox
    assert message.subject == "For Cleo <Smith>"
    assert "My own words.\n\nAnna" in message.body
    with tenant_context(anna):
        assert Practice.objects.get().proposal_mail["body"] == "My own words.\n\n{{coach_name}}"


# --- on its way to a client ---------------------------------------------------------------------------


def test_it_is_sent_followed_and_kept(anna: Tenant, paper: Paper, cleo: Client) -> None:
    coach = Coach(anna)
    given = sent(anna, paper, cleo)
    assert given.sent_at is not None
    page = coach.read(of(given))
    with tenant_context(anna):
        assert links.address_of(given) in page
    assert "Not accepted yet" in page
    assert "Cleo &lt;Smith&gt;" in page
    assert "1 open" in coach.read("offers/agreements/")
    accept(anna, given)
    page = coach.read(of(given))
    for said in ("Accepted", "Certificate of acceptance", "203.0.113.7", given.text_hash):
        assert said in page
    assert "1 accepted" in coach.read("offers/agreements/")
    assert "Version 1" in coach.read(f"offers/agreements/{paper.line}/")
    pdf = coach.get(f"{of(given)}agreement.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")


def test_without_a_client_nothing_is_sent(anna: Tenant, paper: Paper) -> None:
    for typed in ({}, {"client": "nobody"}):
        answer = Coach(anna).post(f"offers/agreements/{paper.line}/send/", typed)
        assert answer.status_code == 422
    with tenant_context(anna):
        assert not ClientPaper.objects.exists()


def test_it_is_withdrawn_and_given_once_more(anna: Tenant, paper: Paper, cleo: Client) -> None:
    coach = Coach(anna)
    given = sent(anna, paper, cleo)
    for _ in range(2):
        assert coach.post(f"{of(given)}withdraw").status_code == 303
    assert "Withdrawn" in coach.read(of(given))
    answer = coach.post(f"{of(given)}anew")
    with tenant_context(anna):
        again = ClientPaper.objects.get(status="open")
    assert str(again.pk) in answer["Location"]
    assert "not mailed" in coach.read(of(again))
    assert coach.post(f"{of(again)}remind").status_code == 303
    with tenant_context(anna):
        assert ClientPaper.objects.get(pk=again.pk).sent_at is not None


def test_a_new_link_ends_the_old_one(anna: Tenant, paper: Paper, cleo: Client) -> None:
    given = sent(anna, paper, cleo)
    with tenant_context(anna):
        old = links.address_of(given)
    Coach(anna).post(f"{of(given)}change-link")
    assert old not in Coach(anna).read(of(given))


def test_what_the_client_wrote_is_there_for_the_coach(anna: Tenant, paper: Paper, cleo: Client) -> None:
    given = sent(anna, paper, cleo)
    with tenant_context(anna):
        accepting.decline(client_paper_id=given.pk, words="Too <dear>", now=clock.now(), actor=agreed.CLIENT)
    assert "Too &lt;dear&gt;" in Coach(anna).read(of(given))
    assert "has declined" in Coach(anna).read()


def test_payer_and_beneficiary_lead_to_one_another(anna: Tenant, paper: Paper, cleo: Client) -> None:
    with tenant_context(anna):
        with transaction.atomic():
            mara = Client.objects.create(name="Mara", email="mara@example.com")
        priced = agreed.given(paper, cleo, values=agreed.SOLD)
        without = agreed.given(paper, mara, values=agreed.SOLD, hides_prices=True, twin=priced)
    page = Coach(anna).read(of(priced))
    assert of(without) in page
    assert "Mara has it without prices" in page
    page = Coach(anna).read(of(without))
    assert of(priced) in page
    assert "has it with the prices" in page


def test_today_says_who_has_not_answered(anna: Tenant, paper: Paper, cleo: Client) -> None:
    given = sent(anna, paper, cleo)
    silent = "has not answered"
    assert silent not in Coach(anna).read()
    with clock.travel(timedelta(days=2, minutes=1).total_seconds()):
        page = Coach(anna).read()
        assert silent in page
        assert of(given) in page
        accept(anna, given)
        assert silent not in Coach(anna).read()


def test_pages_ask_no_more_for_more_clients(anna: Tenant, paper: Paper) -> None:
    with tenant_context(anna):
        for number in range(5):
            with transaction.atomic():
                client = Client.objects.create(name=f"Client {number}", email=f"{number}@example.com")
            agreed.accepted(agreed.given(paper, client))
    coach = Coach(anna)
    for page in ("offers/agreements/", f"offers/agreements/{paper.line}/"):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        assert len(queries) <= MOST_QUERIES, "\n".join([page, *queries])


def test_a_form_of_the_coach_is_no_agreement(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        form = agreed.written(kind="form", name="Intake", body="")
        given = agreed.given(form, cleo)
    coach = Coach(anna)
    for path in (f"offers/agreements/{form.line}/", f"offers/agreements/versions/{form.pk}/", of(given)):
        assert coach.get(path).status_code == 404, path
