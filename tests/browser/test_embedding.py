"""A coach's free times on another site: shown where the coach allows it, pressed, kept at their page."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page, expect

from tests.browser import walks
from tests.browser.findings import Findings
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors


@contextmanager
def site(code: str) -> Iterator[str]:
    """Somebody's own website, with the code in the middle of a page; its origin."""
    page = f"<!doctype html><html lang=en><title>Tennis</title><main><h1>Tennis</h1>{code}</main></html>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode() if self.path == "/" else b"")

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def allow(coach: Page, stack: Stack, origin: str) -> None:
    coach.goto(f"{stack.central}/coach/anna/settings/widget/")
    coach.get_by_label("Your sites").fill(origin)
    coach.get_by_role("button", name="Save").click()
    expect(coach.locator("main")).to_contain_text("Saved")


def test_times_on_the_coachs_own_site_and_on_no_other(
    as_anna: Callable[..., Page], visitors: Visitors, stack: Stack
) -> None:
    coach = as_anna()
    coach.goto(f"{stack.central}/coach/anna/settings/widget/")
    code = coach.get_by_role("textbox", name="Code").input_value()
    with site(code) as origin, site(code) as stranger:
        allow(coach, stack, origin)
        Findings(coach).none()
        visitor = visitors.phone()
        visitor.goto(f"{origin}/")
        frame = visitor.frame_locator("iframe[title='Book a session']")
        frame.get_by_role("link", name="Video review").click()
        expect(frame.get_by_role("heading", level=1)).to_have_text("Video review")
        assert visitor.url == f"{origin}/", "choosing stays in the frame"
        first = frame.locator("a.slot").first
        first.wait_for()
        # The frame is as high as what is in it: nobody scrolls in a box.
        visitor.wait_for_function("document.querySelector('iframe').clientHeight > 700")
        inside = visitor.frames[1]
        inside.wait_for_function("document.documentElement.scrollHeight <= innerHeight + 1")
        assert inside.evaluate("document.cookie") == ""
        # Nobody else may say how high it is.
        high = visitor.evaluate("document.querySelector('iframe').clientHeight")
        visitor.evaluate("postMessage({upfrontHeight: 5000}, '*')")
        visitor.evaluate("new Promise(done => setTimeout(done, 200))")
        assert visitor.evaluate("document.querySelector('iframe').clientHeight") == high
        first.click()
        visitor.wait_for_url(f"{stack.coach_page('anna')}/book/video-review/?at=*")
        visitor.get_by_role("button", name="Keep this time").click()
        expect(visitor.locator("main")).to_contain_text("Kept for you until")
        assert walks.heading(visitor).count() == 1

        elsewhere = visitors.phone()
        elsewhere.goto(f"{stranger}/")
        elsewhere.wait_for_function("document.querySelector('iframe')")
        expect(elsewhere.frame_locator("iframe").locator("main")).to_have_count(0)
        visitors.expect("frame-ancestors")
        visitors.expect(f"A stranger was asked: {stranger}/")
        visitors.expect(f"A stranger was asked: {origin}/")
