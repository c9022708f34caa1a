"""Take everything with you, and close the page: for the owner, who has just shown who they are."""

import time
from datetime import timedelta
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tenants.utils import schema_context

from accounts.sessions import signed_in
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.forms.take_out import ClosingForm
from tenants.people import taking_out
from tenants.registry import closing
from tenants.registry.looking import open_while_suspended
from tenants.registry.models import Membership, Role
from tenants.registry.standing import NotPossible

# For how long a password counts as just typed.
LATELY = timedelta(minutes=5)


@open_while_suspended
@require_http_methods(["GET", "HEAD", "POST"])
def take_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the archive is asked for, and saved from."""
    desk = _owners(request)
    if request.method != "POST":
        return desk.page("take_out", "settings", standing=taking_out.standing(now=desk.now))
    if taking_out.ask(now=desk.now, actor=desk.actor):
        messages.success(request, "Your archive is being made. You get a mail when it can be saved.")
    else:
        messages.info(request, "Your archive is being made already. You get a mail when it can be saved.")
    return desk.go("take_out")


@require_safe
def archive(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest archive. Whoever sits at somebody's open browser does not get it."""
    desk = _owners(request)
    standing = taking_out.standing(now=desk.now)
    if standing.file is None or standing.made_at is None:
        raise Http404("There is no archive. Ask for one first.")
    if not _is_lately_proven(request):
        return _to_prove(request, desk.address("archive"))
    name = f"{slug}-{standing.made_at:%Y-%m-%d}.zip"
    return FileResponse(
        standing.file.open("rb"),
        as_attachment=True,
        filename=name,
        headers={"Cache-Control": "private, no-store"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What is open, what becomes of it, and the address typed as a yes."""
    desk = _owners(request)
    form = ClosingForm(request.POST or None, address=slug)
    if request.method != "POST":
        return _closing(desk, form)
    if not _is_lately_proven(request):
        messages.info(request, "Nothing was closed yet. Show that it is you, then press it once more.")
        return _to_prove(request, desk.address("close_page"))
    if not form.is_valid():
        return _closing(desk, form, status=422)
    try:
        closing.close(schema_name=desk.tenant.schema_name, now=desk.now, actor=desk.actor)
    except (closing.StillOpen, NotPossible) as error:
        form.add_error(None, f"Nothing was closed. {error}")
        return _closing(desk, form, status=409)
    messages.success(request, "Your page is closed. You get a mail with the days that count now.")
    return desk.go("take_out")


@open_while_suspended
@require_POST
def open_again(request: HttpRequest, slug: str) -> HttpResponse:
    desk = _owners(request)
    try:
        closing.reopen(schema_name=desk.tenant.schema_name, now=desk.now, actor=desk.actor)
    except NotPossible as error:
        messages.error(request, str(error))
        return desk.go("take_out")
    messages.success(request, "Your page is open again, as it was.")
    return desk.go("today")


def _closing(desk: Desk, form: ClosingForm, *, status: int = 200) -> HttpResponse:
    matters = closing.matters(now=desk.now)
    return desk.page(
        "close_page",
        "settings",
        status=status,
        form=form,
        first=[matter.words for matter in matters if matter.hinders],
        afterwards=[matter.words for matter in matters if not matter.hinders],
        readable_days=closing.READABLE.days,
        kept_years=closing.KEPT_YEARS,
    )


def _owners(request: HttpRequest) -> Desk:
    membership: Membership = request.membership  # type: ignore[attr-defined]
    if membership.role != Role.OWNER:
        raise PermissionDenied("This is for the owner of the practice.")
    return desk_of(request)


def _is_lately_proven(request: HttpRequest) -> bool:
    """Whether a password or a code was typed in this session within the last minutes."""
    since = time.time() - LATELY.total_seconds()
    return any(each["at"] > since for each in get_authentication_records(request, signed_in(request)))


def _to_prove(request: HttpRequest, page: str) -> HttpResponse:
    # By what somebody signs in is the shared plane's to know.
    with schema_context("public"):
        methods = get_adapter().get_reauthentication_methods(signed_in(request))
    return SeeOther(f"{methods[0]['url']}?{urlencode({'next': page})}")
