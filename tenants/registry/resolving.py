"""Asking the DNS. Slow and not ours: never inside a transaction, and with little patience."""

from collections.abc import Sequence
from typing import Any, Protocol

import dns.exception
import dns.resolver
from django.conf import settings

from kit import wiring

# Of one server, and of all of them for one question.
SERVER_SECONDS, QUESTION_SECONDS = 1.5, 3.0


class Unanswered(OSError):
    """The DNS could not be asked just now: says nothing about the name."""


class Resolver(Protocol):
    """What is asked. A name that does not exist, or has no such record, has none; raises Unanswered."""

    def texts(self, name: str) -> list[str]:
        """Its TXT records."""

    def alias(self, name: str) -> str:
        """The name that its CNAME record leads to; empty without one."""

    def addresses(self, name: str) -> frozenset[str]:
        """The IPv4 and IPv6 addresses at the end of all aliases."""


class Dns:
    """The servers of this machine, or those that are named."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = list(servers)
        self._resolver.port = port
        self._resolver.timeout = SERVER_SECONDS
        self._resolver.lifetime = QUESTION_SECONDS

    def texts(self, name: str) -> list[str]:
        return [b"".join(each.strings).decode(errors="replace") for each in self._ask(name, "TXT")]

    def alias(self, name: str) -> str:
        found = self._ask(name, "CNAME")
        return str(found[0].target).rstrip(".").lower() if found else ""

    def addresses(self, name: str) -> frozenset[str]:
        return frozenset(str(each.address) for kind in ("A", "AAAA") for each in self._ask(name, kind))

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            answer = self._resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.DNSException as error:
            raise Unanswered(f"{kind} of {name}: {error}") from error
        return list(answer)


def resolver() -> Resolver:
    """The one that the settings name."""
    made: Resolver = wiring.named(settings.DOMAIN_RESOLVER)()
    return made


def from_settings() -> Resolver:
    """The real one, with the servers of the environment."""
    return Dns(settings.DNS_SERVERS)
