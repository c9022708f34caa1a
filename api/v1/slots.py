"""Times that are free now."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from api.core import problems
from api.core.declaring import Call, reads
from api.core.fields import Named, Shown, Taken
from api.core.problems import Problem
from api.core.resources import Resource
from api.v1.holds import NOT_OFFERED, offered
from tenants.offers.practice import practice
from tenants.scheduling.availability import calendar

FURTHEST = timedelta(days=400)
LONGEST = timedelta(days=62)
EXAMPLE = {
    "object": "free_times",
    "session_type_id": "019b8c00-1000-7000-8000-000000000001",
    "timezone": "Europe/Berlin",
    "times": [{"starts_at": "2026-12-01T09:00:00Z", "ends_at": "2026-12-01T10:00:00Z"}],
}


class FreeTimeShown(Shown):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class FreeTimesShown(Shown):
    object = Named("free_times")
    session_type_id = serializers.UUIDField()
    timezone = serializers.CharField(help_text="The coach's: in it a session in person is spoken of.")
    times = FreeTimeShown(many=True)


class TimesAsked(Taken):
    session_type_id = serializers.UUIDField()

    def get_fields(self) -> dict[str, Any]:
        """Two of them are words of Python."""
        return {
            **super().get_fields(),
            "from": serializers.DateTimeField(help_text="The first moment, with its zone."),
            "to": serializers.DateTimeField(help_text="At most 62 days later."),
        }


class Slots(Resource):
    group = "Free times"

    @reads(
        "catalogue:read",
        asks=TimesAsked,
        gives=FreeTimesShown,
        problems=(NOT_OFFERED,),
        summary="List free times",
        description="When a session of this type could begin. Hold one, or book it at once.",
        example={
            "session_type_id": EXAMPLE["session_type_id"],
            "from": "2026-12-01T00:00:00Z",
            "to": "2026-12-08T00:00:00Z",
        },
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        kind = offered(call.said["session_type_id"])
        since, until = _stretch(call.said["from"], call.said["to"])
        of = practice()
        # What is over is not looked for, nor what nobody can book yet.
        since, until, now = max(since, call.now), min(until, call.now + FURTHEST), call.now
        near = calendar(practice=of, since=since, until=max(since, until), now=now)
        starts = near.free(kind, since=since, until=until, now=now) if since < until else []
        length = timedelta(minutes=kind.duration_min)
        times = [{"starts_at": each, "ends_at": each + length} for each in starts]
        return {"session_type_id": kind.pk, "timezone": of.timezone, "times": times}


def _stretch(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    if since < until and until - since <= LONGEST:
        return since, until
    raise Problem(
        problems.INVALID,
        "`errors` says what cannot be used.",
        errors={"to": [f"It is to be after `from`, by {LONGEST.days} days at most."]},
    )
