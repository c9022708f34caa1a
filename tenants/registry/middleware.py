"""Which tenant a request is for, and the transaction that it is answered in.

A coach's host names its tenant. On the central host the tenant comes from the path `/coach/<slug>/…` and
the user's membership. A GET is answered inside one read-only transaction of the tenant; everything that
writes for its own ends (sessions, sign-in, messages) stands outside of it.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django_tenants.utils import tenant_context

from kit.clock import now
from kit.database import read_only
from kit.requests import said_by
from tenants.registry import closing, looking
from tenants.registry.addresses import host_for
from tenants.registry.hosts import name_of, tenant_for_host
from tenants.registry.models import Membership, Tenant, TenantStatus
from tenants.registry.pages import central_address, host_of, page_address

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Of a closed practice, below its own host: what was given to clients, and what they sign in by.
SIGN_IN = ("/my/sign-in/", "/my/enter/", "/my/sign-out/")
CLIENTS_OWN = ("/my/", "/paper/", "/payments/", "/sign/", "/read/", "/brand/")
COACH_ROUTE = "coach/<slug:slug>/"
MOVED_SECONDS = 3600
BACK_SECONDS = "600"
API = "/api/v1/"
_MOVES = 503, "This practice is moving.", "It is back soon: ask again later."
PROBLEMS: dict[str, tuple[int, str, str]] = {
    TenantStatus.SUSPENDED: (503, "This practice is not open now.", "Its coach knows when it is again."),
    TenantStatus.CLOSED: (410, "This practice has closed.", "Ask its coach what comes next."),
    TenantStatus.MOVING: _MOVES,
    TenantStatus.PACKED: _MOVES,
    TenantStatus.ARRIVING: _MOVES,
    TenantStatus.MOVED: (410, "This practice has moved.", "Ask its coach for a key at its new address."),
}


def writes_on_get(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view whose GET may write: a page that an outside service sends the browser back to."""
    view.writes_on_get = True  # type: ignore[attr-defined]
    return view


class CoachHost:
    """Outermost: sets `request.tenant`, and answers 404 on a host that is nobody's.

    It stands in front of everything that believes a request's host: what comes after it knows the host.
    Only styles and scripts pass on any: they are the same for all, and the pages that refuse need them too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.tenant = None  # type: ignore[attr-defined]
        request.host_name = host = name_of(request.get_host())  # type: ignore[attr-defined]
        if host in settings.CENTRAL_HOSTS or request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        tenant = tenant_for_host(host)
        if tenant is not None and tenant.status in PROBLEMS and request.path_info.startswith(API):
            return _problem(tenant)
        if tenant is not None and tenant.status == TenantStatus.SUSPENDED:
            page = render_to_string("registry/not_open_now.html", {"tenant": tenant})
            return HttpResponse(page, status=503)
        if tenant is not None and tenant.moves:
            return self._moves(request, tenant)
        if tenant is not None and closing.is_readable(tenant, now=now()):
            return self._own_pages(request, tenant)
        if tenant is None or not tenant.is_open:
            page = render_to_string("registry/no_page_here.html", {"central_url": central_address()})
            return HttpResponse(page, status=404)
        return self._enter(request, tenant)

    def _moves(self, request: HttpRequest, tenant: Tenant) -> HttpResponseBase:
        """On its way to another installation, or there: then every link leads on to the same page."""
        if tenant.status == TenantStatus.MOVED:
            response = HttpResponsePermanentRedirect(tenant.moving_to + request.get_full_path())
            response.status_code = 308
            response["Cache-Control"] = f"max-age={MOVED_SECONDS}"
            return response
        page = render_to_string("registry/moving.html", {"tenant": tenant})
        return HttpResponse(page, status=503, headers={"Retry-After": BACK_SECONDS})

    def _enter(self, request: HttpRequest, tenant: Tenant) -> HttpResponseBase:
        request.tenant = tenant  # type: ignore[attr-defined]
        request.urlconf = settings.COACH_URLCONF
        return self.get_response(request)

    def _own_pages(self, request: HttpRequest, tenant: Tenant) -> HttpResponseBase:
        """Of a closed practice: what clients may read yet, and how they sign in for it."""
        path = request.path_info
        reads = request.method in ("GET", "HEAD") and path.startswith(CLIENTS_OWN)
        if reads or path.startswith(SIGN_IN):
            return self._enter(request, tenant)
        until = closing.readable_until(tenant)
        page = render_to_string("registry/closed.html", {"tenant": tenant, "until": until})
        return HttpResponse(page, status=410)


def _problem(tenant: Tenant) -> HttpResponse:
    """For programs, which are not sent on with their key: it opens nothing there."""
    status, title, detail = PROBLEMS[tenant.status]
    said = {"type": "about:blank", "title": title, "status": status, "detail": f"{detail} Nothing was done."}
    if tenant.status == TenantStatus.MOVED:
        said["moved_to"] = tenant.moving_to
    headers = {"Retry-After": BACK_SECONDS} if status == 503 else {}
    return JsonResponse(said, status=status, content_type="application/problem+json", headers=headers)


class OneAddress:
    """Whoever comes to another of a coach's hosts goes on at the one that all links lead to.

    A POST is answered where it came: what was typed must not be lost on the way.
    """

    # What stands on other people's sites is not theirs to change when a coach moves; and programs that are
    # sent elsewhere leave their key behind.
    STAYS = ("/embed", API)

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        tenant = request.tenant  # type: ignore[attr-defined]
        if tenant is None:
            return self.get_response(request)
        host = request.host_name  # type: ignore[attr-defined]
        moves = self._moves(request, tenant, host)
        response = self._moved(request, tenant) if moves else self.get_response(request)
        if request.is_secure() and host != host_for(tenant.slug):
            # For this name alone: what else the coach has below it is not ours to speak of.
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response

    def _moved(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        response = HttpResponsePermanentRedirect(page_address(tenant) + request.get_full_path())
        # For ever would be too long: a coach may give the domain back.
        response["Cache-Control"] = f"max-age={MOVED_SECONDS}"
        return response

    def _moves(self, request: HttpRequest, tenant: Tenant, host: str) -> bool:
        if request.method not in ("GET", "HEAD") or request.path_info.startswith(self.STAYS):
            return False
        return host != host_of(tenant.slug, tenant.own_host)


class _OnCentralHost:
    """Passes by what comes to a coach's host: nobody is signed in there, and nobody has a session."""

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)  # type: ignore[call-arg]
        self._pass_by = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.tenant is not None:  # type: ignore[attr-defined]
            return self._pass_by(request)
        return super().__call__(request)  # type: ignore[misc]


class Sessions(_OnCentralHost, SessionMiddleware):
    """`request.session`, on the central host."""


class SignIn(_OnCentralHost, AuthenticationMiddleware):
    """`request.user`, on the central host."""


class TenantTransaction:
    """Innermost: what runs inside of it runs as the tenant, and a GET in a read-only transaction.

    Error pages of the view are rendered inside too, so they may speak of the tenant.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with ExitStack() as inside:
            request.inside_tenant = inside  # type: ignore[attr-defined]
            response = self.get_response(request)
        _let_forms_lead_to_own_domain(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.tenant is None and _is_of_a_coach(request):  # type: ignore[attr-defined]
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            _enter_by_membership(request, kwargs["slug"])
        if request.tenant is None:  # type: ignore[attr-defined]
            return None
        request.only_looking = _looking(request)  # type: ignore[attr-defined]
        if request.only_looking is None and not request.tenant.is_open:  # type: ignore[attr-defined]
            return _not_open(request)
        if not _may(request, view):
            return _only_looking(request)
        _enter(request, view)
        return None


def _let_forms_lead_to_own_domain(request: HttpRequest, response: HttpResponseBase) -> None:
    """A form may be answered by a redirect there, and browsers hold the whole chain to the policy."""
    tenant = request.tenant  # type: ignore[attr-defined]
    if tenant is not None and tenant.own_host:
        allowed = getattr(response, "_csp_update", None) or {}
        response._csp_update = {**allowed, "form-action": [page_address(tenant)]}  # type: ignore[attr-defined]


def _enter(request: HttpRequest, view: Callable[..., Any]) -> None:
    said_by(tenant=request.tenant.schema_name)  # type: ignore[attr-defined]
    inside: ExitStack = request.inside_tenant  # type: ignore[attr-defined]
    inside.enter_context(tenant_context(request.tenant))  # type: ignore[attr-defined]
    if request.method in ("GET", "HEAD") and not getattr(view, "writes_on_get", False):
        inside.enter_context(read_only())


def _not_open(request: HttpRequest) -> HttpResponse:
    """Instead of the view: the schema may not be there yet. While it is made, the page asks again."""
    tenant = request.tenant  # type: ignore[attr-defined]
    page = render_to_string("registry/not_open.html", {"tenant": tenant}, request)
    waiting = {"Retry-After": "1", "Refresh": "1"} if tenant.status == TenantStatus.PROVISIONING else {}
    return HttpResponse(page, status=503, headers=waiting)


def _looking(request: HttpRequest) -> looking.Looking | None:
    """That nothing can be changed: an operator looks, or the practice is suspended."""
    tenant = request.tenant  # type: ignore[attr-defined]
    if look := getattr(request, "look_of_operator", None):
        found: looking.Looking = look
        return found
    if tenant.moves:
        return looking.while_moving(tenant)
    if closing.is_readable(tenant, now=now()):
        return looking.while_closed(closing.readable_until(tenant))
    suspended = tenant.status == TenantStatus.SUSPENDED
    return looking.while_suspended(tenant.status_reason) if suspended else None


def _may(request: HttpRequest, view: Callable[..., Any]) -> bool:
    look: looking.Looking | None = request.only_looking  # type: ignore[attr-defined]
    match = request.resolver_match
    route = (match.url_name or "") if match else ""
    if not _is_of_a_coach(request):
        # Of a closed practice `CoachHost` has let through what clients may do yet.
        return True
    return look is None or look.may(method=request.method, route=route, view=view)


def _only_looking(request: HttpRequest) -> HttpResponse:
    context = {"looking": request.only_looking, "slug": request.tenant.slug}  # type: ignore[attr-defined]
    return HttpResponse(render_to_string("registry/only_looking.html", context), status=403)


def _is_of_a_coach(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.route.startswith(COACH_ROUTE)


def _enter_by_membership(request: HttpRequest, slug: str) -> None:
    """Set tenant and membership. A coach who is not the user's is hidden, not forbidden."""
    user: Any = request.user
    membership = (
        Membership.objects.select_related("tenant").filter(user_id=user.pk, tenant__slug=slug).first()
    )
    if membership is None and user.is_staff:
        _enter_to_look(request, slug)
        return
    if membership is None:
        raise Http404("There is no such coach among yours.")
    said_by(actor=f"user:{user.pk}")
    request.membership = membership  # type: ignore[attr-defined]
    request.tenant = membership.tenant  # type: ignore[attr-defined]


def _enter_to_look(request: HttpRequest, slug: str) -> None:
    """An operator, within the half hour that was begun with a reason."""
    tenant = Tenant.objects.filter(slug=slug, status__in=(TenantStatus.OPEN, TenantStatus.SUSPENDED)).first()
    look = looking.of_operator(request.session, tenant_id=tenant.pk, name=tenant.name) if tenant else None
    if look is None:
        raise Http404("There is no such coach among yours.")
    said_by(actor=f"operator:{request.user.pk}")
    request.look_of_operator = look  # type: ignore[attr-defined]
    request.tenant = tenant  # type: ignore[attr-defined]
