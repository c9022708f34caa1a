"""A coach's own host: what every page of it begins with, and how what it answers is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tenants.offers import brand
from tenants.offers.models import Practice
from tenants.offers.practice import speaking
from tenants.registry.models import Tenant
from tenants.registry.pages import page_address


@dataclass(frozen=True)
class Coach:
    """The coach of this host, as every page begins with it."""

    tenant: Tenant
    practice: Practice
    now: datetime

    @property
    def name(self) -> str:
        return self.tenant.name

    @property
    def address(self) -> str:
        """Where all links to the coach's pages lead, whatever host this one was asked for at."""
        return page_address(self.tenant)

    @property
    def accent(self) -> str:
        return brand.accent(self.practice)

    @property
    def accent_sheet(self) -> str:
        return brand.accent_sheet(self.practice)

    @property
    def photo(self) -> brand.Shown | None:
        return brand.photo(self.practice)

    @property
    def logo(self) -> brand.Shown | None:
        return brand.logo(self.practice)

    @property
    def contact_url(self) -> str:
        return f"mailto:{self.practice.contact_email}" if self.practice.contact_email else ""

    @property
    def locale(self) -> str:
        return self.practice.locale

    @property
    def tz(self) -> str:
        return self.practice.timezone


def page_of(
    request: HttpRequest, coach: Coach, path: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The template at `path`, in the practice's own way of writing dates and amounts."""
    with speaking(coach.practice):
        page = render_to_string(path, {"coach": coach, "now": coach.now, **context}, request)
    return HttpResponse(page, status=status)


def file_of(content: bytes, content_type: str, disposition: str) -> HttpResponse:
    """A file at a secret address: kept by no cache, found by no robot."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = disposition
    return unlisted(response)


def private(response: HttpResponse, cache: str = "private, no-cache") -> HttpResponse:
    """As for a page whose address is a secret: told to no other site besides."""
    response["Referrer-Policy"] = "same-origin"
    return unlisted(response, cache)


def unlisted(response: HttpResponse, cache: str = "private, no-cache") -> HttpResponse:
    response["Cache-Control"] = cache
    response["X-Robots-Tag"] = "noindex"
    return response
