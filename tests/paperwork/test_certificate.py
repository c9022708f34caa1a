"""The document to keep, and whether every acceptance is still what was accepted."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_context

from tenants.clients.models import Client
from tenants.offers.models import Practice
from tenants.paperwork import certificate, links, verifying
from tenants.paperwork.models import Acceptance, ClientPaper
from tenants.registry.models import Tenant
from tests.paperwork.agreed import accepted, given, written
from tests.pdf_text import text_of

BODY = """\
Between **{{client_name}}** and [me](https://anna.example/), łódź.

## Part

1. One
2. Two

---

> Said"""


def document(mine: ClientPaper) -> str:
    found = links.paper_by(links.token_of(mine))
    return " ".join(
        text_of(certificate.as_document(found, coach="Anna", here=Practice.objects.get())).split()
    )


def test_the_document_has_the_text_and_who_accepted_it(cleo: Client) -> None:
    mine = given(written(body=BODY), cleo)
    assert "This has not been accepted." in document(mine)
    kept = accepted(mine)
    text = document(mine)
    for said in (
        "Coaching agreement",
        "Between Cleo Smith and me (https://anna.example/), łódź.",
        "1. One",
        "Certificate of acceptance",
        "Coaching agreement, version 1",
        "Sunday 3 May 2026, 12:00 (Berlin, GMT+2)",
        "2026-05-03T10:00:00+00:00",
        "203.0.113.7",
        "Browser 1",
        str(kept.pk),
    ):
        assert said in text, said
    assert kept.text_hash in text.replace(" ", "")
    assert "not been accepted" not in text


def test_a_long_agreement_goes_over_several_pages(cleo: Client) -> None:
    mine = given(written(body="\n\n".join(["Words that say the same. " * 40] * 60)), cleo)
    accepted(mine)
    assert "Certificate of acceptance" in document(mine)


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        ("text = text || ' '", "its text is not the one that was accepted"),
        ("text = overlay(text placing 'X' from 9 for 1)", "its text is not the one that was accepted"),
        ("text_hash = repeat('0', 64)", "its hash is not that of what was given"),
        ("paper_version = 2", "it is of another version"),
        ("client_id = id", "it is another client’s"),
    ],
)
def test_one_altered_byte_is_found_and_named(
    berlin: Tenant, cleo: Client, as_owner: Any, alter: str, says: str
) -> None:
    paper = written()
    kept = [accepted(given(paper, cleo, again=True)) for _ in range(3)]
    assert verifying.verify() == (3, [])
    with as_owner.cursor() as cursor:
        table = f'"{berlin.schema_name}".paperwork_acceptance'
        cursor.execute(f"UPDATE {table} SET {alter} WHERE id = %s", [kept[1].pk])
    count, altered = verifying.verify()
    assert (count, {each.acceptance.pk for each in altered}) == (3, {kept[1].pk})
    assert says in [each.what for each in altered]


def test_the_command_names_the_one_that_differs(
    berlin: Tenant, ben: Tenant, cleo: Client, as_owner: Any
) -> None:
    kept = [accepted(given(written(), cleo)), accepted(given(written(), cleo))]
    out, err = StringIO(), StringIO()
    with schema_context("public"):
        call_command("verify_acceptances", stdout=out)
    assert "2 acceptances at 4 practices, 0 differ" in out.getvalue()
    with as_owner.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{berlin.schema_name}".paperwork_acceptance SET text = upper(text) WHERE id = %s',
            [kept[0].pk],
        )
    with (
        schema_context("public"),
        pytest.raises(CommandError, match="1 of 2 acceptances at 1 practice differs"),
    ):
        call_command("verify_acceptances", coach=berlin.slug, stderr=err)
    assert str(kept[0].pk) in err.getvalue()
    assert str(kept[1].pk) not in err.getvalue()
    assert Acceptance.objects.count() == 2
    with schema_context("public"):
        call_command("verify_acceptances", coach=ben.slug)
        with pytest.raises(CommandError, match="no practice"):
            call_command("verify_acceptances", coach="nobody")
