"""A retainer on a phone: begun, refused by the bank a week later, and paid again with another card."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pack_walks, walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.test_packs_of_a_coach import today

AsPaula = Callable[..., Page]
pytestmark = pytest.mark.usefixtures("paula")
# The next week begins at a midnight of the coach.
OVER_A_WEEK = 9 * 24 * 3600
# Beside the running platform: the bank refuses the card that this client has let us keep.
REFUSE = """
import django; django.setup()
from django_tenants.utils import tenant_context
from demo import seeding
from tenants.billing.models import SavedCard
from tenants.registry.models import Tenant
with tenant_context(Tenant.objects.get(slug="paula")):
    kept = SavedCard.objects.get(client__email="{email}")
    seeding.simulator().decline_from_now_on(kept.method_id)
"""


def test_a_week_that_the_bank_refuses_is_told_and_paid_with_another_card(
    phone: Page, as_paula: AsPaula, stack: Stack
) -> None:
    name, email = walks.new_client()
    found = Findings(phone)
    phone.goto(f"{stack.coach_page(pack_walks.SLUG)}/retainers/weekly-training/")
    expect(phone.get_by_text("€40.00").first).to_be_visible()
    found.look("a plan")
    walks.give_details(phone, name, email)
    phone.locator("input[name=agreed]").check()
    phone.get_by_role("button", name=re.compile("^Pay €40.00")).tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone)
    expect(walks.heading(phone)).to_have_text("Weekly training")
    walks.reload_until(phone, phone.get_by_role("heading", name="Periods"))
    own_page = phone.url
    found.look("a retainer")

    stack.run("-c", REFUSE.format(email=email))
    stack.let_pass(OVER_A_WEEK)
    phone.goto(own_page)
    pay_now = phone.get_by_role("link", name="Pay €40.00 now")
    walks.reload_until(phone, pay_now)
    found.look("a retainer that was not paid")
    coach = as_paula()
    coach.goto(f"{today(stack)}retainers/")
    expect(coach.locator("main")).to_contain_text(name)
    at_the_desk = Findings(coach)
    at_the_desk.look("the roster of retainers")

    pay_now.tap()
    phone.get_by_role("button", name=re.compile("^Pay €40.00")).first.tap()
    phone.wait_for_url("**/c/pay/**")
    walks.pay(phone, card="Succeeds \\(Mastercard\\)")
    walks.reload_until(phone, phone.get_by_role("heading", name="All paid"))
    phone.goto(own_page)
    walks.reload_until(phone, phone.get_by_text("1 included, 1 left"))
    expect(phone.get_by_role("link", name="Pay €40.00 now")).to_have_count(0)
    found.none()
    at_the_desk.none()
