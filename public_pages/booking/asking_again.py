"""A page that waits for Stripe asks again by itself, in every browser, and not for ever."""

from django.http import HttpRequest, HttpResponse

from kit.requests import looked_for

TIMES, PAUSE_SECONDS = 20, 3


def asks_again(request: HttpRequest) -> bool:
    """Whether the page may ask once more by itself."""
    return _asked(request) < TIMES


def ask_again(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Send the browser to this path after a pause, unless it went there often enough."""
    if asks_again(request):
        response["Refresh"] = f"{PAUSE_SECONDS}; url={address}?asked={_asked(request) + 1}"


def _asked(request: HttpRequest) -> int:
    times = looked_for(request, "asked", longest=3)
    return int(times) if times.isdecimal() else 0
