"""When a practice closes, its retainers end: no card is charged for sessions that nobody will give."""

from datetime import datetime

from kit.actors import Actor
from tenants.activity.models import Event
from tenants.retainers import schedule
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus


def on_closed(*, event: Event, now: datetime) -> None:
    """Step of the announcement: each that runs, or is paused, ends at the moment of closing."""
    actor = Actor(event.actor_kind, event.actor_id, event.actor_name)
    rows = Retainer.objects.select_for_update(no_key=True).filter(
        status__in=RUNNING | {RetainerStatus.PAUSED}
    )
    for retainer in rows.order_by("pk"):
        schedule.end(retainer, at=now, because="practice_closed", now=now, actor=actor)
