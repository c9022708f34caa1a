"""What happened at one coach's practice: audit trail, and the source of mails and webhooks."""

from django.db import models

from kit.clock import now
from kit.fields import Acted, Keyed
from kit.ledgers import InsertOnlyModel


class Event(Acted, Keyed, InsertOnlyModel):
    """One thing that happened. Holds ids and facts, never free text of a person."""

    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    client_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["subject_id", "at"], name="event_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
