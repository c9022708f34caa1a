"""The page that explains the API: from it alone a program can be written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from api import reference
from api.core import quotas, versions
from kit.clock import now
from tenants.integrations.public_events import PUBLIC_EVENTS
from tenants.integrations.scopes import SCOPES
from tenants.offers import hosts
from tenants.offers.practice import practice

# What the first steps need, as the coach reads it beside the ticks.
FIRST_SCOPES: Final = ("catalogue:read", "bookings:read", "bookings:write")
EXAMPLES: Final = Path(__file__).parent / "examples"
STRETCH: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Base:
    """Where the examples of this page are sent, and where one of them hears."""

    url: str
    host: str
    receiver: str

    @property
    def host_header(self) -> str:
        """Of curl, where the address does not name the host."""
        return "" if self.host in self.url else f' \\\n  -H "Host: {self.host}"'


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    coach = hosts.Coach(tenant=request.tenant, practice=practice(), now=now())  # type: ignore[attr-defined]
    base = base_of(coach.address)
    tomorrow = (coach.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    context = {
        "base": base,
        "since": _written(tomorrow),
        "until": _written(tomorrow + STRETCH),
        "version": versions.NEWEST,
        "versions": versions.VERSIONS,
        "per_minute": quotas.PER_MINUTE,
        "scopes": SCOPES,
        "first_scopes": {scope: SCOPES[scope] for scope in FIRST_SCOPES},
        "groups": reference.groups(),
        "kinds": reference.kinds(),
        "events": sorted(PUBLIC_EVENTS.items()),
        "script": example_for(base, "book_a_session.py"),
        "typed_script": example_for(base, "book_and_hear.py"),
    }
    return hosts.page_of(request, coach, "api/about.html", context)


def base_of(address: str) -> Base:
    """In the demo hosts below localhost are looked up by browsers and curl only, so programs go by number."""
    host = address.partition("://")[2]
    if settings.DEMO:
        _name, _colon, port = host.partition(":")
        return Base(f"http://127.0.0.1:{port or 80}", host, "http://127.0.0.1:8080/upfront")
    return Base(address, host, "https://books.example.com/upfront")


def example_for(base: Base, name: str) -> str:
    """An example program, for this practice."""
    written = (EXAMPLES / name).read_text(encoding="utf-8")
    written = written.replace("https://books.example.com/upfront", base.receiver)
    return written.replace("https://anna.example.com", base.url).replace("anna.example.com", base.host)


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
