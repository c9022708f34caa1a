"""Signing in by a mailed code or link, and out again, here or everywhere."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from kit.requests import looked_for
from tenants.clients import sign_in
from tenants.clients.sign_in import CodeEnded, WrongCode
from tenants.portal import asking
from tenants.portal.asking import Asking, asking_in, safe_next
from tenants.portal.forms import AddressForm, CodeForm
from tenants.portal.page import Visitor, coach_of, show, signed_in, slow_down

ASKED = {"most": 10, "seconds": 600}
TYPED = {"most": 30, "seconds": 600}


# --- asking for a code ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def portal_sign_in(request: HttpRequest) -> HttpResponse:
    """One answer for every address: that a code is on its way if somebody has it."""
    if request.method != "POST":
        if sign_in.client_in(request, now=now()):
            return redirect(_next(request))
        return _address_page(request, AddressForm(initial={"email": looked_for(request, "email", 254)}), 200)
    if not allows("portal-ask", connection_of(request), **ASKED):
        return slow_down(request)
    form = AddressForm(request.POST)
    if not form.is_valid():
        with read_only():
            return _address_page(request, form, 422)
    return _ask(request, form.cleaned_data["email"].lower(), _next(request))


def _ask(request: HttpRequest, email: str, then: str) -> HttpResponse:
    browser = secrets.token_urlsafe(24)
    asked = sign_in.ask(email=email, browser=browser, now=now())
    response = redirect("portal_code")
    kept = Asking(str(asked.asked_id), browser, email, asked.ends_at.isoformat(), then)
    asking.keep(response, kept)
    return response


def _address_page(request: HttpRequest, form: AddressForm, status: int) -> HttpResponse:
    return show(request, coach_of(request), "sign_in.html", {"form": form, "next": _next(request)}, status)


def _next(request: HttpRequest) -> str:
    return safe_next(request.POST.get("next") or request.GET.get("next", ""))


# --- the code ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def portal_code(request: HttpRequest) -> HttpResponse:
    """The six digits, in the browser that asked for them."""
    asked = asking_in(request, now())
    if asked is None:
        return redirect("portal_sign_in")
    if request.method != "POST":
        return _code_page(request, asked, CodeForm(), 200)
    if not allows("portal-code", connection_of(request), **TYPED):
        return slow_down(request)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_again(request, asked, form)
    return _open(request, asked, form)


def _open(request: HttpRequest, asked: Asking, form: CodeForm) -> HttpResponse:
    try:
        secret = sign_in.open_with_code(
            asked_id=asked.id,
            code=form.cleaned_data["code"],
            browser=asked.browser,
            agent=sign_in.agent_of(request),
            now=now(),
        )
    except WrongCode as wrong:
        form.add_error("code", _wrong_in_words(wrong.tries_left))
        return _code_again(request, asked, form)
    except CodeEnded:
        messages.error(request, "That code does not work any more. Ask for a new one below.")
        response = redirect("portal_sign_in")
        asking.forget(response)
        return response
    return _entered(secret, safe_next(asked.then))


def _wrong_in_words(tries_left: int) -> str:
    tries = "one more try" if tries_left == 1 else f"{tries_left} more tries"
    return f"That is not the code. Look at the newest mail: you have {tries}."


def _code_again(request: HttpRequest, asked: Asking, form: CodeForm) -> HttpResponse:
    with read_only():
        return _code_page(request, asked, form, 422)


def _code_page(request: HttpRequest, asked: Asking, form: CodeForm, status: int) -> HttpResponse:
    context = {"form": form, "email": asked.email, "next": asked.then}
    return show(request, coach_of(request), "code.html", context, status)


def _entered(secret: str, then: str) -> HttpResponse:
    response = redirect(then)
    sign_in.keep(response, secret)
    asking.forget(response)
    return response


# --- the link ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def portal_enter(request: HttpRequest, enter_token: str) -> HttpResponse:
    """Behind the mailed link: a button, since mail programs open links by themselves."""
    if request.method != "POST":
        if not sign_in.link_opens(enter_token, now=now()):
            return _link_over(request)
        return show(request, coach_of(request), "enter.html", {"enter_token": enter_token})
    if not allows("portal-code", connection_of(request), **TYPED):
        return slow_down(request)
    try:
        secret = sign_in.open_with_link(token=enter_token, agent=sign_in.agent_of(request), now=now())
    except CodeEnded:
        with read_only():
            return _link_over(request)
    asked = asking_in(request, now())
    return _entered(secret, safe_next(asked.then) if asked else reverse("portal_home"))


def _link_over(request: HttpRequest) -> HttpResponse:
    return show(request, coach_of(request), "link_over.html", {}, status=404)


# --- out --------------------------------------------------------------------------------------------


@require_POST
@signed_in
def portal_sign_out(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    if "everywhere" in request.POST:
        sign_in.end_everywhere(client=visitor.client, now=now())
        messages.success(request, "You are signed out in every browser.")
    else:
        sign_in.end(session=visitor.session, now=now())
        messages.success(request, "You are signed out.")
    response = redirect("coach_page")
    sign_in.forget(response)
    return response
