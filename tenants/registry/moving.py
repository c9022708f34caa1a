"""Moving a practice to another installation, in steps that can be taken again after a crash.

Here: it takes no new work and finishes what is under way (moving), is packed so that nothing changes any more
(packed), and has moved, after which this host only leads there (moved). There: it arrives, and does nothing
until it hears the word that is told here at the very end. So of its two copies never more than one is open:
undoing it here makes the word of that archive one that nobody is ever told.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django_tenants.utils import schema_context

from kit import wiring
from kit.actors import Actor
from kit.states import move
from tenants.registry.closing import Matter
from tenants.registry.hosts import forget_hosts, name_of, tenant_for_host
from tenants.registry.models import Tenant, TenantStatus, Wakeup
from tenants.registry.standing import NotPossible, say

# What was begun before the pages said so has ended by then: other processes remember hosts for some seconds.
SETTLES: Final = timedelta(seconds=40)
# How long the old host leads on, and keeps its copy; the practice's records are kept where it is.
KEPT: Final = timedelta(days=365)
# Nobody's lease: work that stands still with its practice.
HELD: Final = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST: Final = 300

log = structlog.get_logger()


class AddressRefused(ValueError):
    """Not where a practice can be found. The message is a sentence for people."""


class StillBusy(Exception):
    """Something is under way and has to end first. The practice keeps moving; `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class WrongWord(Exception):
    """Not what the other installation said when the move was finished. Nothing was opened."""


def address_of(typed: str) -> str:
    """The beginning of all addresses of the practice's pages, elsewhere. Raises AddressRefused."""
    parts = urlsplit(typed.strip())
    schemes = ("https",) if settings.SITE_SCHEME == "https" else ("https", "http")
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in schemes or not parts.hostname or not bare or len(typed) > LONGEST:
        raise AddressRefused(
            f"“{typed}” is not where its pages begin. Write it like https://anna.other.example, with no path."
        )
    host = parts.netloc.lower()
    if name_of(host) in settings.CENTRAL_HOSTS or tenant_for_host(host) is not None:
        raise AddressRefused(f"“{typed}” leads to this very installation. Name its page elsewhere.")
    return f"{parts.scheme}://{host}"


def begin(*, schema_name: str, to: str, now: datetime, actor: Actor) -> Tenant:
    """Use case: nothing new begins, and the pages say that it moves. Begun again to the same place, once.

    Raises AddressRefused and NotPossible.
    """
    address = address_of(to)
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if tenant.status in (TenantStatus.MOVING, TenantStatus.PACKED):
            return _same(tenant, address)
        if tenant.status not in (TenantStatus.OPEN, TenantStatus.SUSPENDED):
            raise NotPossible(f"{_is(tenant)} Only one that is open or suspended is moved.")
        move(tenant, TenantStatus.MOVING, moving_to=address, move_step_at=now)
        say(schema_name=schema_name, kind="practice.moving", now=now, actor=actor, data={"to": address})
        transaction.on_commit(forget_hosts)
    log.info("practice moving", schema=schema_name, place=address)
    return tenant


def pack(*, schema_name: str, now: datetime) -> Tenant:
    """Use case: from here on nothing of it changes, and no worker touches it. Packed twice is packed once.

    Raises StillBusy with what has to end first, and NotPossible.
    """
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if tenant.status == TenantStatus.PACKED:
            return tenant
        if tenant.status != TenantStatus.MOVING or tenant.move_step_at is None:
            raise NotPossible(f"{_is(tenant)} Only one that is moving is packed.")
        # First: who leases a piece of work at the same moment is waited for, and found under way.
        _hold(schema_name, now)
        if reasons := list(_busy(tenant, now)):
            raise StillBusy(reasons)
        seal = hashlib.sha256(_words(schema_name, now)[0].encode()).hexdigest()
        move(tenant, TenantStatus.PACKED, move_step_at=now, move_seal=seal)
    log.info("practice packed", schema=schema_name, place=tenant.moving_to)
    return tenant


def finish(*, schema_name: str, to: str, now: datetime) -> tuple[Tenant, str]:
    """Use case: it is elsewhere, for good; the word with which it is opened there. Finished twice is once.

    Raises AddressRefused and NotPossible.
    """
    address = address_of(to)
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _same(_locked(schema_name), address)
        word = _word_of(tenant)
        if tenant.status == TenantStatus.MOVED:
            return tenant, word
        if tenant.status != TenantStatus.PACKED:
            raise NotPossible(f"{_is(tenant)} Only one that is packed has moved: write its archive first.")
        move(tenant, TenantStatus.MOVED, closed_at=now, erase_at=now + KEPT)
        # They stand in the archive, and are done where it was restored.
        Wakeup.objects.filter(schema_name=schema_name).delete()
        transaction.on_commit(forget_hosts)
    log.info("practice moved", schema=schema_name, place=address)
    return tenant, word


def undo(*, schema_name: str, now: datetime, actor: Actor) -> Tenant:
    """Use case: it stays, as it was. What was packed opens nowhere any more. Raises NotPossible."""
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if tenant.status not in (TenantStatus.MOVING, TenantStatus.PACKED):
            raise NotPossible(f"{_is(tenant)} Only a move that is not finished is undone.")
        _wake(tenant)
        say(schema_name=schema_name, kind="practice.stayed", now=now, actor=actor, data={})
        transaction.on_commit(forget_hosts)
    log.info("practice stayed", schema=schema_name)
    return tenant


def arrive(*, schema_name: str, word: str, now: datetime, actor: Actor) -> Tenant:
    """Use case there: with the word of the old installation it is opened, or suspended if it was.

    Raises WrongWord and NotPossible.
    """
    with schema_context("public"), transaction.atomic(durable=True):
        tenant = _locked(schema_name)
        if tenant.status != TenantStatus.ARRIVING:
            raise NotPossible(f"{_is(tenant)} Only one that was restored from a move is opened by a word.")
        if not hmac.compare_digest(hashlib.sha256(word.strip().encode()).hexdigest(), tenant.move_seal):
            raise WrongWord("This is not the word that was told when the move was finished there.")
        _wake(tenant)
        say(schema_name=schema_name, kind="practice.arrived", now=now, actor=actor, data={})
        transaction.on_commit(forget_hosts)
    log.info("practice arrived", schema=schema_name)
    return tenant


def whereabouts(schema_name: str) -> tuple[bool, str]:
    """Whether it is between two installations, so that nothing may be done to it; and where it has moved."""
    found = Tenant.objects.values_list("status", "moving_to").filter(schema_name=schema_name).first()
    status, to = found or ("", "")
    return status in (TenantStatus.PACKED, TenantStatus.ARRIVING), to if status == TenantStatus.MOVED else ""


def _wake(tenant: Tenant) -> None:
    """A suspended one keeps the reason for it, and is suspended again."""
    to = TenantStatus.SUSPENDED if tenant.status_reason else TenantStatus.OPEN
    move(tenant, to, moving_to="", move_seal="", move_step_at=None)
    Wakeup.objects.filter(schema_name=tenant.schema_name, leased_until=HELD).update(leased_until=None)


def _hold(schema_name: str, now: datetime) -> None:
    """Step: nobody leases its work any more. Undone with the transaction when something hinders."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    Wakeup.objects.filter(free, schema_name=schema_name).update(leased_until=HELD)


def _busy(tenant: Tenant, now: datetime) -> Iterator[str]:
    if tenant.move_step_at and now < tenant.move_step_at + SETTLES:
        yield "It has only just stopped: pages that were being answered may still come to their end."
    mine = Wakeup.objects.filter(schema_name=tenant.schema_name)
    if count := mine.exclude(leased_until=HELD).count():
        yield f"{count} piece{'s' * (count != 1)} of work being done at this moment."
    if count := mine.filter(leased_until=HELD, due_at__lte=now).count():
        yield f"{count} piece{'s' * (count != 1)} of work due, such as mails. Workers do them within seconds."
    with schema_context(tenant.schema_name):
        for path in wiring.table("MOVING"):
            matters: Iterator[Matter] = wiring.named(path)(now=now)
            yield from (matter.words for matter in matters if matter.hinders)


def _locked(schema_name: str) -> Tenant:
    return Tenant.objects.select_for_update().get(schema_name=schema_name)


def _same(tenant: Tenant, address: str) -> Tenant:
    if tenant.moving_to and tenant.moving_to != address:
        raise NotPossible(f"{_is(tenant)} It goes to {tenant.moving_to}, and not to {address}.")
    return tenant


def _is(tenant: Tenant) -> str:
    return f"{tenant.name} is {tenant.get_status_display().lower()}."


def _words(schema_name: str, packed_at: datetime) -> list[str]:
    """What was sealed at that moment, by this installation's key or one before it."""
    said = f"moved:{schema_name}:{packed_at.astimezone(UTC).isoformat()}".encode()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [hmac.digest(f"moving{key}".encode(), said, "sha256").hex() for key in keys]


def _word_of(tenant: Tenant) -> str:
    if tenant.move_step_at is None or not tenant.move_seal:
        raise NotPossible(f"{_is(tenant)} Only one that is packed has moved: write its archive first.")
    for word in _words(tenant.schema_name, tenant.move_step_at):
        if hashlib.sha256(word.encode()).hexdigest() == tenant.move_seal:
            return word
    raise NotPossible("It was packed under a key that is gone from here. Undo it, and pack it anew.")
