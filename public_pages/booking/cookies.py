"""What a visitor's browser keeps for one coach's host, and for no other."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from kit.clock import UnknownZone, zone
from tenants.scheduling.holds import digest

YEAR, MONTH, HALF_DAY, HOUR = 31_536_000, 2_592_000, 43_200, 3_600
LONGEST = 3_500
_DETAILS = "upfront.typed-details"


def _name(name: str) -> str:
    """Browsers keep a name with this prefix to the very host that set it, and take it over https only."""
    return f"__Host-{name}" if settings.SITE_SCHEME == "https" else name


def _remember(response: HttpResponse, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        _name(name),
        value,
        max_age=seconds,
        secure=settings.SITE_SCHEME == "https",
        httponly=True,
        samesite="Lax",
    )


# --- the browser that holds a slot -----------------------------------------------------------------


def holder_secret(request: HttpRequest) -> str:
    """The secret by which this browser is known again; a new one for a browser that has none."""
    return request.COOKIES.get(_name("holder")) or secrets.token_urlsafe(24)


def holder_of(request: HttpRequest) -> str:
    """The digest that holds are stored under; empty for a browser that never held anything."""
    secret = request.COOKIES.get(_name("holder"))
    return digest(secret) if secret else ""


def know_again(request: HttpRequest, response: HttpResponse) -> None:
    """From the first page with times on: of two presses at once the second is then the same browser's."""
    if not holder_of(request):
        keep_holder(response, holder_secret(request))


def keep_holder(response: HttpResponse, secret: str) -> None:
    _remember(response, "holder", secret, seconds=MONTH)


# --- the zone that times are shown in --------------------------------------------------------------


def chosen_zone(request: HttpRequest) -> str:
    """The zone that the visitor or the device chose; empty when none was, or when it is unknown."""
    name = request.COOKIES.get(_name("zone"), "")
    try:
        return zone(name).key if name else ""
    except UnknownZone:
        return ""


def keep_zone(response: HttpResponse, tz: str) -> None:
    _remember(response, "zone", tz, seconds=YEAR)


# --- the links that were opened --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """The link of its kind that this browser opened last, within half a day.

    What it opens is asked anew each time that it is used.
    """

    name: str
    salt: str

    def token(self, request: HttpRequest) -> str:
        """Empty when none was opened, or what the browser says of it was not written here."""
        try:
            token = signing.loads(request.COOKIES.get(_name(self.name), ""), salt=self.salt, max_age=HALF_DAY)
        except signing.BadSignature:
            return ""
        return str(token)

    def keep(self, response: HttpResponse, token: str) -> None:
        """Know this browser again by the link."""
        _remember(response, self.name, signing.dumps(token, salt=self.salt), seconds=HALF_DAY)


PACK = OpenedLink("pack", salt="upfront.opened-pack")
PAYER = OpenedLink("payer", salt="upfront.opened-payments")
RETAINER = OpenedLink("retainer", salt="upfront.opened-retainer")


# --- what was typed (WCAG 3.3.7: nobody types it twice) --------------------------------------------


def typed_details(request: HttpRequest) -> dict[str, str]:
    """Name, address and the rest as they were last typed in this browser, within the hour."""
    try:
        typed = signing.loads(request.COOKIES.get(_name("details"), ""), salt=_DETAILS, max_age=HOUR)
    except signing.BadSignature:
        return {}
    return typed if isinstance(typed, dict) else {}


def keep_details(response: HttpResponse, details: dict[str, Any]) -> None:
    """Keep them for another time of the same coach. A long message stays behind: cookies are small."""
    typed = {name: str(value) for name, value in details.items() if value}
    packed = signing.dumps(typed, salt=_DETAILS)
    if len(packed) > LONGEST:
        packed = signing.dumps(typed, salt=_DETAILS, compress=True)
    if len(packed) > LONGEST:
        typed.pop("message", None)
        packed = signing.dumps(typed, salt=_DETAILS, compress=True)
    if typed and len(packed) <= LONGEST:
        _remember(response, "details", packed, seconds=HOUR)
