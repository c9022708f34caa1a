"""How often one connection may do something: counted in the cache, so that a flood costs us little.

A limit is a courtesy to the others, never a safeguard of what is true: without its cache it lets pass.
"""

from ipaddress import IPv6Address, ip_address
from typing import cast

import structlog
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from redis.exceptions import RedisError

from kit.cache import Cache

log = structlog.get_logger()


def allows(name: str, who: str, *, most: int, seconds: int) -> bool:
    """Whether `who` may do this once more: at most `most` times within `seconds` of the first.

    Nobody in particular ("") always may.
    """
    return not who or counted(name, who, seconds=seconds) <= most


def counted(name: str, who: str, *, seconds: int) -> int:
    """Once more, and how often that makes within `seconds` of the first; 0 where it cannot be counted."""
    try:
        return cast(Cache, caches["default"]).count(f"limit:{name}:{who}", seconds=seconds)
    except (RedisError, OSError) as error:
        log.warning("limit_not_counted", limit=name, error=str(error))
        return 0


def connection_of(request: HttpRequest) -> str:
    """Who asks, by address; of IPv6 the network, since one household has all the addresses in it.

    This machine itself is nobody: behind a proxy that we were not told of, everybody comes from it.
    """
    try:
        parsed = ip_address(address_of(request))
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
