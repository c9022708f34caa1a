"""Where a program is told what happens: its endpoints, what they were sent, and sending it again."""

import uuid
from typing import Any

from rest_framework import serializers

from api.core import pages, problems
from api.core.declaring import Call, reads, writes
from api.core.fields import SHOWS_MONEY, Named, Shown, Taken
from api.core.problems import Problem, kind
from api.core.resources import Resource, missing
from api.v1.rows import one_of
from tenants.integrations import deliveries, endpoints, scopes
from tenants.integrations.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint
from tenants.integrations.public_events import KINDS_LENGTH, UnknownKinds
from tenants.integrations.receivers import MAX_LENGTH, AddressRefused
from tenants.integrations.signing import BadSecret

NOT_AN_ENDPOINT = kind("not-an-endpoint", 422, "Nothing can be sent there.")
TOO_MANY_ENDPOINTS = kind("too-many-endpoints", 409, "The practice has as many endpoints as there may be.")
ENDPOINT_OFF = kind("endpoint-off", 409, "The endpoint is switched off.")
GROUP = "Webhooks"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105
# How rows name who made them, where that was a program: `keys.Caller.asked_by`.
BY_PROGRAMS = ":"

EXAMPLE = {
    "object": "webhook_endpoint",
    "id": "019b8c00-7000-7000-8000-000000000001",
    "url": "https://books.example.com/upfront",
    "name": "Accounting",
    "kinds": "booking.* pack.low",
    "shows_money": False,
    "is_on": True,
    "off_at": None,
    "off_reason": "",
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-11-24T12:00:00Z",
}
DELIVERY = {
    "object": "webhook_delivery",
    "id": "019b8c00-7100-5000-8000-000000000001",
    "endpoint_id": EXAMPLE["id"],
    "event_id": "019b8c00-7200-7000-8000-000000000001",
    "kind": "booking.confirmed",
    "subject_id": "019b8c00-3000-7000-8000-000000000001",
    "happened_at": "2026-11-24T12:03:00Z",
    "status": "delivered",
    "attempts": 1,
    "due_at": "2026-11-24T12:03:00Z",
    "answered": 200,
    "problem": "",
    "delivered_at": "2026-11-24T12:03:01Z",
}


class WebhookEndpointShown(Shown):
    object = Named("webhook_endpoint")
    id = serializers.UUIDField()
    url = serializers.CharField()
    name = serializers.CharField()
    kinds = serializers.CharField(help_text="Such as `booking.* pack.low`; empty for all events.")
    shows_money = serializers.BooleanField(help_text="Whether amounts and events about payments are sent.")
    is_on = serializers.SerializerMethodField()
    off_at = serializers.DateTimeField(allow_null=True)
    off_reason = serializers.CharField(help_text="Why it was switched off.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="It has taken nothing since then; after five days it is switched off."
    )
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the secret before signs beside the new one."
    )
    created_at = serializers.DateTimeField()

    def get_is_on(self, row: WebhookEndpoint) -> bool:
        return row.off_at is None


class WebhookDeliveryShown(Shown):
    object = Named("webhook_delivery")
    id = serializers.UUIDField()
    endpoint_id = serializers.UUIDField()
    event_id = serializers.UUIDField(help_text="The `webhook-id` of the message.")
    kind = serializers.CharField()
    subject_id = serializers.UUIDField(help_text="What the event is about: messages keep their order by it.")
    happened_at = serializers.DateTimeField(source="at")
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField(help_text="Of one that waits: when it is tried.")
    answered = serializers.IntegerField(allow_null=True, help_text="The last HTTP status.")
    problem = serializers.CharField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class ChangedWebhookEndpoint(Taken):
    url = serializers.CharField(max_length=MAX_LENGTH, help_text="It begins with https://.")
    name = serializers.CharField(max_length=60, default="", allow_blank=True)
    kinds = serializers.CharField(
        max_length=KINDS_LENGTH, default="", allow_blank=True, help_text="Empty for all events."
    )


class NewWebhookSecret(Taken):
    secret = serializers.CharField(
        max_length=80, help_text="Made by you: `whsec_` and 24 to 48 random bytes in base64."
    )


class NewWebhookEndpoint(ChangedWebhookEndpoint, NewWebhookSecret):
    shows_money = serializers.BooleanField(
        default=False, help_text="Needs the scope billing:read, and cannot be changed later."
    )


class WebhookState(Taken):
    is_on = serializers.BooleanField()


class OfEndpoints(Resource):
    """Those that people have made, and those of the program that asks: another program's are hidden."""

    group = GROUP
    named = "endpoint_id"

    def found(self, subject_id: uuid.UUID) -> WebhookEndpoint:
        try:
            return endpoints.found(subject_id)
        except endpoints.NoSuchEndpoint as error:
            raise missing() from error

    def lock(self, subject_id: uuid.UUID) -> None:
        one_of(WebhookEndpoint.objects.select_for_update(), subject_id)


class Endpoints(OfEndpoints):
    named = ""

    @reads(
        "webhooks:write",
        gives=WebhookEndpointShown,
        page=True,
        summary="List webhook endpoints",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        rows = WebhookEndpoint.objects.exclude(
            made_by__contains=BY_PROGRAMS
        ) | WebhookEndpoint.objects.filter(made_by=call.caller.asked_by)
        return pages.page_of(rows, call.page)

    @writes(
        "webhooks:write",
        takes=NewWebhookEndpoint,
        gives=WebhookEndpointShown,
        status=201,
        problems=(NOT_AN_ENDPOINT, TOO_MANY_ENDPOINTS),
        summary="Make a webhook endpoint",
        description="Events that happen from now on are sent to its address, signed with your secret.",
        example={"url": EXAMPLE["url"], "name": "Accounting", "kinds": "booking.*", "secret": SECRET},
        answer=EXAMPLE,
    )
    def post(self, call: Call) -> WebhookEndpoint:
        if call.said["shows_money"]:
            _require_money(call)
        try:
            return endpoints.make(**call.said, now=call.now, actor=call.actor)
        except (AddressRefused, UnknownKinds, BadSecret) as refusal:
            raise Problem(NOT_AN_ENDPOINT, f"{refusal} Nothing was made.") from refusal
        except endpoints.TooManyEndpoints as refusal:
            raise Problem(TOO_MANY_ENDPOINTS, f"{refusal} Nothing was made.") from refusal


class OneEndpoint(OfEndpoints):
    @reads("webhooks:write", gives=WebhookEndpointShown, summary="Get a webhook endpoint", answer=EXAMPLE)
    def get(self, call: Call, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        return _may(call, self.found(endpoint_id))

    @writes(
        "webhooks:write",
        takes=ChangedWebhookEndpoint,
        gives=WebhookEndpointShown,
        needs_match=True,
        problems=(NOT_AN_ENDPOINT,),
        summary="Change a webhook endpoint",
        description="What still waits goes to the new address.",
        example={"url": EXAMPLE["url"], "name": "Accounting", "kinds": "booking.* pack.low"},
        answer=EXAMPLE,
    )
    def put(self, call: Call, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        _may_change(call, self.found(endpoint_id))
        try:
            return endpoints.change(endpoint_id=endpoint_id, **call.said, now=call.now, actor=call.actor)
        except (AddressRefused, UnknownKinds) as refusal:
            raise Problem(NOT_AN_ENDPOINT, f"{refusal} Nothing was changed.") from refusal


class EndpointSecret(OfEndpoints):
    @writes(
        "webhooks:write",
        takes=NewWebhookSecret,
        gives=WebhookEndpointShown,
        problems=(NOT_AN_ENDPOINT,),
        summary="Change the secret of a webhook endpoint",
        description="For 24 hours the secret before signs beside the new one.",
        example={"secret": SECRET},
        answer={**EXAMPLE, "old_secret_until": "2026-11-25T12:00:00Z"},
    )
    def put(self, call: Call, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        _may_change(call, self.found(endpoint_id))
        try:
            return endpoints.rotate(
                endpoint_id=endpoint_id, secret=call.said["secret"], now=call.now, actor=call.actor
            )
        except BadSecret as refusal:
            raise Problem(NOT_AN_ENDPOINT, f"{refusal} The secret is as it was.") from refusal


class EndpointState(OfEndpoints):
    @writes(
        "webhooks:write",
        takes=WebhookState,
        gives=WebhookEndpointShown,
        is_repeatable=True,
        summary="Switch a webhook endpoint on or off",
        description="What waits is given up when it is switched off, and can be sent again when it is on.",
        example={"is_on": True},
        answer=EXAMPLE,
    )
    def put(self, call: Call, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        _may_change(call, self.found(endpoint_id))
        switch = endpoints.switch_on if call.said["is_on"] else endpoints.switch_off
        return switch(endpoint_id=endpoint_id, now=call.now, actor=call.actor)


class EndpointTest(OfEndpoints):
    @writes(
        "webhooks:write",
        gives=WebhookEndpointShown,
        problems=(ENDPOINT_OFF,),
        summary="Send a test to a webhook endpoint",
        description="The event `webhook.tested`, whatever kinds it wants.",
        answer=EXAMPLE,
    )
    def post(self, call: Call, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        _may(call, self.found(endpoint_id))
        try:
            endpoints.test(endpoint_id=endpoint_id, now=call.now, actor=call.actor)
        except endpoints.EndpointIsOff as refusal:
            raise Problem(ENDPOINT_OFF, str(refusal)) from refusal
        return self.found(endpoint_id)


class Deliveries(OfEndpoints):
    @reads(
        "webhooks:write",
        gives=WebhookDeliveryShown,
        page=True,
        summary="List what a webhook endpoint was sent",
        description="Kept for 30 days.",
        answer=DELIVERY,
    )
    def get(self, call: Call, endpoint_id: uuid.UUID) -> dict[str, Any]:
        endpoint = _may(call, self.found(endpoint_id))
        return pages.page_of(WebhookDelivery.objects.filter(endpoint=endpoint), call.page, by="at")


class DeliveryReplay(Resource):
    group = GROUP
    named = "delivery_id"

    def found(self, subject_id: uuid.UUID) -> WebhookDelivery:
        try:
            return deliveries.found(subject_id)
        except deliveries.NoSuchDelivery as error:
            raise missing() from error

    @writes(
        "webhooks:write",
        gives=WebhookDeliveryShown,
        problems=(ENDPOINT_OFF,),
        summary="Send a message again",
        description="Word for word, with the same `webhook-id`.",
        answer={**DELIVERY, "status": "waiting", "attempts": 0, "delivered_at": None},
    )
    def post(self, call: Call, delivery_id: uuid.UUID) -> WebhookDelivery:
        _may_change(call, self.found(delivery_id).endpoint)
        try:
            return endpoints.replay(delivery_id=delivery_id, now=call.now, actor=call.actor)
        except endpoints.EndpointIsOff as refusal:
            raise Problem(ENDPOINT_OFF, str(refusal)) from refusal


def _may(call: Call, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    if BY_PROGRAMS in endpoint.made_by and endpoint.made_by != call.caller.asked_by:
        raise missing()
    return endpoint


def _may_change(call: Call, endpoint: WebhookEndpoint) -> None:
    """Who may not see money does not lead elsewhere what shows it."""
    if _may(call, endpoint).shows_money:
        _require_money(call)


def _require_money(call: Call) -> None:
    if not call.shows_money:
        raise Problem(
            problems.SCOPE_MISSING,
            f"An endpoint that shows money needs the scope {SHOWS_MONEY} ({scopes.SCOPES[SHOWS_MONEY]}) "
            "Nothing was done.",
            scope=SHOWS_MONEY,
        )
