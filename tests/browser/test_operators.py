"""An operator on a phone: watches, looks as a coach, suspends a practice, and opens it again."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from demo.world import OPERATOR
from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

AsAnna = Callable[..., Page]


def open_practice(operator: Page, stack: Stack, name: str) -> None:
    operator.goto(f"{stack.central}/operators/")
    operator.get_by_role("link", name="Coaches", exact=True).tap()
    operator.get_by_label("Name, address or login").fill(name)
    operator.get_by_role("button", name="Show").tap()
    operator.locator("main tbody th a").first.tap()
    expect(walks.heading(operator)).to_contain_text(name)


def test_an_operator_looks_as_a_coach_and_the_coach_knows(
    visitors: Visitors, as_anna: AsAnna, stack: Stack
) -> None:
    operator, why = visitors.signed_in(OPERATOR[0]), walks.another("Asked by mail why Friday is not offered")
    found = Findings(operator)
    expect(walks.heading(operator)).to_have_text("Overview")
    found.look("the overview")
    open_practice(operator, stack, "Anna")
    found.look("a practice")
    looking = operator.locator("section", has=operator.get_by_role("heading", name="Look as the coach"))
    looking.get_by_label("Why").fill(why)
    looking.get_by_role("button", name="Look").tap()
    operator.wait_for_url("**/coach/anna/")
    expect(operator.get_by_text("Nothing can be changed.")).to_be_visible()
    found.look("looking at Today")
    operator.goto(f"{stack.central}/coach/anna/money/")
    expect(operator.get_by_role("button", name="Stop looking")).to_be_visible()
    operator.goto(f"{stack.central}/coach/anna/clients/clients.csv")
    expect(walks.heading(operator)).to_have_text("This is not for operators")
    found.look("what is not shown")
    operator.goto(f"{stack.central}/coach/anna/")
    operator.get_by_role("button", name="Stop looking").tap()
    expect(operator.get_by_text("You do not look any more.")).to_be_visible()
    operator.get_by_role("link", name="Trail").tap()
    expect(operator.get_by_text(why)).to_be_visible()
    found.look("the trail")
    found.none()
    coach = as_anna()
    coach.goto(f"{stack.central}/coach/anna/settings/by-operators/")
    expect(coach.get_by_text(why)).to_be_visible()


def test_a_practice_is_suspended_and_opened_again(
    visitors: Visitors, phone: Page, as_anna: AsAnna, stack: Stack
) -> None:
    operator = visitors.signed_in(OPERATOR[0])
    found = Findings(phone)
    open_practice(operator, stack, "Anna")
    act(operator, "Suspend", "Clients say that nobody came")
    try:
        phone.goto(stack.coach_page("anna"))
        expect(walks.heading(phone)).to_contain_text("is not open now")
        visitors.expect("503")
        found.look("not open now")
        coach = as_anna()
        coach.goto(f"{stack.central}/coach/anna/")
        expect(coach.get_by_text("Your practice is suspended")).to_be_visible()
        own = Findings(coach)
        own.look("a suspended practice")
        own.none()
    finally:
        open_practice(operator, stack, "Anna")
        act(operator, "Open again", "They did come")
    phone.goto(stack.coach_page("anna"))
    expect(walks.heading(phone)).not_to_contain_text("is not open now")
    found.none()


def act(operator: Page, name: str, why: str) -> None:
    section = operator.locator("section", has=operator.get_by_role("heading", name=name, exact=True))
    section.get_by_label("Why").fill(why)
    section.get_by_role("button", name=name).tap()
    words = {"Suspend": "Suspended. Its pages", "Open again": "Open again. The coach"}
    expect(operator.get_by_text(words[name])).to_be_visible()
