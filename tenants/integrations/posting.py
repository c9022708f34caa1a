"""Sending one message to somebody else's server, whose patience, honesty and address we cannot trust.

The address that was looked at is the one that is connected to: nobody can answer twice. Redirects are not
followed, all of it ends within seconds, and of the answer little is read.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from tenants.integrations import receivers
from tenants.registry.resolving import Unanswered

SECONDS: Final = 10.0
MOST_READ: Final = 64 * 1024
# Of a name with many addresses: the first ones that are tried.
MOST_TRIED: Final = 3
PORTS: Final = {"http": 80, "https": 443}


class Undelivered(Exception):
    """Nothing that counts as an answer came. Its message is for the coach."""


class _TooLong(OSError):
    """More was sent than is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`retry_after` is what the receiver says there, unread."""

    status: int
    took_ms: int
    retry_after: str = ""

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Road:
    """How a receiver is reached: who says where a name leads, and whom to believe that it is them."""

    addresses_of: Callable[[str], Collection[str]] = receivers.addresses_of
    may_be_local: bool = False
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS


def road() -> Road:
    """The one of the settings."""
    return Road(may_be_local=settings.WEBHOOKS_MAY_BE_LOCAL)


def post(url: str, *, body: bytes, headers: Mapping[str, str], by: Road) -> Answer:
    """Send it once; what was answered, whatever it is. Raises Undelivered.

    Never inside a transaction.
    """
    begun = time.monotonic()
    until = begun + by.seconds
    try:
        status, retry_after = _post(url, body, headers, by, until)
    except Unanswered as error:
        raise Undelivered("The DNS did not say where the address leads.") from error
    except TimeoutError as error:
        raise Undelivered(f"No answer came within {by.seconds:.0f} seconds.") from error
    except _TooLong as error:
        raise Undelivered("The answer's headers had no end.") from error
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(f"The certificate is not valid: {error.verify_message}"[:200]) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Undelivered(f"Nothing answered properly there ({type(error).__name__}).") from error
    return Answer(status, round((time.monotonic() - begun) * 1000), retry_after)


def _post(url: str, body: bytes, headers: Mapping[str, str], by: Road, until: float) -> tuple[int, str]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    with _connected(host, port, by, until) as plain:
        if parts.scheme == "https":
            plain.settimeout(_left(until))
            with by.tls.wrap_socket(plain, server_hostname=host) as secure:
                return _asked(secure, parts.netloc, _target(parts.path, parts.query), body, headers, until)
        return _asked(plain, parts.netloc, _target(parts.path, parts.query), body, headers, until)


def _connected(host: str, port: int, by: Road, until: float) -> socket.socket:
    """A socket to an address that was looked at: one that may not be reached refuses the whole name."""
    found = sorted(by.addresses_of(host), key=lambda each: (":" in each, each))
    if not found:
        raise Undelivered("The name of the address leads nowhere.")
    for address in found:
        if not receivers.is_allowed(address, may_be_local=by.may_be_local):
            raise Undelivered(f"The name leads to {address}, which is not on the public internet.")
    problem: OSError = OSError("no address")
    for address in found[:MOST_TRIED]:
        try:
            return socket.create_connection((address, port), timeout=_left(until))
        except OSError as error:
            problem = error
    raise problem


def _asked(
    sock: socket.socket, netloc: str, target: str, body: bytes, headers: Mapping[str, str], until: float
) -> tuple[int, str]:
    asking = http.client.HTTPConnection(netloc)
    asking.sock = _Limited(sock, until)
    asking.request("POST", target, body=body, headers={"Host": netloc, "Connection": "close", **headers})
    answer = asking.getresponse()
    # What is in it does not matter, and neither does how it ends: polite servers want to be heard.
    with suppress(OSError, http.client.HTTPException, ValueError):
        answer.read(MOST_READ)
    return answer.status, answer.getheader("Retry-After", "")


def _target(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Limited:
    """A socket whose whole conversation ends in time, and of which only so much is read."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until, self._may_read = sock, until, MOST_READ

    def sendall(self, data: Any) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(_left(self._until))
            rest = rest[self._sock.send(rest) :]

    def receive(self, into: Any) -> int:
        if self._may_read <= 0:
            raise _TooLong
        self._sock.settimeout(_left(self._until))
        count = self._sock.recv_into(into)
        self._may_read -= count
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Closed by who opened it."""


class _Reader(io.RawIOBase):
    def __init__(self, limited: _Limited) -> None:
        self._limited = limited

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._limited.receive(into)
