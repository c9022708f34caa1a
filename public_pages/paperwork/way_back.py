"""The way back from a paper to what it was required for: signed, so that a link leads to no other place."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest

from kit.database import current_schema

NAME, HALF_DAY = "then", 43_200


def with_way_back(address: str, *, path: str) -> str:
    """The paper's address, from where it goes on to this path of the same host."""
    return f"{address}?{urlencode({NAME: signing.dumps(path, salt=_salt())})}"


def way_back(request: HttpRequest) -> str:
    """As it came with the address or the form, to be handed on; empty where there is none, or it is old."""
    said = request.POST.get(NAME) or request.GET.get(NAME, "")
    return said if path_back(said) else ""


def path_back(signed: str) -> str:
    """The path of this host that it leads to; empty for what we have not signed within half a day."""
    try:
        path = signing.loads(signed, salt=_salt(), max_age=HALF_DAY)
    except signing.BadSignature:
        return ""
    return path if isinstance(path, str) and path.startswith("/") and not path.startswith("//") else ""


def _salt() -> str:
    return f"upfront.way-back:{current_schema()}"
