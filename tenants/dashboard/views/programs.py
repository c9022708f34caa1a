"""Settings: keys for the coach's own programs, and the partners' programs that the coach has let in."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from partners import accesses
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.programs import KeyForm
from tenants.integrations import keys


@require_http_methods(["GET", "HEAD", "POST"])
def programs(request: HttpRequest, slug: str) -> HttpResponse:
    """What opens this practice to programs, and one more key, whose secret is shown this once."""
    desk = desk_of(request)
    form = KeyForm(request.POST or None)
    if request.method != "POST":
        return _page(desk, form)
    if not form.is_valid():
        return _page(desk, form, status=422)
    said = form.cleaned_data
    made, secret = keys.make(
        name=said["name"],
        scopes=said["scopes"],
        expires_at=form.expires_at(desk.now),
        now=desk.now,
        actor=desk.actor,
    )
    return _page(desk, KeyForm(), status=201, made=made, secret=secret)


@require_POST
def rotate(request: HttpRequest, slug: str, key_id: uuid.UUID) -> HttpResponse:
    """Another secret for the same program; the old one goes on for a day."""
    desk = desk_of(request)
    _mine(key_id)
    try:
        made, secret = keys.rotate(key_id=key_id, now=desk.now, actor=desk.actor)
    except keys.NoSuchKey:
        messages.info(request, "This key opens nothing any more. Nothing was changed.")
        return desk.go("programs")
    return _page(desk, KeyForm(), status=201, made=made, secret=secret, is_rotated=True)


@require_POST
def revoke(request: HttpRequest, slug: str, key_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _mine(key_id)
    keys.revoke(key_id=key_id, now=desk.now, actor=desk.actor)
    messages.success(request, "Revoked. The key opens nothing from now on.")
    return desk.go("programs")


@require_POST
def end(request: HttpRequest, slug: str, access_id: uuid.UUID) -> HttpResponse:
    """A partner's program is let in no longer."""
    desk = desk_of(request)
    try:
        accesses.end(access_id=access_id, tenant=desk.tenant, now=desk.now, actor=desk.actor)
    except accesses.NoSuchAccess as nothing:
        raise Http404("This program was not let in here.") from nothing
    messages.success(request, "Ended. The program can do nothing here from now on.")
    return desk.go("programs")


def _mine(key_id: uuid.UUID) -> None:
    if all(key.pk != key_id for key in keys.all_keys()):
        raise Http404("There is no such key.")


def _page(desk: Desk, form: KeyForm, *, status: int = 200, **made: object) -> HttpResponse:
    every = keys.all_keys()
    living = [key for key in every if keys.is_living(key, now=desk.now)]
    return desk.page(
        "programs",
        "settings",
        status=status,
        form=form,
        keys=living,
        ended=len(every) - len(living),
        partners=accesses.of_practice(desk.tenant.schema_name),
        **made,
    )
