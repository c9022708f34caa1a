"""One payment: what it came to, what goes back of it, and the bundle that answers a dispute."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.ids import uuid7
from kit.money import format_money
from tenants.billing import coach_refunds
from tenants.billing.models import PaymentAttempt, Refund
from tenants.billing.refund_preview import NothingLeft, Preview, TooMuch
from tenants.dashboard import refund_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.refunds import RefundForm
from tenants.dashboard.payment_page import paid_for, payment_page, taken_or_none
from tenants.dashboard.typed import key_of
from tenants.packs.models import Pack
from tenants.scheduling.models import Booking, BookingStatus

CHANGED = "Something about this payment has changed since you looked. Read what it would mean now, and press."


@require_safe
def payment(request: HttpRequest, slug: str, attempt_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    return _page(desk, taken_or_404(attempt_id))


def taken_or_404(attempt_id: uuid.UUID) -> PaymentAttempt:
    """A payment that took money; a try that did not is none."""
    found = taken_or_none(attempt_id)
    if found is None:
        raise Http404("There is no such payment.")
    return found


def _page(desk: Desk, attempt: PaymentAttempt, *, refusal: str = "") -> HttpResponse:
    """All about one payment; with a `refusal` it is a conflict."""
    with desk.speaking():
        found = payment_page(desk, attempt)
    status = 409 if refusal else 200
    return desk.page("payment", "money", status=status, payment=found, attempt=attempt, refusal=refusal)


# --- giving back -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: HttpRequest, slug: str, attempt_id: uuid.UUID) -> HttpResponse:
    """Type how much, read what it means, press."""
    desk, attempt = desk_of(request), taken_or_404(attempt_id)
    try:
        facts = coach_refunds.facts_of(attempt=attempt)
        left = facts.preview().amount_minor
    except (coach_refunds.NotRefundable, NothingLeft) as refused:
        if (pressed := _pressed_before(request, attempt)) is not None:
            return desk.go("payment", pressed.attempt_id)
        return _page(desk, attempt, refusal=str(refused))
    form = _form(desk, attempt, left)
    if request.method == "POST" and form.is_valid():
        return _refund(desk, attempt, form, facts)
    return _refund_page(desk, attempt, form, facts)


def _pressed_before(request: HttpRequest, attempt: PaymentAttempt) -> Refund | None:
    """The refund of the same press, after which nothing may be left to press for."""
    key = key_of(request)
    return Refund.objects.filter(reference=key, attempt=attempt).first() if key else None


def _form(desk: Desk, attempt: PaymentAttempt, left_minor: int) -> RefundForm:
    request = desk.request
    sent = request.POST if request.method == "POST" else request.GET if "how" in request.GET else None
    return RefundForm(sent, left_minor=left_minor, currency=attempt.currency, locale=desk.practice.locale)


def _refund(
    desk: Desk, attempt: PaymentAttempt, form: RefundForm, facts: coach_refunds.Facts
) -> HttpResponse:
    key = key_of(desk.request)
    if key is None:
        return _refund_page(desk, attempt, form, facts, refused=CHANGED)
    try:
        made = coach_refunds.refund(
            attempt_id=attempt.pk,
            amount_minor=form.amount_minor,
            because=coach_refunds.Because(form.cleaned_data["because"]),
            shown=desk.request.POST.get("shown", ""),
            reference=key,
            now=desk.now,
            actor=desk.actor,
        )
    except coach_refunds.PreviewChanged:
        now = coach_refunds.facts_of(attempt=taken_or_404(attempt.pk))
        return _refund_page(desk, attempt, form, now, refused=CHANGED)
    except (coach_refunds.NotRefundable, NothingLeft, TooMuch) as refused:
        return _page(desk, attempt, refusal=f"Nothing was refunded. {refused}")
    amount = format_money(made.amount_minor, attempt.currency, desk.practice.locale)
    messages.success(desk.request, f"{amount} goes back to {attempt.charge.client.name}.")
    return desk.go("payment", attempt.pk)


def _refund_page(
    desk: Desk,
    attempt: PaymentAttempt,
    form: RefundForm,
    facts: coach_refunds.Facts,
    *,
    refused: str = "",
) -> HttpResponse:
    """The form; what is wrong with it; or what it would do, with the button that does it."""
    wrong = form.is_bound and not form.is_valid()
    booking, pack = paid_for(attempt)
    said: dict[str, Any] = {}
    if form.is_bound and not wrong:
        said = _meaning(desk, attempt, facts.preview(form.amount_minor), booking, pack)
    return desk.page(
        "refund",
        "money",
        status=422 if wrong else 409 if refused else 200,
        attempt=attempt,
        form=form,
        typed={name: form.data.get(name, "") for name in form.fields} if form.is_bound else {},
        key=key_of(desk.request) or uuid7(),
        refused=refused,
        can_call_off=booking if _is_ahead(desk, booking) else None,
        **said,
    )


def _meaning(
    desk: Desk, attempt: PaymentAttempt, told: Preview, booking: Booking | None, pack: Pack | None
) -> dict[str, Any]:
    what = refund_words.bought(attempt.charge.purpose, booking, pack)
    amount = format_money(told.amount_minor, told.currency, desk.practice.locale)
    return {
        "told": told,
        "consequences": refund_words.consequences(desk, attempt, told, what),
        "button": f"Refund {amount} to {attempt.charge.client.name}",
    }


def _is_ahead(desk: Desk, booking: Booking | None) -> bool:
    if booking is None or booking.status != BookingStatus.CONFIRMED:
        return False
    return booking.session.starts_at > desk.now


@require_POST
def refund_again(request: HttpRequest, slug: str, refund_id: uuid.UUID) -> HttpResponse:
    """One that was refused, once more."""
    desk = desk_of(request)
    refused = get_object_or_404(Refund, pk=refund_id)
    try:
        coach_refunds.try_again(refund_id=refused.pk, now=desk.now, actor=desk.actor)
    except (coach_refunds.NotRefundable, NothingLeft) as why:
        return _page(desk, taken_or_404(refused.attempt_id), refusal=f"Nothing was refunded. {why}")
    messages.success(request, "It is tried again.")
    return desk.go("payment", refused.attempt_id)
