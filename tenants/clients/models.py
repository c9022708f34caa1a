"""The coach's customers: records of the coach, without a login of their own."""

from django.db import models
from django.db.models.functions import Lower

from kit.clock import now
from kit.fields import Keyed


class Client(Keyed):
    name = models.CharField(max_length=120)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    billing = models.JSONField(default=dict, help_text="For papers: name, address, vat_number.")
    link_version = models.SmallIntegerField(default=1, help_text="Raised, all links to own payments end.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="client_email")]

    def __str__(self) -> str:
        return self.name
