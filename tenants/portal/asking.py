"""What a browser keeps between asking for a code and typing it: which request it was, and that it asked."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from tenants.clients.sign_in import CODE_LIVES

_SALT = "upfront.asked-for-code"


@dataclass(frozen=True, slots=True)
class Asking:
    """`browser` is the secret by which the code knows where it was asked for; `then` where to go on."""

    asked_id: str
    browser: str
    email: str
    ends_at: str
    then: str = "/my/"

    @property
    def id(self) -> UUID:
        return UUID(self.asked_id)

    def is_over(self, now: datetime) -> bool:
        return datetime.fromisoformat(self.ends_at) <= now


def _name() -> str:
    return "__Host-asked" if settings.SITE_SCHEME == "https" else "asked"


def asking_in(request: HttpRequest, now: datetime) -> Asking | None:
    """What this browser asked for; None when it did not, or when that is over."""
    try:
        kept = signing.loads(request.COOKIES.get(_name(), ""), salt=_SALT)
        asking = Asking(**kept)
    except (signing.BadSignature, TypeError):
        return None
    return None if asking.is_over(now) else asking


def keep(response: HttpResponseBase, asking: Asking) -> None:
    _set(response, signing.dumps(asdict(asking), salt=_SALT), int(CODE_LIVES.total_seconds()))


def forget(response: HttpResponseBase) -> None:
    _set(response, "", 0)


def _set(response: HttpResponseBase, value: str, seconds: int) -> None:
    secure = settings.SITE_SCHEME == "https"
    response.set_cookie(_name(), value, max_age=seconds, secure=secure, httponly=True, samesite="Lax")


def safe_next(address: str, otherwise: str = "/my/") -> str:
    """Where to go on, on this host only."""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else otherwise
