"""The coach's desk: who asks, at which practice and when. Every page of the dashboard starts from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts import announcements
from accounts.models import User
from kit import clock
from kit.actors import Actor
from tenants.offers import brand
from tenants.offers.models import Practice
from tenants.offers.practice import practice, speaking
from tenants.registry.models import Tenant
from tenants.registry.pages import page_address

SECTIONS = ("today", "clients", "calendar", "money", "offers", "settings")


class SeeOther(HttpResponseRedirect):
    """After a POST: go and GET there, whatever the method was."""

    status_code = 303


@dataclass(frozen=True)
class Desk:
    request: HttpRequest
    tenant: Tenant
    practice: Practice
    now: datetime

    @property
    def tz(self) -> str:
        return self.practice.timezone

    @property
    def actor(self) -> Actor:
        """The coach who is signed in, as events keep them."""
        user = self.request.user
        return Actor("coach", str(user.pk), str(user))

    def address(self, name: str, *parts: object) -> str:
        """The path of one of the dashboard's pages: `address("booking", booking_id)`."""
        return reverse(f"dashboard_{name}", args=[self.tenant.slug, *parts])

    def absolute(self, name: str) -> str:
        """The same for somebody outside, such as Stripe."""
        return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}{self.address(name)}"

    def page(self, template: str, section: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """A page in the coach's own way of writing dates and amounts."""
        coach = {
            "name": self.tenant.name,
            "slug": self.tenant.slug,
            "accent": brand.accent(self.practice),
            "accent_sheet": brand.accent_sheet(self.practice),
            "page_url": page_address(self.tenant),
        }
        every = {
            "coach": coach,
            "section": section,
            "up": self.up(section),
            "tz": self.tz,
            "now": self.now,
            # Asked for only where it is shown, and once.
            "unread_news": SimpleLazyObject(self.unread_news),
            "practice_currency": self.practice.currency.upper(),
            **context,
        }
        with self.speaking():
            return render(self.request, f"dashboard/{template}.html", every, status=status)

    def up(self, section: str) -> dict[str, str] | None:
        """The way back to the section of a page that stands below it."""
        href = self.address(section) if section in SECTIONS else self.request.path
        return None if href == self.request.path else {"href": href, "words": section.capitalize()}

    def unread_news(self) -> int:
        """How much of the platform's news the coach has not marked as read."""
        user = self.request.user
        assert isinstance(user, User)
        return announcements.unread(user=user, now=self.now)

    def speaking(self) -> Any:
        """Within it, amounts and times are written as the practice's locale has them."""
        return speaking(self.practice)

    def go(self, name: str, *parts: object) -> SeeOther:
        return SeeOther(self.address(name, *parts))

    def go_back(self, name: str, *parts: object) -> SeeOther:
        """To the page that the form stood on, as it says itself in `next`, or else to the one named."""
        wanted = self.request.POST.get("next", "")
        return SeeOther(wanted) if wanted.startswith(self.address("today")) else self.go(name, *parts)


def desk_of(request: HttpRequest, known: Practice | None = None) -> Desk:
    """The desk of a request that the middleware let in: the user works for `request.tenant`.

    `known` is the practice for whoever has read it already.
    """
    return Desk(request, request.tenant, known or practice(), clock.now())  # type: ignore[attr-defined]
