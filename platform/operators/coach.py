"""One coach's page, and what an operator may do to the practice: each act with a reason, and in the trail."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from fees import accounts as fee_accounts
from kit.clock import now
from kit.money import to_decimal
from operators import looks
from operators.audience import operator_of, operators_only
from operators.forms import ReasonForm, TermsForm
from operators.practice import story_of
from tenants.registry import standing
from tenants.registry.models import Tenant
from tenants.registry.pages import page_address


@operators_only
@require_safe
def coach(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    """Everything that the shared plane knows of a practice."""
    return _page(request, _found(tenant_id))


@operators_only
@require_POST
def suspend(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    def act(tenant: Tenant, reason: str) -> str:
        standing.suspend(schema_name=tenant.schema_name, reason=reason, now=now(), actor=operator_of(request))
        return "Suspended. Its pages say that it is not open now, and the coach is mailed why."

    return _with_reason(request, tenant_id, "suspending", act)


@operators_only
@require_POST
def reopen(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    def act(tenant: Tenant, reason: str) -> str:
        standing.reopen(schema_name=tenant.schema_name, reason=reason, now=now(), actor=operator_of(request))
        return "Open again. The coach is mailed."

    return _with_reason(request, tenant_id, "reopening", act)


@operators_only
@require_POST
def terms(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    """Another rate, other free units, another cap of each: for orders that nothing was paid of yet."""
    tenant, form = _found(tenant_id), TermsForm(request.POST, prefix="terms")
    if not form.is_valid():
        return _page(request, tenant, status=422, terms_form=form)
    try:
        fee_accounts.change_terms(
            schema_name=tenant.schema_name,
            rate_bp=form.rate_bp,
            free_units=form.cleaned_data["free_units"],
            unit_cap=form.cap,
            reason=form.cleaned_data["reason"],
            now=now(),
            actor=operator_of(request),
        )
    except standing.NotPossible as refused:
        form.add_error(None, f"{refused} Nothing was changed.")
        return _page(request, tenant, status=409, terms_form=form)
    messages.success(request, "The terms are changed, for new orders. What was begun keeps its own.")
    return redirect("operators_coach", tenant.pk)


@operators_only
@require_POST
def look(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    """See the dashboard as the coach does, for half an hour."""
    tenant, form = _found(tenant_id), ReasonForm(request.POST, prefix="looking")
    if not form.is_valid():
        return _page(request, tenant, status=422, looking_form=form)
    reason, actor = form.cleaned_data["reason"], operator_of(request)
    try:
        looks.begin(tenant_id=tenant.pk, reason=reason, session=request.session, now=now(), actor=actor)
    except standing.NotPossible as refused:
        form.add_error(None, f"{refused} There is nothing to look at. Nothing was done.")
        return _page(request, tenant, status=409, looking_form=form)
    return redirect("dashboard_today", tenant.slug)


@operators_only
@require_POST
def end_look(request: HttpRequest) -> HttpResponse:
    tenant = looks.end(session=request.session, now=now(), actor=operator_of(request))
    if tenant is None:
        messages.info(request, "You were not looking at any practice.")
        return redirect("operators_coaches")
    messages.success(request, "You do not look any more.")
    return redirect("operators_coach", tenant.pk)


def _with_reason(
    request: HttpRequest, tenant_id: uuid.UUID, prefix: str, act: Callable[[Tenant, str], str]
) -> HttpResponse:
    tenant, form = _found(tenant_id), ReasonForm(request.POST, prefix=prefix)
    if not form.is_valid():
        return _page(request, tenant, status=422, **{f"{prefix}_form": form})
    try:
        messages.success(request, act(tenant, form.cleaned_data["reason"]))
    except standing.NotPossible as refused:
        tenant.refresh_from_db()
        messages.info(request, f"{refused} Nothing was changed.")
    return redirect("operators_coach", tenant.pk)


def _page(request: HttpRequest, tenant: Tenant, *, status: int = 200, **forms: Any) -> HttpResponse:
    moment = now()
    story = story_of(tenant, now=moment)
    usual = {
        "suspending_form": ReasonForm(prefix="suspending"),
        "reopening_form": ReasonForm(prefix="reopening"),
        "looking_form": ReasonForm(prefix="looking"),
        "terms_form": _terms_form(story.terms, tenant.currency),
    }
    context = {"story": story, "now": moment, "page_url": page_address(tenant), **usual, **forms}
    return render(request, "operators/coach.html", context, status=status)


def _terms_form(terms: fee_accounts.FeeAccount | None, currency: str) -> TermsForm:
    """As the terms stand; without a cap, its currency is the practice's own."""
    if terms is None:
        return TermsForm(prefix="terms")
    cap = terms.unit_cap
    initial = {
        "percent": f"{terms.rate_bp / 100:g}",
        "free_units": terms.free_units,
        "unit_cap": str(to_decimal(cap.minor, cap.currency)) if cap else "",
        "unit_cap_currency": cap.currency if cap else currency,
    }
    return TermsForm(prefix="terms", initial=initial)


def _found(tenant_id: uuid.UUID) -> Tenant:
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise Http404("There is no such coach.")
    return tenant
