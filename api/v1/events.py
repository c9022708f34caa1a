"""What happened, as programs are told of it: the same facts that webhooks carry."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Named, PageAsked, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.activity.models import Event
from tenants.integrations.public_events import PUBLIC_EVENTS, payload

EXAMPLE = {
    "object": "event",
    "id": "019b8c00-b000-7000-8000-000000000001",
    "type": "booking.confirmed",
    "at": "2026-11-24T12:03:00Z",
    "data": {
        "id": "019b8c00-2000-7000-8000-000000000001",
        "object": "booking",
        "client_id": "019b8c00-3000-7000-8000-000000000001",
        "funding": "card",
    },
}
_DATA = {
    "type": "object",
    "description": "Ids and facts of this kind of event; amounts only with the scope `billing:read`.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "object": {"type": "string"},
        "client_id": {"type": "string", "format": "uuid"},
    },
    "required": ["id", "object"],
    "additionalProperties": {},
}


class EventShown(Shown):
    object = Named("event")
    id = serializers.UUIDField(help_text="Also that of the webhook message.")
    # No list in the file: a program of today has to read the kinds of tomorrow.
    type = serializers.CharField(source="kind", help_text="As `booking.confirmed`; others may be added.")
    at = serializers.DateTimeField()
    data = serializers.SerializerMethodField()

    @extend_schema_field(_DATA)
    def get_data(self, row: Event) -> Any:
        return payload(row, shows_money=self.context["shows_money"])["data"]


class EventsAsked(PageAsked):
    type = serializers.ChoiceField(
        choices=sorted(PUBLIC_EVENTS), required=False, help_text="One of the events listed under Webhooks."
    )
    about = serializers.UUIDField(required=False, help_text="The id of what it happened to.")
    since = serializers.DateTimeField(required=False, help_text="Those of then or later.")


FILTERS = {"type": "kind", "about": "subject_id", "since": "at__gte"}


def told_to(call: Call) -> QuerySet[Event]:
    """What is about nothing but money is told to nobody who may not see it."""
    kinds = [kind for kind, each in PUBLIC_EVENTS.items() if call.shows_money or not each.is_about_money]
    return Event.objects.filter(kind__in=kinds)


class Events(Resource):
    group = "Events"

    @reads(
        "events:read",
        asks=EventsAsked,
        gives=EventShown,
        page=True,
        summary="List events",
        description="What happened in the practice, the newest first.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        asked = {path: call.said[name] for name, path in FILTERS.items() if name in call.said}
        return pages.page_of(told_to(call).filter(**asked), call.page, by="at")


class OneEvent(Resource):
    group = "Events"
    named = "event_id"

    @reads("events:read", gives=EventShown, summary="Get an event", answer=EXAMPLE)
    def get(self, call: Call, event_id: uuid.UUID) -> Event:
        return one_of(told_to(call), event_id)
