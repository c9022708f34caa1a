"""How programs come in, and how they are told: keys, requests that have one effect, webhooks."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ids import uuid7


class ApiKey(Keyed):
    """A key of one practice. Only its digest is kept; `prefix` is what its owner recognises it by.

    `scopes` are words with a space between them. After a rotation the old key works until `expires_at`.
    """

    line = models.UUIDField(default=uuid7, help_text="Of a key and those it was changed for.")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    scopes = models.CharField(max_length=240)
    made_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True)

    class Meta(Keyed.Meta):
        # A field that is unique gets a second index, for searches that nobody makes.
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_key_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}…"


class ApiRequest(Keyed):
    """A write that a program asked for under an `Idempotency-Key`: claimed with its effect, then answered.

    The key of the row is made of who asked and of the key that was sent, so that the database lets one in.
    `status` is 0 until the answer is known; `subject_id` is what was made or changed.
    """

    asked_by = models.CharField(max_length=64, help_text="The API key, or the partner's access.")
    digest = models.CharField(max_length=64, help_text="Of method, path and body: another one is refused.")
    subject_id = models.UUIDField(null=True)
    status = models.SmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"


class WebhookEndpoint(Keyed):
    """Where a coach wants to be told of events. `kinds` is empty for all; otherwise words as in `booking.*`.

    Secrets are kept encrypted: they must be read to sign. The old one signs beside the new one until
    `old_secret_until`.
    """

    url = models.CharField(max_length=300)
    name = models.CharField(max_length=60, blank=True)
    kinds = models.CharField(max_length=400, blank=True)
    shows_money = models.BooleanField(default=False, help_text="As the scope billing:read does for a key.")
    secret = models.CharField(max_length=200)
    old_secret = models.CharField(max_length=200, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=64, help_text="The coach, or a partner's access.")
    created_at = models.DateTimeField(default=now)
    off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True, help_text="Nothing is sent before, since it fails.")

    def __str__(self) -> str:
        return self.url


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookDelivery(Keyed):
    """One event for one endpoint: its key is made of both, so that it is planned once.

    `subject_id` is what deliveries are kept in order by: none goes before an earlier one that still waits.
    """

    Status = DeliveryStatus
    MOVES = {
        DeliveryStatus.DELIVERED: frozenset({DeliveryStatus.WAITING}),
        DeliveryStatus.GIVEN_UP: frozenset({DeliveryStatus.WAITING}),
        # Asked for once more by the coach or by the partner.
        DeliveryStatus.WAITING: frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.GIVEN_UP}),
    }

    endpoint = ForeignKey(WebhookEndpoint, on_delete=models.CASCADE)
    event_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    at = models.DateTimeField(help_text="When the event happened.")
    body = models.TextField()
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    answered = models.SmallIntegerField(null=True, help_text="The last HTTP status.")
    problem = models.CharField(max_length=200, blank=True)
    took_ms = models.IntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["endpoint", "subject_id"], condition=Q(status="waiting"), name="delivery_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.endpoint_id}"
