"""Whose pages they are, who is signed in, and how a page of theirs is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kit.clock import now
from kit.database import read_only
from tenants.clients import sign_in
from tenants.clients.models import Client, SignIn
from tenants.offers.hosts import Coach, page_of, private
from tenants.offers.practice import practice

P = ParamSpec("P")
TOO_OFTEN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in in this browser."""

    session: SignIn
    coach: Coach

    @property
    def client(self) -> Client:
        return self.session.client

    @property
    def now(self) -> datetime:
        return self.coach.now


OwnView = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse]


def coach_of(request: HttpRequest) -> Coach:
    return Coach(request.tenant, practice(), now())  # type: ignore[attr-defined]


def signed_in(view: OwnView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For who is signed in; anybody else signs in first and comes back.

    A POST is no place to come back to: whoever was signed out meanwhile begins at the first page.
    """

    @wraps(view)
    def entered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        session = sign_in.session_in(request, now=now())
        if session is None:
            return _to_sign_in(request)
        if request.method == "POST":
            sign_in.note_seen(session=session, now=now())
        return view(request, Visitor(session, coach_of(request)), *args, **kwargs)

    return entered


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("portal_home")
    response = redirect(f"{reverse('portal_sign_in')}?{urlencode({'next': back})}")
    if sign_in.secret_of(request):
        sign_in.forget(response)
    return response


def show(
    request: HttpRequest, coach: Coach, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the practice's own way of writing dates and amounts; kept by no cache, found by no robot."""
    page = page_of(request, coach, f"portal/{template}", {"tz": coach.tz, **context}, status)
    return private(page, cache="private, no-store")


def show_own(
    request: HttpRequest, visitor: Visitor, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of who is signed in, with the way to the others."""
    own = {"client": visitor.client, "section": template.partition(".")[0], **context}
    return show(request, visitor.coach, template, own, status)


def slow_down(request: HttpRequest) -> HttpResponse:
    """429 in words: what is kept, and when to go on."""
    with read_only():
        response = show(request, coach_of(request), "slow_down.html", {}, status=429)
    response["Retry-After"] = str(TOO_OFTEN_SECONDS)
    return response
