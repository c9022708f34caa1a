"""Making an invoice: for what is typed, or for what is owed already; read first, then sent."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from kit.ids import uuid7
from kit.requests import looked_for
from tenants.billing import invoices
from tenants.billing.documents import invoice_of
from tenants.billing.models import Charge, Document
from tenants.billing.paper_lines import Line
from tenants.billing.paper_words import ShownPaper, shown_now
from tenants.clients.details_form import PaperDetailsForm
from tenants.clients.models import Client
from tenants.clients.paper_details import change
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.invoices import DueForm, InvoiceForm
from tenants.dashboard.typed import key_of


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = InvoiceForm(
        request.POST if request.method == "POST" else None,
        currency=desk.practice.currency,
        tz=desk.tz,
        now=desk.now,
        client=looked_for(request, "client"),
    )
    if not form.is_bound:
        return _form_page(desk, form, uuid7())
    key = key_of(request) or uuid7()
    if not form.is_valid():
        return _form_page(desk, form, key, status=422)
    client, due_on, lines = form.cleaned_data["client"], form.cleaned_data["due_on"], form.lines()
    if "preview" in request.POST:
        return _form_page(desk, form, key, preview=_preview(desk, client, lines, due_on))
    sent = invoices.send(
        key=key, client_id=client.pk, lines=lines, due_on=due_on, now=desk.now, actor=desk.actor
    )
    return _sent(desk, sent, client)


def _form_page(
    desk: Desk, form: InvoiceForm, key: uuid.UUID, *, status: int = 200, **context: Any
) -> HttpResponse:
    has_clients = Client.objects.exists()
    return desk.page(
        "invoice", "money", status=status, form=form, key=key, has_clients=has_clients, **context
    )


def _preview(desk: Desk, client: Client, lines: list[Line], due_on: date) -> ShownPaper:
    """The paper as it would be, but for its number."""
    draft = invoices.draft(client=client, lines=lines, due_on=due_on, here=desk.practice, now=desk.now)
    with desk.speaking():
        return shown_now(draft, desk.practice, desk.now, [])


def _sent(desk: Desk, sent: Document, client: Client) -> HttpResponse:
    messages.success(desk.request, f"{sent.label} is on its way to {client.email}.")
    return desk.go("paper", sent.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def for_owed(request: HttpRequest, slug: str, charge_id: uuid.UUID) -> HttpResponse:
    """What is owed already, as an unpaid pack or a rest: shown as it will be, with the day to choose."""
    desk = desk_of(request)
    charge = get_object_or_404(Charge.objects.select_related("client"), pk=charge_id)
    if request.method != "POST" and (asks := invoice_of(charge.pk)):
        return desk.go("paper", asks.pk)
    form = DueForm(request.POST if request.method == "POST" else None, tz=desk.tz, now=desk.now)
    if not form.is_bound:
        return _owed_page(desk, charge, form)
    if not form.is_valid():
        return _owed_page(desk, charge, form, status=422)
    due_on, key = form.cleaned_data["due_on"], key_of(request) or uuid7()
    try:
        sent = invoices.send_for(key=key, charge_id=charge.pk, due_on=due_on, now=desk.now, actor=desk.actor)
    except invoices.AlreadyInvoiced as there:
        return desk.go("paper", there.invoice.pk)
    except invoices.NotOwed:
        return _owed_page(desk, charge, form, status=409)
    return _sent(desk, sent, charge.client)


def _owed_page(desk: Desk, charge: Charge, form: DueForm, *, status: int = 200) -> HttpResponse:
    lines = invoices.lines_asked_for(charge)
    preview = _preview(desk, charge.client, lines, form.today) if lines and status != 409 else None
    return desk.page(
        "invoice_for", "money", status=status, form=form, charge=charge, preview=preview, key=uuid7()
    )


# --- for whom ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """What stands on a client's papers from now on."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    form = PaperDetailsForm(request.POST if request.method == "POST" else None, client=client)
    if not form.is_bound:
        return desk.page("paper_details", "clients", form=form, client=client)
    if not form.is_valid():
        return desk.page("paper_details", "clients", status=422, form=form, client=client)
    change(client_id=client.pk, now=desk.now, actor=desk.actor, **form.details())
    messages.success(request, "Saved for papers from now on. What was issued stays as it is.")
    return desk.go("client", client.pk)
