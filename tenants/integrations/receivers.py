"""Where we may send to: addresses of the public internet, over TLS.

Whoever may name an address could otherwise have our machines ask what only our machines can reach.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings

from tenants.registry import resolving
from tenants.registry.domain_names import NOWHERE

MAX_LENGTH: Final = 300
LOCAL_NAME: Final = "localhost"
# What counts as global, and is not: those of protocols and of one cloud's own machines, and IPv6 addresses
# with an IPv4 address inside (NAT64, 6to4, Teredo).
_NOT_PUBLIC: Final = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
    )
)


class AddressRefused(ValueError):
    """Nothing is sent there. Its message is for the coach."""


def checked(typed: str) -> str:
    """The address in ASCII. Raises AddressRefused; whether its name leads to a private network is seen
    when something is sent, since that can change."""
    parts = _parts(typed.strip())
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("Leave name and password out of the address: every message is signed instead.")
    host = in_ascii(parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local_and_may(host)):
        raise AddressRefused("The address has to begin with https://.")
    _refuse_host(host)
    port = f":{parts.port}" if parts.port else ""
    said = parts._replace(netloc=f"{_in_brackets(host)}{port}", fragment="").geturl()
    if len(said) > MAX_LENGTH or not said.isascii() or not said.isprintable() or " " in said:
        raise AddressRefused(f"An address has up to {MAX_LENGTH} plain letters and no spaces.")
    return said


def in_ascii(host: str) -> str:
    """A host name as it is asked for. Raises AddressRefused."""
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressRefused(f"“{host[:60]}” is no name of a server.") from error


def addresses_of(host: str) -> Collection[str]:
    """What the DNS says just now; of a number, itself. Raises `resolving.Unanswered`."""
    if _as_number(host) is not None:
        return [host]
    if host == LOCAL_NAME and settings.WEBHOOKS_MAY_BE_LOCAL:
        return ["127.0.0.1"]
    return resolving.from_settings().addresses(host)


def is_allowed(address: str, *, may_be_local: bool) -> bool:
    """Whether a socket may be opened to this number."""
    number = _as_number(address)
    if number is None:
        return False
    return _is_public(number) or (may_be_local and number.is_loopback)


def _is_public(number: IPv4Address | IPv6Address) -> bool:
    if isinstance(number, IPv6Address) and number.ipv4_mapped:
        return _is_public(number.ipv4_mapped)
    inside = any(number in each for each in _NOT_PUBLIC if each.version == number.version)
    return number.is_global and not number.is_multicast and not number.is_reserved and not inside


def _parts(typed: str) -> SplitResult:
    try:
        parts = urlsplit(typed)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("This is no address. Write for example https://example.com/upfront.") from error
    return parts


def _refuse_host(host: str) -> None:
    if _is_local_and_may(host):
        return
    if _as_number(host) is not None:
        if not is_allowed(host, may_be_local=False):
            raise AddressRefused(f"{host} is no address of the public internet, so we send nothing there.")
    elif "." not in host.strip(".") or host.rstrip(".").rpartition(".")[2] in NOWHERE:
        raise AddressRefused(f"Nobody can reach “{host[:60]}” from outside. Name a server of the internet.")


def _is_local_and_may(host: str) -> bool:
    number = _as_number(host)
    is_local = host == LOCAL_NAME or (number is not None and number.is_loopback)
    return is_local and settings.WEBHOOKS_MAY_BE_LOCAL


def _as_number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host
