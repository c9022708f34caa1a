"""Coupons: the codes that a coach gives out, how often each was used, and a form for one of them."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.clock import zone
from kit.words import short_date
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.coupons import SHARE, CouponForm, typed
from tenants.offers import coupons, session_types
from tenants.offers.models import Coupon
from tenants.packs import offers
from tenants.shop import products


@require_safe
def coupon_list(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    with desk.speaking():
        rows = [_row(desk, each) for each in coupons.all_coupons()]
    return desk.page("coupons", "offers", rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    usual = {"code": coupons.suggested_code(), "kind": SHARE, "once_per_client": True}
    form = _form(desk, usual)
    if not form.is_bound or not form.is_valid():
        return _page(desk, form)
    try:
        made = coupons.create(now=desk.now, **form.changes())
    except (coupons.NotACode, coupons.CodeTaken) as problem:
        form.add_error("code", str(problem))
        return _page(desk, form)
    messages.success(request, f"Clients can use the code {made.code}.")
    return desk.go("coupons")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, coupon_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    coupon = get_object_or_404(Coupon, pk=coupon_id)
    form = _form(desk, typed(coupon, desk.practice), coupon)
    if not form.is_bound or not form.is_valid():
        return _page(desk, form, coupon)
    coupons.edit(coupon_id=coupon.pk, **form.changes())
    messages.success(request, f"{coupon.code} is changed for new bookings.")
    return desk.go("coupons")


@require_POST
def switch(request: HttpRequest, slug: str, coupon_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    coupons.switch(coupon_id=get_object_or_404(Coupon, pk=coupon_id).pk, on=request.POST.get("to") == "on")
    return desk.go("coupons")


def _form(desk: Desk, initial: dict[str, Any], coupon: Coupon | None = None) -> CouponForm:
    sent = desk.request.POST if desk.request.method == "POST" else None
    things = _things(coupon.applies_to if coupon else ())
    return CouponForm(sent, initial=initial, practice=desk.practice, things=things, known=coupon is not None)


def _things(named: Any) -> list[tuple[str, str]]:
    """What a coupon can be good for: all that is offered and costs something, and what it was good for."""
    types = [
        (str(each.pk), each.name, each.is_active and not each.is_free) for each in session_types.all_types()
    ]
    packs = [(str(each.line), each.name, each.is_active) for each in offers.all_offers()]
    sold = [(str(each.pk), each.name, each.is_active) for each in products.all_products() if each.price_minor]
    return [(key, name) for key, name, is_offered in (*types, *packs, *sold) if is_offered or key in named]


def _page(desk: Desk, form: CouponForm, coupon: Coupon | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    currency = desk.practice.currency.upper()
    return desk.page("coupon", "offers", status=status, form=form, coupon=coupon, currency=currency)


def _row(desk: Desk, coupon: Coupon) -> dict[str, object]:
    of = f" of {coupon.max_uses}" if coupon.max_uses is not None else ""
    return {
        "coupon": coupon,
        "off": coupons.in_words(coupon, desk.practice.locale),
        "used": f"used {coupon.uses}{of} time{'' if coupon.uses == 1 and not of else 's'}",
        "state": _state(desk, coupon),
    }


def _state(desk: Desk, coupon: Coupon) -> str:
    """When it counts, where that is not always."""
    place = zone(desk.tz)
    if coupon.valid_from and coupon.valid_from > desk.now:
        return f"counts from {short_date(coupon.valid_from.astimezone(place).date(), desk.practice.locale)}"
    if coupon.valid_until:
        last = (coupon.valid_until.astimezone(place) - timedelta(days=1)).date()
        word = "counted" if coupon.valid_until <= desk.now else "counts"
        return f"{word} until {short_date(last, desk.practice.locale)}"
    return ""
