"""As whom a request is answered, and in what transaction."""

from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import Client as Browser
from django.urls import path

from accounts.models import User
from tenants.clients.models import Client
from tenants.registry.grants import web_role
from tenants.registry.middleware import writes_on_get
from tenants.registry.models import Tenant, TenantStatus


def whoami(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text, current_setting('transaction_read_only')")
        role, read_only = cursor.fetchone()
    return JsonResponse({"role": role, "read_only": read_only, "in_transaction": connection.in_atomic_block})


def write(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    with transaction.atomic():
        Client.objects.create(name="Kim", email="kim@example.com")
    return HttpResponse("written")


def remembered(request: HttpRequest, **_kwargs: Any) -> JsonResponse:
    return JsonResponse({"of_the_browser": [name for name in ("session", "user") if hasattr(request, name)]})


def missing(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    raise Http404


def show_missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    response = whoami(request)
    response.status_code = 404
    return response


@pytest.fixture
def urls(settings: Any) -> None:
    views = [path("whoami", whoami), path("write", write), path("missing", missing)]
    views.append(path("remembered", remembered))
    coach, central = ModuleType("coach_urls"), ModuleType("central_urls")
    coach.urlpatterns = [*views, path("return", writes_on_get(lambda request: write(request)))]  # type: ignore[attr-defined]
    coach.handler404 = show_missing  # type: ignore[attr-defined]
    central.urlpatterns = [  # type: ignore[attr-defined]
        path("whoami", whoami),
        path("other/<slug:slug>/", whoami),
        path("accounts/login/", whoami, name="account_login"),
        path("accounts/email/", whoami, name="account_email"),
        *[path(f"coach/<slug:slug>/{view.pattern}", view.callback) for view in views],
    ]
    settings.ROOT_URLCONF, settings.COACH_URLCONF = central, coach


@pytest.fixture
def on_annas_host(anna: Tenant, urls: None) -> Browser:
    return Browser(headers={"host": "anna.localhost:8000"}, raise_request_exception=False)


@pytest.fixture
def centrally(anna: Tenant, urls: None) -> Browser:
    """Anna, signed in on the central host."""
    browser = Browser(headers={"host": "localhost:8000"}, raise_request_exception=False)
    browser.force_login(User.objects.get(email="anna@example.com"))
    return browser


def test_a_get_on_a_coachs_host_is_one_read_only_transaction_of_the_tenant(
    on_annas_host: Browser, anna: Tenant
) -> None:
    assert on_annas_host.get("/whoami").json() == {
        "role": anna.schema_name,
        "read_only": "on",
        "in_transaction": True,
    }


def test_a_post_opens_its_own_transaction(on_annas_host: Browser, anna: Tenant) -> None:
    answer = on_annas_host.post("/whoami").json()
    assert (answer["role"], answer["in_transaction"]) == (anna.schema_name, False)
    assert on_annas_host.post("/write").content == b"written"


def test_a_write_in_a_get_is_refused_by_the_database(on_annas_host: Browser) -> None:
    on_annas_host.raise_request_exception = True
    with pytest.raises(InternalError, match="read-only transaction"):
        on_annas_host.get("/write")


def test_a_view_that_is_marked_may_write_in_a_get(on_annas_host: Browser) -> None:
    assert on_annas_host.get("/return").content == b"written"


def test_the_error_page_of_a_coach_is_rendered_as_the_tenant(on_annas_host: Browser, anna: Tenant) -> None:
    answer = on_annas_host.get("/missing")
    assert (answer.status_code, answer.json()["role"]) == (404, anna.schema_name)


@pytest.mark.parametrize("path", ["/whoami", "/missing", "/write", "/nothing-here"])
def test_the_connection_is_bare_after_a_request(on_annas_host: Browser, path: str) -> None:
    on_annas_host.get(path)
    assert not connection.in_atomic_block
    assert connection.schema_name == "public"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == (web_role(),)


@pytest.mark.parametrize("host", ["nobody.localhost:8000", "www.localhost:8000", "a.b.localhost"])
def test_a_host_of_nobody_is_answered_with_a_page(urls: None, anna: Tenant, host: str) -> None:
    answer = Browser(headers={"host": host}).get("/whoami")
    assert answer.status_code == 404
    assert "There is no coach at this address" in answer.content.decode()
    assert '<a href="http://localhost:8000/">Go to Upfront</a>' in answer.content.decode()
    assert Browser(headers={"host": host}).get("/static/ui/foundation.css").status_code == 200
    assert Browser(headers={"host": host}).get("/static/nothing.css").status_code == 404


@pytest.mark.parametrize("status", [TenantStatus.PROVISIONING, TenantStatus.CLOSED])
def test_a_tenant_that_is_not_open_has_no_page(on_annas_host: Browser, anna: Tenant, status: str) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=status)
    assert on_annas_host.get("/whoami").status_code == 404


def test_the_central_host_is_the_bare_role(centrally: Browser) -> None:
    answer = centrally.get("/whoami").json()
    assert (answer["role"], answer["in_transaction"]) == (web_role(), False)
    assert centrally.get("/other/anna/").json()["role"] == web_role()


def test_a_member_enters_the_tenant_by_the_path(centrally: Browser, anna: Tenant) -> None:
    answer = centrally.get("/coach/anna/whoami").json()
    assert answer == {"role": anna.schema_name, "read_only": "on", "in_transaction": True}
    assert centrally.post("/coach/anna/write").content == b"written"


@pytest.mark.parametrize("slug", ["ben", "nobody"])
def test_a_coach_who_is_not_the_users_is_hidden(centrally: Browser, ben: Tenant, slug: str) -> None:
    assert centrally.get(f"/coach/{slug}/whoami").status_code == 404
    assert centrally.post(f"/coach/{slug}/write").status_code == 404


def test_nobody_enters_without_signing_in(anna: Tenant, urls: None) -> None:
    answer = Browser(headers={"host": "localhost:8000"}).get("/coach/anna/whoami?week=2")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/coach/anna/whoami%3Fweek%3D2"


def test_a_session_of_the_central_host_means_nothing_on_a_coachs(
    centrally: Browser, anna: Tenant, ben: Tenant
) -> None:
    assert centrally.get("/coach/ben/whoami", headers={"host": "ben.localhost:8000"}).status_code == 404


def test_while_the_schema_is_made_the_dashboard_asks_again_by_itself(
    centrally: Browser, anna: Tenant
) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.PROVISIONING)
    answer = centrally.get("/coach/anna/whoami")
    assert (answer.status_code, answer["Refresh"]) == (503, "1")
    assert "Anna is being set up" in answer.content.decode()
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.OPEN)
    assert centrally.get("/coach/anna/whoami").status_code == 200


def test_a_closed_practice_says_so(centrally: Browser, anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.CLOSED)
    answer = centrally.get("/coach/anna/whoami")
    assert answer.status_code == 503
    assert "Refresh" not in answer
    assert "Anna is closed" in answer.content.decode()


def test_a_suspended_practice_is_read_only_for_its_coach(centrally: Browser, anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.SUSPENDED)
    assert centrally.get("/coach/anna/whoami").json()["read_only"] == "on"
    assert centrally.post("/coach/anna/write").status_code == 403


def test_nobody_is_signed_in_on_a_coachs_host(on_annas_host: Browser, centrally: Browser) -> None:
    """There is no session and no user there, not even for who has brought the cookie of the central host."""
    on_annas_host.cookies = centrally.cookies
    assert on_annas_host.get("/remembered").json() == {"of_the_browser": []}
    assert centrally.get("/coach/anna/remembered").json() == {"of_the_browser": ["session", "user"]}
