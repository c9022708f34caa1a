"""Cash and bank transfers at the desk: recorded, given back, and a slip taken back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from kit.clock import zone
from kit.ids import uuid7
from kit.money import format_money
from tenants.billing import by_hand, charges
from tenants.billing.models import Charge, ManualPayment
from tenants.clients.models import Client
from tenants.dashboard import owed_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.by_hand import BecauseForm, InHandForm
from tenants.dashboard.typed import key_of
from tenants.earnings import owed

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def of_client(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Everything that this client was ever charged, what is open first, with what was received by hand."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    rows = owed.open_charges(now=desk.now, tz=desk.tz, client_id=client.pk)
    is_open = {row.charge.pk for row in rows}
    settled = Charge.objects.filter(client=client).exclude(pk__in=is_open).exclude(paid_minor=0)
    payments = ManualPayment.objects.filter(charge__client=client).select_related("charge")
    with desk.speaking():
        return desk.page(
            "client_payments",
            "money",
            client=client,
            rows=[owed_words.row_of(desk, row) for row in rows],
            sums=owed.sums(rows),
            settled=[
                {"charge": each, "badge": owed_words.badge_of(charges.shown_as(each))}
                for each in settled.order_by("-created_at")
            ],
            received=owed_words.received(desk, payments.order_by("-received_on", "-created_at")),
        )


# --- received -----------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def record(request: HttpRequest, slug: str, charge_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    charge = _charge_or_404(charge_id)
    row = owed.open_charge(charge=charge, now=desk.now, tz=desk.tz)
    form = _form(desk, charge, row.next_minor)
    if request.method != "POST":
        return _record_page(desk, row, form)
    key = key_of(request)
    if key is None or not form.is_valid():
        return _record_page(desk, row, form, status=422)
    said = {**form.said, "received_on": form.cleaned_data["received_on"]}
    try:
        payment = by_hand.record(charge_id=charge_id, **said, now=desk.now, actor=desk.actor, key=key)
    except by_hand.TooMuch as refusal:
        form.add_error("amount", str(refusal))
        return _record_page(desk, row, form, status=409)
    except by_hand.CannotRecord as refusal:
        form.add_error(None, str(refusal))
        return _record_page(desk, row, form, status=409)
    return _done(desk, payment, "Recorded")


def _charge_or_404(charge_id: uuid.UUID) -> Charge:
    return get_object_or_404(Charge.objects.select_related("client"), pk=charge_id)


def _form(desk: Desk, charge: Charge, amount_minor: int) -> InHandForm:
    today = desk.now.astimezone(zone(desk.tz)).date()
    sent = desk.request.POST if desk.request.method == "POST" else None
    return InHandForm(sent, currency=charge.currency, amount_minor=amount_minor, today=today)


def _record_page(desk: Desk, row: owed.Open, form: InHandForm, *, status: int = 200) -> HttpResponse:
    with desk.speaking():
        shown = owed_words.row_of(desk, row)
    return desk.page(
        "record_payment",
        "money",
        status=status,
        row=shown,
        charge=row.charge,
        client=row.charge.client,
        form=form,
        key=key_of(desk.request) or uuid7(),
    )


def _done(desk: Desk, payment: ManualPayment, what: str) -> HttpResponse:
    """What happened and what is left, on the page of the client's payments."""
    charge = Charge.objects.select_related("client").get(pk=payment.charge_id)
    left = owed_words.what_is_left(desk, charge, charges.owed_minor(charge))
    messages.success(desk.request, f"{what}: {owed_words.in_words(desk, payment)}. {left}")
    return desk.go("client_payments", charge.client_id)


# --- put right ----------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def take_back(request: HttpRequest, slug: str, payment_id: uuid.UUID) -> HttpResponse:
    """A payment that never was: with the reason. A second press finds it done."""
    desk = desk_of(request)
    payment = get_object_or_404(ManualPayment.objects.select_related("charge__client"), pk=payment_id)
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _take_back_page(desk, payment, form)
    if not form.is_valid():
        return _take_back_page(desk, payment, form, status=422)
    try:
        taken = by_hand.take_back(
            payment_id=payment_id, because=form.cleaned_data["because"], now=desk.now, actor=desk.actor
        )
    except by_hand.CannotTakeBack as refusal:
        form.add_error(None, str(refusal))
        return _take_back_page(desk, payment, form, status=409)
    return _done(desk, taken, "Taken back")


def _take_back_page(
    desk: Desk, payment: ManualPayment, form: BecauseForm, *, status: int = 200
) -> HttpResponse:
    return desk.page(
        "take_back_payment",
        "money",
        status=status,
        payment=payment,
        words=owed_words.in_words(desk, payment),
        form=form,
    )


# --- given back ---------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def give_back(request: HttpRequest, slug: str, charge_id: uuid.UUID) -> HttpResponse:
    """Money that was received by hand and goes back by hand."""
    desk = desk_of(request)
    charge = _charge_or_404(charge_id)
    left_minor = by_hand.in_hand_minor(charge.pk)
    form = _form(desk, charge, left_minor)
    if request.method != "POST":
        return _give_back_page(desk, charge, left_minor, form)
    key = key_of(request)
    if key is None or not form.is_valid():
        return _give_back_page(desk, charge, left_minor, form, status=422)
    said: dict[str, Any] = {**form.said, "given_on": form.cleaned_data["received_on"]}
    try:
        payment = by_hand.give_back(charge_id=charge_id, **said, now=desk.now, actor=desk.actor, key=key)
    except by_hand.CannotRecord as refusal:
        form.add_error("amount" if isinstance(refusal, by_hand.TooMuch) else None, str(refusal))
        return _give_back_page(desk, charge, left_minor, form, status=409)
    amount = format_money(-payment.amount_minor, payment.currency, desk.practice.locale)
    messages.success(request, f"Noted: {amount} given back to {charge.client.name}. It is not owed again.")
    return desk.go("client_payments", charge.client_id)


def _give_back_page(
    desk: Desk, charge: Charge, left_minor: int, form: InHandForm, *, status: int = 200
) -> HttpResponse:
    return desk.page(
        "give_back",
        "money",
        status=status,
        charge=charge,
        client=charge.client,
        left_minor=left_minor,
        form=form,
        key=key_of(desk.request) or uuid7(),
    )
