"""What the platform says about itself: it can be found, it adds up, and it leads everywhere."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.money import CURRENCIES
from public_pages.central.card_rates import about_stripe_takes
from public_pages.central.marketing import PAGES
from public_pages.central.months import Month, MonthForm
from tenants.offers import brand
from tenants.offers.practice import practice
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.test_brand import drawn
from tests.shop import shelves

ADDRESSES = ("/", "/how-it-works/", "/fees/", "/compared-with-invoicing/", "/questions/")


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser(HTTP_HOST="localhost:8000")


def read(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def meta(page: str, name: str) -> str:
    found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)">', page)
    assert found, name
    return found[1]


@pytest.mark.parametrize("path", ADDRESSES)
def test_each_page_says_what_it_is_and_leads_to_the_others(browser: Browser, path: str) -> None:
    page = read(browser.get(path))
    assert page.count("<h1") == 1
    assert 40 < len(meta(page, "description")) < 160
    assert meta(page, "og:description") == meta(page, "description")
    assert meta(page, "og:url") == f"http://localhost:8000{path}"
    assert f'<link rel="canonical" href="http://localhost:8000{path}">' in page
    footer = page[page.index("<footer") :]
    assert all(f'href="{other}"' in footer for other in ADDRESSES[1:])
    assert "<script" not in page.split("<body")[1]


def test_no_two_pages_have_one_title_or_description(browser: Browser) -> None:
    pages = [read(browser.get(path)) for path in ADDRESSES]
    assert len({re.search("<title>(.*?)</title>", page)[1] for page in pages}) == len(pages)  # type: ignore[index]
    assert len({meta(page, "description") for page in pages}) == len(pages)


# --- the month --------------------------------------------------------------------------------------


def test_the_month_on_the_page_adds_up(browser: Browser) -> None:
    page = read(browser.get("/fees/"))
    # Twenty sessions at $80: Stripe about $52.40; of ours ten bear $8, and later all twenty.
    for amount in ("$1,600.00", "−$52.40", "−$80.00", "$1,467.60", "−$160.00", "$1,387.60"):
        assert amount in page
    assert "10% of 10 sessions, 10 are free" in page


def test_a_month_of_ones_own_is_calculated_without_scripts(browser: Browser) -> None:
    page = read(browser.get("/fees/", {"price": "45,50", "currency": "eur", "sessions": "4"}))
    assert "€182.00" in page
    assert "All of them are free" in page
    assert "−€18.20" in page
    assert 'value="45,50"' in page


@pytest.mark.parametrize("currency", CURRENCIES)
def test_what_is_kept_and_what_is_taken_is_what_was_paid(currency: str) -> None:
    month = Month("", 12_345, currency, 13, 10)
    assert month.fee_minor == 3 * 1_234
    kept = sum(line["minor"] for line in month.lines)
    assert kept == 13 * 12_345 - 13 * about_stripe_takes(12_345, currency) - 3 * 1_234


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"price": "80", "sessions": "0"}, "greater than or equal to 1"),
        ({"price": "80", "sessions": "many"}, "whole number"),
        ({"price": "0.10", "sessions": "2"}, "Cards take $0.50 or more"),
    ],
)
def test_a_month_that_cannot_be_is_explained_and_kept(
    browser: Browser, typed: dict[str, str], said: str
) -> None:
    answer = browser.get("/fees/", {"currency": "usd", **typed})
    assert answer.status_code == 422
    assert said in read(answer)
    assert f'value="{typed["sessions"]}"' in read(answer)


def test_free_sessions_have_no_month() -> None:
    assert MonthForm({"price": "0", "currency": "usd", "sessions": "5"}).months == ()


# --- to be found ------------------------------------------------------------------------------------


def listed(answer: Any) -> list[str]:
    assert answer["Content-Type"].startswith("application/xml")
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    return [each.text or "" for each in ElementTree.fromstring(answer.content).iter(f"{space}loc")]  # noqa: S314


def test_the_platforms_map_names_its_pages_and_no_coach(browser: Browser, anna: Tenant) -> None:
    assert listed(browser.get("/sitemap.xml")) == [f"http://localhost:8000{path}" for path in ADDRESSES]
    assert len(PAGES) == len(ADDRESSES) - 1
    robots = browser.get("/robots.txt").content.decode()
    assert "Sitemap: http://localhost:8000/sitemap.xml" in robots
    for folder in ("coach", "accounts", "operators", "invited"):
        assert f"Disallow: /{folder}/\n" in robots


def test_a_coachs_map_names_what_is_on_offer(anna: Tenant, ben: Tenant) -> None:
    kind = worlds.session_type(anna, name="First talk", price_minor=0)
    worlds.session_type(ben, name="Other", price_minor=0)
    shelves.product(anna, name="Training plan")
    visitor = Browser(HTTP_HOST="anna.localhost:8000")
    found = listed(visitor.get("/sitemap.xml"))
    host = "http://anna.localhost:8000"
    assert found == [f"{host}/", f"{host}/book/{kind.slug}/", f"{host}/shop/", f"{host}/shop/training-plan/"]
    assert all(visitor.get(each.removeprefix(host)).status_code == 200 for each in found)
    assert f"Sitemap: {host}/sitemap.xml" in visitor.get("/robots.txt").content.decode()


# --- shared -----------------------------------------------------------------------------------------


def test_a_coachs_page_says_what_it_is_where_it_is_shared(anna: Tenant) -> None:
    kind = worlds.session_type(anna, name="First talk", price_minor=0)
    with tenant_context(anna):
        brand.show_photo(name="me.png", content=drawn((60, 60)), now=clock.now())
        photo = practice().photo_id
    visitor = Browser(HTTP_HOST="anna.localhost:8000")
    for path, title in (("/", "Anna"), (f"/book/{kind.slug}/", "First talk")):
        page = read(visitor.get(path))
        assert meta(page, "og:title") == title
        assert meta(page, "og:site_name") == "Anna"
        assert meta(page, "og:url") == f"http://anna.localhost:8000{path}"
        assert meta(page, "og:image") == f"http://anna.localhost:8000/brand/{photo}"
        assert meta(page, "og:description") == meta(page, "description")
