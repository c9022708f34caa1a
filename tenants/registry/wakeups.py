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
from django.db.models import Exists, F, OuterRef, Q
from django_tenants.utils import schema_context

from kit import clock, wiring
from kit.actors import Actor
from kit.database import current_schema, insert
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
    along_with: Sequence[models.Model] = (),
) -> None:
    """Step: have `kind` done for `reference` in the current tenant, at `due_at` or soon after.

    Asking twice is asking once. What is due already is worked off right after the commit. New rows that
    are put in `along_with` it save a message to the database.
    """
    schema_name = current_schema()
    wakeup = Wakeup(schema_name=schema_name, kind=kind, reference=reference, due_at=due_at)
    insert(*along_with, unless_there=[wakeup])
    if due_at <= now:
        nudge_after_commit(schema_name)


def asked(kind: str) -> Exists:
    """A condition on rows of the current tenant: that work of this kind is asked for, due or not."""
    return Exists(Wakeup.objects.filter(schema_name=current_schema(), kind=kind, reference=OuterRef("pk")))


def nudge_after_commit(schema_name: str) -> None:
    """Once per transaction, however much was asked for in it."""
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(getattr(callback, "args", None) == (schema_name,) for callback in waiting):
        transaction.on_commit(partial(nudge, schema_name))


def nudge(schema_name: str) -> None:
    """Tell a worker that a tenant has work. Without a queue the sweeper finds it a little later."""
    from tenants.registry.tasks import work_off_tenant

    enqueue(work_off_tenant, schema_name)


def work_off(*, schema_name: str, batch: int = 20) -> int:
    """Do everything that is due for one tenant; answers how much was done.

    A piece that fails keeps its row and is tried again later, with growing pauses.
    """
    done = 0
    while leased := _lease(schema_name, clock.now(), batch):
        for wakeup in leased:
            _run(wakeup)
        done += len(leased)
    return done


def schemas_with_due_work(*, now: datetime) -> list[str]:
    """The tenants that a sweep has to visit."""
    due = Wakeup.objects.filter(_due(now)).values_list("schema_name", flat=True)
    return list(due.order_by().distinct())


def try_again(*, wakeup_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of an operator: what has failed is due at once, as if it had never been tried.

    False when it is done, or being done, meanwhile.
    """
    failed = Wakeup.objects.filter(_free(now), pk=wakeup_id, attempts__gt=0)
    with transaction.atomic(durable=True):
        schema_name = failed.select_for_update().values_list("schema_name", flat=True).first()
        if schema_name is None:
            return False
        failed.update(due_at=now, leased_until=None, attempts=0)
        nudge_after_commit(schema_name)
    log.info("wakeup tried again", wakeup=str(wakeup_id), actor_kind=actor.kind, actor_id=actor.id)
    return True


def _due(now: datetime) -> Q:
    return Q(due_at__lte=now) & _free(now)


def _free(now: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def _lease(schema_name: str, now: datetime, batch: int) -> list[Wakeup]:
    with schema_context("public"), transaction.atomic(durable=True):
        due = Wakeup.objects.select_for_update(skip_locked=True).filter(_due(now), schema_name=schema_name)
        rows = list(due.order_by("due_at")[:batch])
        Wakeup.objects.filter(pk__in=[row.pk for row in rows]).update(leased_until=now + LEASE)
    return rows


def _run(wakeup: Wakeup) -> None:
    handler = wiring.named(wiring.table("WAKEUPS")[wakeup.kind])
    try:
        with schema_context(wakeup.schema_name):
            due_at = handler(reference=wakeup.reference, now=clock.now())
    except Exception as error:
        log.exception("wakeup failed", kind=wakeup.kind, schema=wakeup.schema_name)
        _postpone(wakeup, error)
    else:
        _finish(wakeup, due_at)


def _finish(wakeup: Wakeup, due_at: datetime | None) -> None:
    row = Wakeup.objects.filter(pk=wakeup.pk)
    with schema_context("public"), transaction.atomic():
        if due_at is None:
            row.delete()
        else:
            row.update(due_at=due_at, leased_until=None, attempts=0, last_error="")


def _postpone(wakeup: Wakeup, error: Exception) -> None:
    pause = min(timedelta(seconds=5) * 2 ** min(wakeup.attempts, 12), SLOWEST_RETRY)
    with schema_context("public"), transaction.atomic():
        Wakeup.objects.filter(pk=wakeup.pk).update(
            due_at=clock.now() + pause,
            leased_until=None,
            attempts=F("attempts") + 1,
            last_error=f"{type(error).__name__}: {error}"[:200],
        )
