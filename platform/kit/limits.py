"""How often one connection may do something: counted in the cache, so that a flood costs us little.

A limit is a courtesy to the others, never a safeguard of what is true: without its cache it lets pass.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from ipaddress import IPv6Address, ip_address
from typing import TypeVar, cast

import structlog
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from redis.exceptions import RedisError

from kit.cache import Cache
from kit.database import ending_with

T = TypeVar("T")
log = structlog.get_logger()


class TooOften(Exception):
    """Somebody did this as often as they may for now, and nothing was done."""


def allows(name: str, who: str, *, most: int, seconds: int) -> bool:
    """Whether `who` may do this once more: at most `most` times within `seconds` of the first.

    Nobody in particular ("") always may.
    """
    return not who or counted(name, who, seconds=seconds) <= most


@contextmanager
def within(name: str, who: str, *, most: int, seconds: int) -> Iterator[None]:
    """As `allows`, around a use case: it looks while the cache counts, and commits where the count allows.

    Raises TooOften where it does not, whatever else came of it.
    """
    count = _counting(name, who, seconds) if who else int

    def insist() -> None:
        if count() > most:
            raise TooOften(f"{name}: more than {most} within {seconds} s")

    try:
        with ending_with(insist):
            yield
    finally:
        insist()


def counted(name: str, who: str, *, seconds: int) -> int:
    """Once more, and how often that makes within `seconds` of the first; 0 where it cannot be counted."""
    return _counting(name, who, seconds)()


def _counting(name: str, who: str, seconds: int) -> Callable[[], int]:
    """Ask the cache; its answer is waited for when it is called for."""
    count = cast(Cache, caches["default"]).counting
    read = _unless_away(name, partial(count, f"limit:{name}:{who}", seconds=seconds))
    return lambda: (read and _unless_away(name, read)) or 0


def _unless_away(name: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except (RedisError, OSError) as error:
        log.warning("limit_not_counted", limit=name, error=str(error))
        return None


def connection_of(request: HttpRequest) -> str:
    """Who asks, by address; of IPv6 the network, since one household has all the addresses in it.

    This machine itself is nobody: behind a proxy that we were not told of, everybody comes from it.
    """
    return _household(address_of(request))


# Somebody who books asks a few times in a minute.
@lru_cache(maxsize=1000)
def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if parsed.is_loopback:
        return ""
    return str(IPv6Address(int(parsed) >> 64 << 64)) if isinstance(parsed, IPv6Address) else str(parsed)


def address_of(request: HttpRequest) -> str:
    """The whole address that a request comes from, as our proxy or the connection says it."""
    if settings.SECURE_PROXY_SSL_HEADER:
        # Behind our proxy the last entry is the one that the proxy itself wrote.
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-1].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", ""))
