"""The cookie by which a browser is known as a client's: of this coach's host, and of no other."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

SESSION_LIVES: Final = timedelta(days=90)
_NAME: Final = "own-pages"


def _name() -> str:
    """Browsers keep a name with this prefix to the very host that set it, and take it over https only."""
    return f"__Host-{_NAME}" if settings.SITE_SCHEME == "https" else _NAME


def secret_of(request: HttpRequest) -> str:
    """What the browser sends of it; empty for one that is not signed in."""
    return request.COOKIES.get(_name(), "")


def keep(response: HttpResponseBase, secret: str) -> None:
    """Know this browser again for as long as its session lives."""
    response.set_cookie(
        _name(),
        secret,
        max_age=int(SESSION_LIVES.total_seconds()),
        secure=settings.SITE_SCHEME == "https",
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase) -> None:
    response.set_cookie(
        _name(), "", max_age=0, secure=settings.SITE_SCHEME == "https", httponly=True, samesite="Lax"
    )


def agent_of(request: HttpRequest) -> str:
    """How the browser calls itself, for the list of own sessions."""
    return request.headers.get("User-Agent", "").replace("\x00", "")[:120]
