"""Browsers as people have them, and what went wrong before their eyes."""

import time
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from demo import second_factor
from demo.world import PASSWORD
from tests.browser.stack import Stack

PATIENCE_MS = 30_000
# A page change that overtakes another one; nothing is lost by it.
_HARMLESS = ("Transition was",)


class Visitors:
    """Opens browsers; keeps every error, refused script and request to strangers of all of them."""

    def __init__(self, chromium: Browser, stack: Stack) -> None:
        self._chromium, self._stack = chromium, stack
        self._contexts: list[BrowserContext] = []
        self._cookies: dict[str, Any] = {}
        self.problems: list[str] = []

    def phone(self, **kind: Any) -> Page:
        """A small phone, which says that it is in Berlin."""
        return self.browser(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, **kind)

    def desk(self, **kind: Any) -> Page:
        return self.browser(viewport={"width": 1280, "height": 900}, **kind)

    def browser(self, **kind: Any) -> Page:
        context = self._chromium.new_context(
            **{"timezone_id": "Europe/Berlin", "locale": "en-GB", "reduced_motion": "reduce", **kind}
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"{error.page.url}: {error.error}"))
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        return context.new_page()

    def signed_in(self, email: str, *, desk: bool = False, **kind: Any) -> Page:
        page = self.desk(**kind) if desk else self.phone(**kind)
        sign_in(page, self._stack, email, PASSWORD)
        return page

    def expect(self, words: str) -> None:
        """A problem that the test brought about; it is there or comes: a browser tells in its own time."""
        page, deadline = self._contexts[-1].pages[0], time.monotonic() + PATIENCE_MS / 1000
        while not any(words in problem for problem in self.problems):
            assert time.monotonic() < deadline, self.problems
            page.wait_for_timeout(100)
        self.problems = [problem for problem in self.problems if words not in problem]

    def leave(self) -> None:
        for context in self._contexts:
            context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        # How a page or a part was answered is what the tests look at; the browser says it once more here.
        answered = message.text.startswith("Failed to load resource: the server responded")
        harmless = answered or message.text.startswith(_HARMLESS)
        if message.type in ("error", "warning") and not harmless:
            self.problems.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if request.url.startswith("http") and not self._stack.is_ours(request.url):
            self.problems.append(f"A stranger was asked: {request.url}")

    def _on_response(self, response: Response) -> None:
        # What a person asked for may be refused; what a page asks for must be there.
        wanted = response.request.resource_type not in ("document", "xhr", "fetch")
        if response.status >= 500 or (wanted and response.status >= 400):
            self.problems.append(f"{response.status} {response.url}")


def lose_network(page: Page) -> None:
    """No network from now on, and the page knows it."""
    page.context.set_offline(True)
    page.wait_for_function("!navigator.onLine")


def find_network(page: Page) -> None:
    page.context.set_offline(False)
    page.wait_for_function("navigator.onLine")


def sign_in(page: Page, stack: Stack, email: str, password: str) -> None:
    page.goto(f"{stack.central}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/accounts/login/"))
    for code in second_factor.codes():
        # One that was typed a moment ago is not taken twice.
        if "/accounts/2fa/" in page.url:
            page.get_by_label("Code").fill(code)
            with page.expect_navigation():
                page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
