"""What a coach may bring as a domain: a name as people type it, and the form that it is kept in."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
from django.conf import settings

# Names that never lead anywhere in the public DNS (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476).
NOWHERE = ("alt", "arpa", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test")


class DomainRefused(ValueError):
    """This cannot be a coach's address. Its message is for the coach."""


def normalised(typed: str) -> str:
    """The name in small ASCII letters: `https://Bücher.example/` is `xn--bcher-kva.example`.

    Raises DomainRefused, with what to type instead.
    """
    name = _host_in(typed)
    if not name:
        raise DomainRefused("Type the address that you own, such as book.anna.com.")
    if _is_address_of_a_machine(name):
        raise DomainRefused("This is the number of a machine. Type a name, such as book.anna.com.")
    ascii_name = _in_ascii(name)
    if "." not in ascii_name:
        raise DomainRefused(f"“{name}” has no ending. Type the whole name, such as book.anna.com.")
    if _is_ours(ascii_name):
        raise DomainRefused("This name is the platform’s own. Type one that belongs to you.")
    if ascii_name.rpartition(".")[2] in NOWHERE:
        raise DomainRefused(f"Nobody can reach “{name}” from outside. Type a name of the public internet.")
    return ascii_name


def shown(name: str) -> str:
    """A kept name as people read it: `bücher.example`."""
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name


def _host_in(typed: str) -> str:
    """The host name in whatever was pasted: with a scheme, a path, a port or a dot at its end."""
    words = typed.strip()
    try:
        found = urlsplit(words if "//" in words else f"//{words}").hostname or ""
    except ValueError:
        return words
    return found.rstrip(".")


def _is_address_of_a_machine(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        # Browsers read a name whose last label is a number as an IPv4 address, however it is written.
        return name.rpartition(".")[2].isdecimal()
    return True


def _in_ascii(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode().lower()
    except idna.IDNAError as error:
        raise DomainRefused(
            f"“{name[:80]}” cannot be a name in the internet: only letters, digits and single hyphens "
            "between dots. Look for a typing mistake."
        ) from error


def _is_ours(name: str) -> bool:
    """One of the platform's hosts, below one, or the domain that one stands in."""
    hosts = (settings.CENTRAL_HOST, settings.COACH_BASE_DOMAIN)
    ours = [host.split(":")[0].lower() for host in hosts]
    return any(name == own or name.endswith(f".{own}") or own.endswith(f".{name}") for own in ours)
