"""What every request may do to the database and to cookies, and what a host name may say."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from tenants.clients.models import Client
from tenants.offers.practice import change_practice
from tenants.registry import addresses
from tenants.registry.models import Tenant
from tenants.scheduling import holds
from tests import worlds
from tests.architecture import routes
from tests.architecture.routes import CENTRAL, COACH, Route, Rows

# Pages that an outside service sends the browser back to, and which ask it at once what happened there.
WRITE_ON_GET = {
    "booking_return",
    "dashboard_stripe_return",
    "pack_return",
    "order_return",
    "packs_order_return",
    "retainer_return",
    "pay_return",
    "payments_card_kept",
}


@contextmanager
def instead_of_every_view(
    monkeypatch: pytest.MonkeyPatch, view: Callable[..., HttpResponse]
) -> Iterator[None]:
    """Let all middleware do its work, then run `view` in the place of the one that was asked for."""
    with monkeypatch.context() as patched:
        patched.setattr(BaseHandler, "make_view_atomic", lambda _handler, _view: view)
        yield


def write(_request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    with transaction.atomic():
        Client.objects.create(name="Written", email=f"{uuid4().hex}@example.com")
    return HttpResponse("written")


def read(_request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    return HttpResponse(str(Client.objects.count()))


def get(route: Route, rows: Rows, anna: Browser) -> Any:
    host = rows.host if route.urlconf == COACH else routes.CENTRAL_HOST
    return anna.get(route.path(rows.values), HTTP_HOST=host)


def test_a_write_in_any_get_of_a_practice_is_refused_by_the_database(
    annas: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = routes.signed_in(annas.tenant)
    with instead_of_every_view(monkeypatch, write):
        for route in routes.everywhere():
            if route.is_a_coachs and route.name not in WRITE_ON_GET:
                with pytest.raises(InternalError, match="read-only transaction"):
                    get(route, annas, anna)
    assert {route.name for route in routes.everywhere() if route.may_write_on_get} == WRITE_ON_GET


def test_outside_of_a_practice_no_request_can_read_one(annas: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bare role: every address of the central host that is not a coach's."""
    anna = routes.signed_in(annas.tenant)
    with instead_of_every_view(monkeypatch, read):
        for route in routes.routes(CENTRAL):
            if not route.is_a_coachs:
                with pytest.raises(ProgrammingError, match=r"does not exist|permission denied"):
                    get(route, annas, anna)


def test_every_request_leaves_the_connection_bare(annas: Rows) -> None:
    anna = routes.signed_in(annas.tenant)
    for route in routes.everywhere():
        get(route, annas, anna)
        assert connection.schema_name == "public", route.pattern
        assert not connection.in_atomic_block, route.pattern


def test_coach_hosts_have_no_session_and_no_user(annas: Rows) -> None:
    """Not even for a coach whose browser sends the central host's cookie there."""
    anna = routes.signed_in(annas.tenant)
    for route in routes.routes(COACH):
        for method in (anna.get, anna.post):
            answer: Any = method(route.path(annas.values), HTTP_HOST=annas.host)
            assert not hasattr(answer.wsgi_request, "session"), route.pattern
            assert not hasattr(answer.wsgi_request, "user"), route.pattern
            assert settings.SESSION_COOKIE_NAME not in answer.cookies, route.pattern


def test_no_cookie_of_a_coach_host_reaches_beyond_it(annas: Rows) -> None:
    visitor = routes.anonymous(annas.host)
    kind = annas.booking.session.session_type
    visitor.post("/zone", {"tz": "Asia/Tokyo"})
    visitor.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(50).isoformat()})
    names = set(visitor.cookies)
    assert {"zone", "holder"} <= names
    for name in names:
        cookie = visitor.cookies[name]
        assert cookie["domain"] == "", name
        assert cookie["httponly"], name
        assert cookie["samesite"] in ("Lax", "Strict"), name


def test_a_holders_cookie_holds_nothing_on_another_host(annas: Rows, bens: Rows) -> None:
    """The same secret, sent to Ben's host by hand: Anna's hold is hers alone, and Ben's is a new one."""
    at = worlds.hour(50)
    with tenant_context(annas.tenant):
        mine = holds.hold(
            slug=annas.booking.session.session_type.slug,
            starts_at=at,
            holder=holds.digest("secret"),
            now=worlds.clock.now(),
        )
    visitor = routes.anonymous(bens.host)
    visitor.cookies["holder"] = "secret"
    path = f"/book/{bens.booking.session.session_type.slug}/hold"
    answer = visitor.post(path, {"starts_at": at.isoformat()})
    assert answer.status_code == 302
    assert str(mine.pk) not in answer["Location"]
    assert worlds.reread(annas.tenant, mine).status == "held"


def test_only_the_page_made_for_frames_can_be_framed(annas: Rows) -> None:
    """And only by the sites that the coach has named."""
    with tenant_context(annas.tenant):
        change_practice(now=worlds.clock.now(), embed_sites=["https://www.anna.example"])
    visitor, anna = routes.anonymous(annas.host), routes.signed_in(annas.tenant)
    framed = {}
    for route in routes.everywhere():
        browser = visitor if route.urlconf == COACH else anna
        answer: Any = browser.get(route.path(annas.values))
        policy = answer.headers.get("Content-Security-Policy", "")
        by = [each for each in policy.split("; ") if each.startswith("frame-ancestors")]
        # A file has a policy of its own, and the older header.
        if by not in ([], ["frame-ancestors 'none'"]) or answer.headers.get("X-Frame-Options") != "DENY":
            framed[route.name] = by
    assert framed == {"embed": ["frame-ancestors https://www.anna.example"]}


# --- host names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "nobody.localhost:8000",
        "anna.anna.localhost:8000",
        "-anna.localhost",
        "xn--anna.localhost",
        "annalocalhost.localhost",
    ],
)
def test_a_host_of_nobody_has_no_page(anna: Tenant, host: str) -> None:
    browser = Browser(HTTP_HOST=host)
    for path in ("/", "/accounts/login/", "/coach/anna/", "/health", "/stripe/events/accounts"):
        assert browser.get(path).status_code == 404, path
        assert browser.post(path).status_code == 404, path


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "anna.localhost.evil.example",
        "localhost.evil.example",
        "anna.localhost@evil.example",
        "anna.localhost/evil",
        "anna_.localhost\\evil",
        "anna.localhost, evil.example",
        "127.0.0.1:8000",
        "[::1]:8000",
        "anna.localhost:port",
        "t_019b8c0000007000800000000000000a.localhost",
        "",
    ],
)
def test_a_host_that_is_none_of_ours_is_refused(anna: Tenant, host: str) -> None:
    for path in ("/", "/accounts/login/", "/coach/anna/"):
        answer = Browser(HTTP_HOST=host, raise_request_exception=False).get(path)
        assert answer.status_code in (400, 404), (host, path)


@pytest.mark.parametrize(
    "host", ["anna.localhost", "anna.localhost:8000", "anna.localhost:1", "ANNA.localhost", "anna.localhost."]
)
def test_a_coachs_host_is_hers_in_every_spelling(anna: Tenant, host: str) -> None:
    answer = Browser(HTTP_HOST=host).get("/")
    assert answer.status_code == 200
    assert answer.wsgi_request.tenant == anna
    assert Browser(HTTP_HOST=host).get("/operators/").status_code == 404


@pytest.mark.parametrize("host", ["LOCALHOST:8000", "localhost", "localhost.", "localhost:1"])
def test_the_central_host_is_central_in_every_spelling(anna: Tenant, host: str) -> None:
    assert Browser(HTTP_HOST=host).get("/operators/").status_code == 302


def test_a_forwarded_host_is_not_believed(anna: Tenant) -> None:
    browser = Browser(HTTP_HOST="localhost:8000", HTTP_X_FORWARDED_HOST="anna.localhost")
    assert browser.get("/").wsgi_request.tenant is None


@pytest.mark.parametrize("name", ["www", "api", "admin", "stripe", "accounts", "localhost"])
def test_a_reserved_name_is_nobodys_and_can_never_be(anna: Tenant, name: str) -> None:
    assert name in addresses.RESERVED
    assert Browser(HTTP_HOST=f"{name}.localhost").get("/").status_code == 404


def test_an_absolute_address_in_the_request_line_changes_no_tenant(
    anna: Tenant, ben: Tenant, live: int
) -> None:
    """`GET http://ben…/` sent to Anna's host: a proxy's form, which must not choose the tenant unseen."""
    answer = spoken(live, b"GET http://ben.localhost/ HTTP/1.1\r\nHost: anna.localhost\r\n")
    assert b">Ben" not in answer
    answer = spoken(live, b"GET //ben.localhost/ HTTP/1.1\r\nHost: anna.localhost\r\n")
    assert b">Ben" not in answer


def test_two_hosts_in_one_request_are_no_way_in(anna: Tenant, ben: Tenant, live: int) -> None:
    answer = spoken(live, b"GET / HTTP/1.1\r\nHost: anna.localhost\r\nHost: ben.localhost\r\n")
    assert b" 400 " in answer.splitlines()[0] or b" 404 " in answer.splitlines()[0]


@pytest.fixture
def live(live_server: Any) -> int:
    return int(live_server.thread.port)


def spoken(port: int, words: bytes) -> bytes:
    """What a server answers to exactly these bytes."""
    with socket.create_connection(("localhost", port), timeout=10) as line:
        line.sendall(words + b"Connection: close\r\n\r\n")
        return b"".join(iter(lambda: line.recv(65536), b""))
