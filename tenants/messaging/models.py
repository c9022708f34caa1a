"""Mail that was asked for and what became of it. The text is made from the state when it is sent."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed


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
