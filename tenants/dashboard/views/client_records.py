"""A client's record by hand: added, put right, archived; and as files."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.clients.models import Client
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.forms.clients import ClientForm
from tenants.people import export, record
from tenants.people.stages import with_facts


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody who has not booked yet."""
    desk = desk_of(request)
    form = ClientForm(request.POST or None)
    if request.method != "POST":
        return desk.page("client_new", "clients", form=form)
    if not form.is_valid():
        return desk.page("client_new", "clients", form=form, status=422)
    try:
        client = record.add(**form.said, now=desk.now, actor=desk.actor)
    except record.AddressTaken as refusal:
        form.add_error("email", str(refusal))
        return desk.page("client_new", "clients", form=form, there=refusal.client, status=422)
    messages.success(request, f"{client.name} is in your list. Nobody was mailed.")
    return desk.go("client", client.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk, client = desk_of(request), _client_or_404(client_id)
    form = ClientForm(request.POST or None, client=client)
    if request.method != "POST":
        return _edit_page(desk, client, form)
    if not form.is_valid():
        return _edit_page(desk, client, form, status=422)
    try:
        record.edit(client_id=client.pk, **form.said, now=desk.now, actor=desk.actor)
    except record.AddressTaken as refusal:
        form.add_error("email", str(refusal))
        return _edit_page(desk, client, form, status=422)
    messages.success(request, "Saved.")
    return desk.go("client", client.pk)


def _edit_page(desk: Desk, client: Client, form: ClientForm, *, status: int = 200) -> HttpResponse:
    return desk.page("client_edit", "clients", client=client, form=form, status=status)


@require_POST
def archive(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Out of the list, or with `to` "on" in it again."""
    desk, client = desk_of(request), _client_or_404(client_id)
    if request.POST.get("to") == "on":
        record.unarchive(client_id=client.pk, now=desk.now, actor=desk.actor)
        messages.success(request, f"{client.name} is in your list again.")
    else:
        record.archive(client_id=client.pk, now=desk.now, actor=desk.actor)
        messages.success(request, f"{client.name} is archived. You find them under Archived.")
    return desk.go("client", client.pk)


def _client_or_404(client_id: uuid.UUID) -> Client:
    return get_object_or_404(Client, pk=client_id, erased_at=None)


@require_safe
def clients_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every client, the archived ones too."""
    desk = desk_of(request)
    rows = with_facts(Client.objects.filter(erased_at=None), now=desk.now).order_by("name", "pk")
    text = export.clients_csv(rows, currency=desk.practice.currency, tz=desk.tz, now=desk.now)
    return download(text, name=f"clients-{slug}.csv")


@require_safe
def whole_record(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """All that is kept of one client, with the private notes."""
    client = get_object_or_404(Client, pk=client_id)
    return download(export.record_of(client), name=f"client-{client.pk}.zip")
