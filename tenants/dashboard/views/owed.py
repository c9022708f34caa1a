"""Owed: all that clients have to pay, the oldest first, with what can be done about it."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from kit.money import format_money
from tenants.billing import charges
from tenants.billing.models import Charge
from tenants.dashboard import owed_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.by_hand import BecauseForm
from tenants.earnings import owed as what


@require_safe
def owed(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    rows = what.open_charges(now=desk.now, tz=desk.tz)
    with desk.speaking():
        clients = [
            {"of": each, "rows": [owed_words.row_of(desk, row) for row in each.rows]}
            for each in what.by_client(rows)
        ]
    return desk.page("owed", "money", clients=clients, sums=what.sums(rows), give_back=what.to_give_back())


@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: HttpRequest, slug: str, charge_id: uuid.UUID) -> HttpResponse:
    """Nobody asks for what is left of it any more, with the reason."""
    desk = desk_of(request)
    charge = get_object_or_404(Charge.objects.select_related("client"), pk=charge_id)
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _waive_page(desk, charge, form)
    if not form.is_valid():
        return _waive_page(desk, charge, form, status=422)
    left_minor = charges.owed_minor(charge)
    if not left_minor:
        return desk.go("owed")
    try:
        charges.waive(
            charge_id=charge_id, because=form.cleaned_data["because"], now=desk.now, actor=desk.actor
        )
    except charges.CannotWaive as refusal:
        form.add_error(None, str(refusal))
        return _waive_page(desk, charge, form, status=409)
    amount = format_money(left_minor, charge.currency, desk.practice.locale)
    messages.success(request, f"Let off: {amount} of {charge.client.name} for {charge.description}.")
    return desk.go("owed")


def _waive_page(desk: Desk, charge: Charge, form: BecauseForm, *, status: int = 200) -> HttpResponse:
    return desk.page(
        "waive_charge",
        "money",
        status=status,
        charge=charge,
        client=charge.client,
        left_minor=charges.owed_minor(charge),
        form=form,
    )
