"""Plans of retainers: a form with the terms as clients will read them, and a place on the coach's page."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.retainers import PlanForm, new_plan, typed
from tenants.offers import session_types
from tenants.offers.models import SessionType
from tenants.retainers import plans, terms
from tenants.retainers.models import RetainerPlan


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    types = _types({})
    form = _form(desk, types, new_plan(desk.practice, types))
    if page := _again(desk, form):
        return page
    plan = plans.offer(now=desk.now, **form.changes())
    messages.success(request, f"“{plan.name}” is on offer.")
    return desk.go("offers")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, plan_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    plan = get_object_or_404(RetainerPlan, pk=plan_id)
    types = _types(plan.covers)
    form = _form(desk, types, typed(plan, types))
    if page := _again(desk, form, plan):
        return page
    plans.edit(plan_id=plan_id, **form.changes())
    messages.success(request, f"“{form.cleaned_data['name']}” is changed for who begins from now on.")
    return desk.go("offers")


@require_POST
def move(request: HttpRequest, slug: str, plan_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    get_object_or_404(RetainerPlan, pk=plan_id)
    plans.reorder(plan_id=plan_id, up=request.POST.get("to") == "up")
    return desk.go("offers")


@require_POST
def switch(request: HttpRequest, slug: str, plan_id: uuid.UUID) -> HttpResponse:
    """On or off the page; what was begun goes on."""
    desk = desk_of(request)
    get_object_or_404(RetainerPlan, pk=plan_id)
    plans.show(plan_id=plan_id) if request.POST.get("to") == "on" else plans.withdraw(plan_id=plan_id)
    return desk.go("offers")


def _types(covers: dict[str, int]) -> list[SessionType]:
    """What a plan can be good for: what costs something, and what it is good for already."""
    every = session_types.all_types()
    return [each for each in every if str(each.pk) in covers or (each.is_active and not each.is_free)]


def _form(desk: Desk, types: Sequence[SessionType], initial: dict[str, Any]) -> PlanForm:
    sent = desk.request.POST if desk.request.method == "POST" else None
    with desk.speaking():
        return PlanForm(sent, initial=initial, types=types, practice=desk.practice)


def _again(desk: Desk, form: PlanForm, plan: RetainerPlan | None = None) -> HttpResponse | None:
    """The page with the form; None when it is right and is to be saved."""
    if not form.is_bound:
        return _page(desk, form, plan)
    if not form.is_valid():
        return _page(desk, form, plan, status=422)
    return _page(desk, form, plan) if "preview" in desk.request.POST else None


def _page(desk: Desk, form: PlanForm, plan: RetainerPlan | None, *, status: int = 200) -> HttpResponse:
    shown = form.draft() if form.is_bound and form.is_valid() else plan
    return desk.page(
        "retainer_plan",
        "offers",
        status=status,
        form=form,
        plan=plan,
        currency=desk.practice.currency.upper(),
        preview=_preview(desk, form, shown) if shown else None,
    )


def _preview(desk: Desk, form: PlanForm, shown: RetainerPlan) -> dict[str, Any]:
    rules = terms.rule_sentences(shown, types=form.types, practice=desk.practice, now=desk.now)
    price = terms.price_in_words(shown, desk.practice.locale)
    return {"price": price, "contents": terms.contents(shown), "rules": [each for each in rules if each]}
