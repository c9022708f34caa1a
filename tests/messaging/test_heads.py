"""The coach's look above a client's mail; the coach's own mails, and every plain text, stay as they are."""

import re

from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers import brand
from tenants.offers.practice import change_practice, practice
from tests.dashboard.test_brand import drawn
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, COACH
from tests.messaging.test_golden import confirmed_online
from tests.worlds import Shop
from ui.accents import DARK, shades

OUR_GREEN = "#0f5f58"


def branded(shop: Shop, colour: str) -> None:
    with tenant_context(shop.tenant):
        brand.show_logo(name="logo.png", content=drawn((300, 100)), now=clock.now())
        change_practice(now=clock.now(), accent_color=colour)


def test_a_clients_mail_shows_logo_and_colour(shop: Shop) -> None:
    branded(shop, "#ffdd00")
    confirmed_online(shop)
    page, day, night = mailroom.html_of(mailroom.sent_to(CLIENT)), shades("#ffdd00"), shades("#ffdd00", DARK)
    with tenant_context(shop.tenant):
        path = f"/brand/{practice().logo_id}"
    image = re.search(r"<img [^>]*>", page)
    assert image
    assert f'src="http://anna.localhost:8000{path}" alt="Anna" width="120" height="40"' in image[0]
    assert f"background:{day.accent};color:#ffffff" in page
    assert f"background: {night.accent} !important" in page
    assert OUR_GREEN not in page


def test_the_coachs_own_mail_is_the_platforms(shop: Shop) -> None:
    branded(shop, "#ffdd00")
    confirmed_online(shop)
    page = mailroom.html_of(mailroom.sent_to(COACH))
    assert "<img" not in page
    assert OUR_GREEN in page


def test_the_plain_text_is_the_same_with_a_brand(shop: Shop) -> None:
    branded(shop, "#ffdd00")
    confirmed_online(shop)
    mailroom.compare("confirmed_online", ("client", "coach"))


def test_one_of_our_colours_is_taken_too(shop: Shop) -> None:
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), accent="plum")
    confirmed_online(shop)
    page = mailroom.html_of(mailroom.sent_to(CLIENT))
    assert OUR_GREEN not in page
    assert "<img" not in page
