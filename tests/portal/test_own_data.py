"""A client's own data: all of it to take along, and nobody else's."""

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from tenants.clients.models import Client, Note
from tenants.files.models import StoredFile
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.people import own_data
from tenants.scheduling.models import Booking
from tests import worlds
from tests.pages.clients import words
from tests.portal import people
from tests.portal.test_own_pages import given
from tests.retainers import stack
from tests.worlds import Shop

OF_THE_COACH = "Thinks about giving up"
# Tables with a row of a client that are no part of what is handed over, each with its reason.
LEFT_OUT = {
    "clients.Note": "the coach's own words, for nobody else",
    "offers.CouponUse": "the price that was paid says it",
    "billing.StripeCustomer": "Stripe's name for the client, of no use to them",
    "billing.LedgerEntry": "each payment stands among the payments",
}


@pytest.fixture
def kind(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def full(shop: Shop, cleo: Client, kind: SessionType) -> Client:
    """Cleo, with a row of nearly everything."""
    booking = worlds.sell(shop, kind, at=worlds.hour(60))
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    stack.begin(shop, stack.plan(shop, kind))
    given(shop, cleo)
    with tenant_context(shop.tenant), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(message="=HYPERLINK(1)")
        Note.objects.create(client=cleo, text=OF_THE_COACH)
        StoredFile.objects.create(
            name="../../x-ray.png",
            content_type="image/png",
            size=3,
            digest="0" * 64,
            content=b"png",
            client_id=cleo.pk,
        )
    worlds.sweep()
    return cleo


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def tables_of(shop: Shop, client: Client) -> dict[str, list[dict[str, Any]]]:
    with tenant_context(shop.tenant):
        return own_data.own_data(client=client)


def test_the_download_holds_every_table_twice_and_the_files(shop: Shop, full: Client) -> None:
    answer = people.browser_of(shop.tenant, full).get("/my/data/download")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "private, no-store"
    files = unpacked(answer.content)
    whole = json.loads(files["own-data.json"])
    assert set(whole) == set(own_data.TABLES)
    assert whole["profile"][0]["email"] == "cleo@example.com"
    filled = {name for name, rows in whole.items() if rows}
    assert {"sessions", "packs", "pack-changes", "retainers", "charges", "payments", "papers"} <= filled
    assert {f"{name}.csv" for name in filled} <= set(files)
    for name in filled:
        rows = list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))
        assert len(rows) == len(whole[name]), name
    [x_ray] = [name for name in files if name.startswith("files/")]
    assert ".." not in x_ray.removeprefix("files/").split("-", 1)[0]
    assert "/" not in x_ray.removeprefix("files/")
    assert files[x_ray] == b"png"


def test_no_text_is_a_formula_to_a_spreadsheet(shop: Shop, full: Client) -> None:
    sheet = own_data.as_csv(tables_of(shop, full)["sessions"])
    assert "'=HYPERLINK(1)" in sheet


def test_the_coachs_notes_stay_the_coachs(shop: Shop, full: Client) -> None:
    files = unpacked(people.browser_of(shop.tenant, full).get("/my/data/download").content)
    assert all(OF_THE_COACH.encode() not in content for content in files.values())


def test_nobody_elses_data_are_in_it(shop: Shop, full: Client) -> None:
    mia = people.client(shop.tenant, name="Mia", email="mia@example.com")
    told = str(tables_of(shop, mia))
    assert "Cleo" not in told
    assert "cleo@example.com" not in told
    assert {name for name, rows in tables_of(shop, mia).items() if rows} == {"profile"}


def test_amounts_are_the_payers(shop: Shop, cleo: Client, kind: SessionType) -> None:
    paul = people.client(shop.tenant, name="Paul", email="paul@example.com")
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind), email=paul.email)
    with tenant_context(shop.tenant), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(client=cleo)
    [cleos], [pauls] = (tables_of(shop, each)["packs"] for each in (cleo, paul))
    assert "amount" not in cleos
    assert "450.00" not in str(tables_of(shop, cleo))
    assert str(pauls["amount"]) == "450.00"
    assert pauls["yours_to_use"] is False
    assert tables_of(shop, paul)["pack-changes"] == []


def test_every_table_with_a_row_of_a_client_is_in_it_or_named_with_a_reason() -> None:
    """A new table that holds something of a client is thought of here before it is forgotten."""
    ours = [
        model
        for model in apps.get_models()
        if model._meta.app_config.name.startswith("tenants.") and model._meta.app_label != "registry"
    ]
    held = {
        model._meta.label
        for model in ours
        for field in model._meta.fields
        if field.name == "client_id" or getattr(field.related_model, "_meta", None) == Client._meta
    }
    known = {each for each in vars(own_data).values() if isinstance(each, type)}
    handed_over = {model._meta.label for model in ours if model in known}
    assert len(held & handed_over) > 12
    assert held - handed_over == set(LEFT_OUT)


def test_the_page_counts_what_there_is(shop: Shop, full: Client) -> None:
    page = words(re.sub("<[^>]+>", " ", people.browser_of(shop.tenant, full).get("/my/data/").text))
    assert "Sessions 1 " in page
    assert "Packs 1 " in page
    empty = people.browser_of(shop.tenant, people.client(shop.tenant, email="new@example.com"))
    assert "Retainers" not in empty.get("/my/data/").text


def test_nothing_is_downloaded_without_signing_in(shop: Shop, full: Client) -> None:
    assert Browser(HTTP_HOST=shop.host).get("/my/data/download").status_code == 302
