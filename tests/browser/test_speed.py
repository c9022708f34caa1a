"""How much a coach's page weighs, how soon it stands, and whether it then stays where it is."""

from gzip import compress

from playwright.sync_api import Page, Response

from tests.browser import walks
from tests.browser.stack import Stack
from tests.browser.visitors import Visitors

MOST_BYTES = 100_000
LARGEST_PAINT_MS = 1_800
LAYOUT_SHIFT = 0.02
# A slow phone's network: 1.6 Mbit/s down, 0.75 up, 150 ms there and back.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
LEAST_SLOT_HEIGHT = 44
WATCH = """
    window.seen = { paint: 0, shift: 0 };
    new PerformanceObserver(list => { for (const one of list.getEntries()) seen.paint = one.startTime })
        .observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver(list => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) seen.shift += one.value
    }).observe({ type: "layout-shift", buffered: true });
"""


def test_the_coachs_page_is_light_soon_there_and_stands_still(visitors: Visitors, stack: Stack) -> None:
    for path in ("/", "/book/private-lesson/"):
        phone = visitors.phone()
        network = phone.context.new_cdp_session(phone)
        received = bytes_of(phone)
        network.send("Network.emulateNetworkConditions", SLOW)
        phone.add_init_script(WATCH)
        phone.goto(stack.coach_page("anna") + path, wait_until="networkidle")
        seen = phone.evaluate("seen")
        assert 0 < sum(received) < MOST_BYTES
        assert 0 < seen["paint"] <= LARGEST_PAINT_MS
        assert seen["shift"] <= LAYOUT_SHIFT


def test_another_day_comes_without_a_jump(phone: Page, stack: Stack) -> None:
    phone.add_init_script(WATCH)
    walks.open_times(phone, stack, "anna", "private-lesson")
    with phone.expect_response("**/book/private-lesson/**"):
        phone.locator("#days a:not([aria-current])").first.tap()
    phone.locator("#chosen-day:focus").wait_for()
    assert phone.evaluate("seen.shift") <= LAYOUT_SHIFT
    assert phone.locator("#announcement").inner_text().split()[1].startswith("time")


def test_times_are_large_enough_for_a_thumb(phone: Page, stack: Stack) -> None:
    walks.open_times(phone, stack, "anna", "private-lesson")
    boxes = [slot.bounding_box() for slot in walks.times(phone).all()]
    assert boxes
    assert all(box and box["height"] >= LEAST_SLOT_HEIGHT for box in boxes)


def bytes_of(page: Page) -> list[int]:
    """What comes over the wire from now on: pages as they are; files compressed, as outside the demo."""
    received: list[int] = []

    def note(response: Response) -> None:
        body = response.body()
        received.append(len(compress(body) if "/static/" in response.url else body))
        received.append(sum(len(name) + len(value) + 4 for name, value in response.headers.items()))

    page.on("response", note)
    return received
