"""What can be booked."""

import uuid
from typing import Any

from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Link, Named, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.offers.models import Place, SessionType

EXAMPLE = {
    "object": "session_type",
    "id": "019b8c00-1000-7000-8000-000000000001",
    "slug": "single-lesson",
    "name": "Single lesson",
    "description": "An hour on court.",
    "group": "",
    "duration_min": 60,
    "place": "in_person",
    "seats": 1,
    "price": {"amount_minor": 4500, "currency": "eur"},
    "extras": [],
    "needs_approval": False,
    "once_per_client": False,
    "minimum_notice_min": 240,
    "horizon_days": 60,
    "is_active": True,
    "books_in_browser": False,
    "url": "https://anna.example.com/book/single-lesson/",
    "created_at": "2026-11-01T12:00:00Z",
}


class SessionExtraShown(Shown):
    id = serializers.CharField(help_text="To be named in `extras` of a booking.")
    name = serializers.CharField()
    required = serializers.BooleanField(help_text="Always part of the session.")
    price = Amount("price_minor")


def charges_rest_later(kind: SessionType) -> bool:
    """A deposit is paid now, and a card is charged for the rest: nobody agrees to that for a client."""
    return bool(kind.deposit_minor or kind.deposit_bp) and kind.rest_by_card


class SessionTypeShown(Shown):
    object = Named("session_type")
    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="Its place on the coach's page.")
    name = serializers.CharField()
    description = serializers.CharField()
    group = serializers.CharField(source="group_name", help_text="Under which heading it stands.")
    duration_min = serializers.IntegerField()
    place = serializers.ChoiceField(choices=Place.choices)
    seats = serializers.IntegerField()
    price = Amount("price_minor", help_text="0 is free.")
    extras = SessionExtraShown(many=True, help_text="Paid beside the session.")
    needs_approval = serializers.BooleanField(help_text="The coach accepts each request.")
    once_per_client = serializers.BooleanField()
    minimum_notice_min = serializers.IntegerField(help_text="How long before its start it can be booked.")
    horizon_days = serializers.IntegerField(help_text="How far ahead.")
    is_active = serializers.BooleanField(help_text="Whether it can be booked now.")
    books_in_browser = serializers.SerializerMethodField(
        help_text="It takes a deposit, to whose terms only the client can agree: send them to url."
    )
    url = Link(lambda row: f"/book/{row.slug}/", help_text="Where a client books it in a browser.")
    created_at = serializers.DateTimeField()

    def get_books_in_browser(self, row: SessionType) -> bool:
        return charges_rest_later(row)


class SessionTypes(Resource):
    group = "Session types"

    @reads(
        "catalogue:read",
        gives=SessionTypeShown,
        page=True,
        summary="List session types",
        description="What the coach offers, the newest first; what is not offered any more, too.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        return pages.page_of(SessionType.objects.all(), call.page)


class OneSessionType(Resource):
    group = "Session types"
    named = "session_type_id"

    @reads("catalogue:read", gives=SessionTypeShown, summary="Get a session type", answer=EXAMPLE)
    def get(self, call: Call, session_type_id: uuid.UUID) -> SessionType:
        return one_of(SessionType.objects.all(), session_type_id)
