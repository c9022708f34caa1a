"""A real Chromium before the real stack; each test's visitors must leave without an error on any page."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.stack import Stack, running_stack
from tests.browser.visitors import PATIENCE_MS, Visitors

CHROMIUM = os.environ.get("UPFRONT_CHROMIUM", "")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One stack is enough for a machine, and beside it the other tests go on.

    A real browser on a busy machine may miss a moment: these tests, and no others, are tried once more, with
    visitors and clients that were never there before. A debugger wants the first failure.
    """
    for item in items:
        if "tests/browser/" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.xdist_group("browser"))
        if not config.getoption("usepdb"):
            item.add_marker(pytest.mark.flaky(reruns=1))


# Both live as long as this folder's tests run, and not longer: Playwright keeps an event loop in the
# thread, with which Django refuses to speak to the database.


@pytest.fixture(scope="package")
def stack(django_db_setup: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The platform with the demo's people, its worker and its simulated Stripe."""
    if not CHROMIUM:
        pytest.skip("No browser: UPFRONT_CHROMIUM is not set, which ./run test does where it finds one.")
    with running_stack(tmp_path_factory.mktemp("stack"), os.environ, django_db_setup) as running:
        yield running


@pytest.fixture(scope="package")
def chromium(stack: Stack) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *QUIET]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def paula(stack: Stack) -> str:
    """The address of a coach who sells packs."""
    stack.run("-m", "tests.browser.pack_coach")
    return stack.coach_page("paula")


@pytest.fixture
def visitors(chromium: Browser, stack: Stack) -> Iterator[Visitors]:
    """People with browsers of their own. At the end nothing may have gone wrong before any of them."""
    everybody = Visitors(chromium, stack)
    yield everybody
    everybody.leave()
    assert everybody.problems == []


@pytest.fixture
def phone(visitors: Visitors) -> Page:
    return visitors.phone()


@pytest.fixture
def as_anna(visitors: Visitors, stack: Stack) -> Callable[..., Page]:
    """Anna Keller, signed in, on a browser of this kind."""

    def signed_in(**kind: object) -> Page:
        return visitors.signed_in("anna@example.com", **kind)

    return signed_in


@pytest.fixture
def as_paula(visitors: Visitors, paula: str) -> Callable[..., Page]:
    """Paula Brandt, signed in, on a browser of this kind."""

    def signed_in(**kind: object) -> Page:
        return visitors.signed_in("paula@example.com", **kind)

    return signed_in
