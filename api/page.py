"""The page that explains the API: from it alone a program can be written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from api import reference
from api.core import quotas, versions
from kit.clock import now
from tenants.integrations.scopes import SCOPES
from tenants.offers import hosts
from tenants.offers.practice import practice

SCRIPT: Final = Path(__file__).parent / "examples" / "book_a_session.py"


@dataclass(frozen=True, slots=True)
class Base:
    """Where the examples of this page are sent."""

    url: str
    host: str


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    coach = hosts.Coach(tenant=request.tenant, practice=practice(), now=now())  # type: ignore[attr-defined]
    base = base_of(coach.address)
    context = {
        "base": base,
        "version": versions.NEWEST,
        "versions": versions.VERSIONS,
        "per_minute": quotas.PER_MINUTE,
        "scopes": SCOPES,
        "groups": reference.groups(),
        "kinds": reference.kinds(),
        "script": script_for(base),
    }
    return hosts.page_of(request, coach, "api/about.html", context)


def base_of(address: str) -> Base:
    """In the demo hosts below localhost are looked up by browsers and curl only, so programs go by number."""
    host = address.partition("://")[2]
    if settings.DEMO:
        _name, _colon, port = host.partition(":")
        return Base(f"http://127.0.0.1:{port or 80}", host)
    return Base(address, host)


def script_for(base: Base) -> str:
    """The example program, for this practice."""
    written = SCRIPT.read_text(encoding="utf-8")
    return written.replace("https://anna.example.com", base.url).replace("anna.example.com", base.host)
