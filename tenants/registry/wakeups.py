"""Work that is due: a row in the transaction of the change, so that no queue has to be trusted.

After the commit the fast path works the rows off; the sweeper finds whatever it missed. The queue may be
emptied at any time.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import connection, models, transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Least
from django_tenants.utils import schema_context

from accounts import audit
from kit import clock, metrics, wiring
from kit.actors import Actor
from kit.database import current_schema, insert_later, insert_unless_there, new
from kit.requests import said_by
from kit.tasks import enqueue
from tenants.registry.models import Wakeup

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
SLOWEST_RETRY = timedelta(hours=1)


def ask(
    *,
    kind: str,
    reference: uuid.UUID,
    due_at: datetime,
    now: datetime,
    replace: bool = False,
    along_with: Sequence[models.Model] = (),
) -> None:
    """Step: have `kind` done for `reference` in the current tenant, at `due_at` or soon after.

    Asked for twice it is done once, at the earlier time; with `replace` at this one, where a date has
    moved. Asked for while it is being done, it is done again. What is due already is worked off right after
    the commit. New rows that are put in `along_with` it go with the transaction's next message, and so does
    it; `reference` is one of them, so that nobody can have asked before.
    """
    schema_name = current_schema()
    wakeup = new(Wakeup, schema_name=schema_name, kind=kind, reference=reference, due_at=due_at)
    if along_with:
        insert_later(*along_with, wakeup)
    else:
        _put(wakeup, replace)
    if due_at <= now:
        nudge_after_commit(schema_name, kind)


def withdraw(*, kind: str, reference: uuid.UUID) -> bool:
    """Step: have it not done after all. False if it was not asked for, or is done.

    What is being done just now goes on, but does not come back.
    """
    deleted, _ = _asked_for(current_schema(), kind, reference).delete()
    return deleted > 0


def _put(wakeup: Wakeup, replace: bool) -> None:
    """Insert it or move the one that is there; anew where that one was done with in between."""
    while not (insert_unless_there(wakeup) or _move(wakeup, replace)):
        continue


def _move(wakeup: Wakeup, replace: bool) -> bool:
    """What is being done keeps its own time, in case it has to be tried again, and is due once more."""
    being_done, wanted = Q(leased_until__isnull=False), Value(wakeup.due_at)
    if replace:
        due_at: Case | Least = Case(When(being_done, then="due_at"), default=wanted)
        again_at = Case(When(being_done, then=wanted))
    else:
        due_at = Least("due_at", wanted)
        again_at = Case(When(being_done, then=Least("again_at", wanted)), default="again_at")
    rows = _asked_for(wakeup.schema_name, wakeup.kind, wakeup.reference)
    return rows.update(due_at=due_at, again_at=again_at) == 1


def _asked_for(schema_name: str, kind: str, reference: uuid.UUID) -> QuerySet[Wakeup]:
    return Wakeup.objects.filter(schema_name=schema_name, kind=kind, reference=reference)


def asked(kind: str) -> Exists:
    """A condition on rows of the current tenant: that work of this kind is asked for, due or not."""
    return Exists(Wakeup.objects.filter(schema_name=current_schema(), kind=kind, reference=OuterRef("pk")))


def nudge_after_commit(schema_name: str, kind: str) -> None:
    """Once per transaction and queue, however much was asked for in it."""
    said = schema_name, kind in _outward()
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(getattr(callback, "args", None) == said for callback in waiting):
        transaction.on_commit(partial(nudge, *said))


def nudge(schema_name: str, is_outward: bool) -> None:
    """Tell a worker that a tenant has work. Without a queue the sweeper finds it a little later."""
    from tenants.registry.tasks import reach_out_tenant, work_off_tenant

    enqueue(reach_out_tenant if is_outward else work_off_tenant, schema_name)


def work_off(*, schema_name: str, batch: int = 20) -> int:
    """Do everything that is due for one tenant and is not outward; answers how much was done.

    A piece that fails keeps its row and is tried again later, with growing pauses.
    """
    done = 0
    while leased := _lease(schema_name, ~Q(kind__in=_outward()) & _due(clock.now()), batch):
        for wakeup in leased:
            _run(wakeup)
        done += len(leased)
    return done


def reach_out(*, schema_name: str) -> int:
    """Do once what is due for one tenant and outward: it waits for servers that nobody here answers for.

    Each piece is leased when its turn comes, since those before it may take long. What is due again
    meanwhile is for another round: others have theirs first.
    """
    due, done = Q(kind__in=_outward()) & _due(clock.now()), 0
    while leased := _lease(schema_name, due, 1):
        _run(leased[0])
        done += 1
    return done


def schemas_with_due_work(*, now: datetime, outward: bool = False) -> list[str]:
    """The tenants that a sweep has to visit, for what is outward or for all the rest."""
    which = Q(kind__in=_outward()) if outward else ~Q(kind__in=_outward())
    due = Wakeup.objects.filter(which, _due(now)).values_list("schema_name", flat=True)
    return list(due.order_by().distinct())


def _outward() -> frozenset[str]:
    kinds: frozenset[str] = wiring.table("OUTWARD")
    return kinds


def try_again(*, wakeup_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of an operator: what has failed is due at once, as if it had never been tried.

    False when it is done, or being done, meanwhile.
    """
    failed = Wakeup.objects.filter(_free(now), pk=wakeup_id, attempts__gt=0)
    with transaction.atomic(durable=True):
        found = failed.select_for_update().values_list("schema_name", "kind").first()
        if found is None:
            return False
        schema_name, kind = found
        failed.update(due_at=now, leased_until=None, attempts=0)
        audit.note(
            actor=actor, kind="wakeup.again", schema_name=schema_name, reference=str(wakeup_id), now=now
        )
        nudge_after_commit(schema_name, kind)
    log.info("wakeup tried again", wakeup=str(wakeup_id), actor_kind=actor.kind, actor_id=actor.id)
    return True


def _due(now: datetime) -> Q:
    return Q(due_at__lte=now) & _free(now)


def _free(now: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def _lease(schema_name: str, due: Q, batch: int) -> list[Wakeup]:
    until = clock.now() + LEASE
    with schema_context("public"), transaction.atomic(durable=True):
        found = Wakeup.objects.select_for_update(skip_locked=True).filter(due, schema_name=schema_name)
        rows = list(found.order_by("due_at")[:batch])
        Wakeup.objects.filter(pk__in=[row.pk for row in rows]).update(leased_until=until)
    for row in rows:
        row.leased_until = until
    return rows


def _run(wakeup: Wakeup) -> None:
    handler = wiring.named(wiring.table("WAKEUPS")[wakeup.kind])
    said_by(tenant=wakeup.schema_name, actor=f"work:{wakeup.kind}")
    try:
        with metrics.timed_work(wakeup.kind), schema_context(wakeup.schema_name):
            due_at = handler(reference=wakeup.reference, now=clock.now())
    except Exception as error:
        log.exception("wakeup failed", kind=wakeup.kind, reference=str(wakeup.reference))
        _postpone(wakeup, error)
    else:
        _finish(wakeup, due_at)


def _finish(wakeup: Wakeup, due_at: datetime | None) -> None:
    """The row goes, unless it is to come back: as its handler says, or asked for again meanwhile."""
    mine = _as_leased(wakeup)
    with schema_context("public"), transaction.atomic():
        if due_at is None and mine.filter(again_at__isnull=True).delete()[0]:
            return
        # The earlier of the two; a NULL is passed over.
        earlier = Least("again_at", Value(due_at, output_field=DateTimeField()))
        mine.update(due_at=earlier, again_at=None, leased_until=None, attempts=0, last_error="")


def _postpone(wakeup: Wakeup, error: Exception) -> None:
    pause = min(timedelta(seconds=5) * 2 ** min(wakeup.attempts, 12), SLOWEST_RETRY)
    with schema_context("public"), transaction.atomic():
        _as_leased(wakeup).update(
            due_at=clock.now() + pause,
            leased_until=None,
            attempts=F("attempts") + 1,
            last_error=f"{type(error).__name__}: {error}"[:200],
        )


def _as_leased(wakeup: Wakeup) -> QuerySet[Wakeup]:
    """Nothing, when the lease has lapsed and another worker has the row now: that one decides."""
    return Wakeup.objects.filter(pk=wakeup.pk, leased_until=wakeup.leased_until)
