"""What holds for every page: no inline code, a light stylesheet, errors that render without anything."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from ui.accents import ACCENTS
from ui.views import components

UI = Path(__file__).parents[2] / "platform/ui"
PAGES = sorted((UI / "templates").rglob("*.html"))
IN_MAIL = ("mail.html", "mail_facts.html")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_inline_that_the_content_policy_forbids(page: Path) -> None:
    source = re.sub(r"{%.*?%}", "", page.read_text())
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"\son\w+=", source)
    if page.name not in IN_MAIL:
        assert not re.search(r"\sstyle=\"|<style", source)


def test_styles_stay_under_twenty_kilobytes() -> None:
    weight = sum(len(gzip.compress(sheet.read_bytes())) for sheet in UI.glob("static/ui/*.css"))
    assert weight < 20_000


def test_no_colour_outside_the_tokens() -> None:
    for name in ("layout.css", "components.css"):
        sheet = (UI / "static/ui" / name).read_text()
        assert not re.search(r"#[0-9a-f]{3,8}\b|oklch\(|rgba?\(|hsla?\(", sheet), name


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_error_pages_need_no_context(name: str) -> None:
    page = engines["django"].get_template(name).render()
    assert page.count("<h1>") == 1
    assert "ui/foundation.css" in page


@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_all_components_render_in_each_theme(theme: str) -> None:
    page = components(RequestFactory().get("/components/", {"theme": theme})).content.decode()
    assert (f'data-theme="{theme}"' in page) is bool(theme)
    assert page.count('aria-current="step"') == 1


def test_an_unknown_theme_or_accent_is_left_out() -> None:
    page = components(RequestFactory().get("/", {"theme": '"><b>', "accent": '"><b>'})).content.decode()
    assert f'data-accent="{ACCENTS[0]}"' in page
    assert "<b>" not in page.split("<body>")[0]


COACH = {"name": "Ana Marković", "slug": "ana", "contact_url": "mailto:ana@example.org", "accent": "plum"}


def layout(name: str, **context: object) -> str:
    request = RequestFactory().get("/")
    return render_to_string(f"ui/layouts/{name}", {"coach": COACH, **context}, request)


def test_the_dashboard_marks_one_place() -> None:
    page = layout("dashboard.html", section="money", title="Money")
    current = re.findall(r'<a href="([^"]+)" aria-current="page"', page)
    assert current == ["/coach/ana/money/"]
    assert "<h1>Money</h1>" in page
    assert 'data-accent="plum"' in page


def test_help_stands_in_the_header_of_every_page_of_a_coach() -> None:
    header = layout("coach_page.html").split("</header>")[0]
    assert 'href="mailto:ana@example.org"' in header
    assert "Contact" in header
    assert "Secure payments by Stripe" in layout("coach_page.html")


@pytest.mark.parametrize(
    ("level", "meaning"),
    [(constants.SUCCESS, "paid"), (constants.ERROR, "problem"), (constants.INFO, "neutral")],
)
def test_messages_are_notices_of_their_meaning(level: int, meaning: str) -> None:
    page = layout("central.html", messages=[Message(level, "Saved <b>")])
    assert f'class="notice" data-meaning="{meaning}"' in page
    assert "Saved &lt;b&gt;" in page


def test_a_mail_and_its_plain_twin_say_the_same() -> None:
    context = {
        "coach": COACH,
        "action_url": "https://ana.example.org/b/1",
        "action_words": "See the session & more",
        "why": "You get this because you booked.",
        "manage_url": "https://ana.example.org/m/1",
    }
    html = render_to_string("ui/layouts/mail.html", context)
    plain = render_to_string("ui/layouts/mail.txt", context)
    for words in (
        "https://ana.example.org/b/1",
        "https://ana.example.org/m/1",
        "Ana Marković",
        context["why"],
    ):
        assert words in html
        assert words in plain
    assert "See the session & more" in plain
    assert "See the session &amp; more" in html
