"""Mail that was asked for and what became of it. The text is made from the state when it is sent."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed


class MailStatus(models.TextChoices):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Audience(models.TextChoices):
    """Who a mail is for. The buyer paid for what the client has, where those are two people."""

    CLIENT = "client"
    BUYER = "buyer"
    COACH = "coach"


class Mail(Keyed):
    """One mail to one audience about one event."""

    Status = MailStatus

    event_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    subject_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=MailStatus.choices, default=MailStatus.WAITING)
    tries = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True, help_text="Why it was not sent, for the coach.")
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=120, blank=True, help_text="As the carrier calls it.")
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id", "kind", "audience"], name="mail_once"),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="mail_sent_has_time"
            ),
        ]
        indexes = [models.Index(fields=["subject_id"], name="mail_subject")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.audience}"


class Trigger(models.TextChoices):
    """What starts a sequence."""

    PAPER_ACCEPTED = "paper.accepted", "An agreement is accepted"
    ORDER_PAID = "order.paid", "A product is bought"
    PACK_BOUGHT = "pack.bought", "A pack is bought"
    RETAINER_STARTED = "retainer.started", "A retainer begins"
    FIRST_BOOKING = "booking.confirmed", "A first session is booked"
    SESSION_DONE = "booking.completed", "A first session has taken place"


class Sequence(Keyed):
    """Mails that follow something by themselves, each after its own delay.

    `steps` in order: id, after_hours (from the start), subject, body. `applies_to` are ids of what the
    start is about (products, lines of papers and packs); none named means all. `stops_on` are kinds of
    events of the client that end it.
    """

    name = models.CharField(max_length=80)
    starts_on = models.CharField(max_length=24, choices=Trigger.choices)
    applies_to = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    stops_on = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class SequenceRun(Keyed):
    """One client on the way through a sequence."""

    sequence = ForeignKey(Sequence, related_name="runs")
    client = ForeignKey("clients.Client", related_name="sequence_runs", db_index=True)
    event_id = models.UUIDField(help_text="What started it.")
    next_step = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=now)
    stopped_at = models.DateTimeField(null=True)
    stopped_because = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sequence", "event_id"], name="sequence_run_once")]

    def __str__(self) -> str:
        return f"{self.sequence_id} for {self.client_id}"
