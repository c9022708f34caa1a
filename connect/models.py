"""Stripe as the platform sees it: the coaches' accounts, and every event that was ever received."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed


class AccountStatus(models.TextChoices):
    ONBOARDING = "onboarding", "Set-up not finished"
    ACTIVE = "active", "Ready for payments"
    RESTRICTED = "restricted", "Stripe asks for something"
    DISCONNECTED = "disconnected", "Disconnected"


class ConnectAccount(Keyed):
    """A coach's own Stripe account, as Stripe last described it."""

    Status = AccountStatus

    schema_name = models.CharField(max_length=63)
    account_id = models.CharField(max_length=64, unique=True, null=True)
    status = models.CharField(max_length=16, choices=AccountStatus.choices, default=AccountStatus.ONBOARDING)
    requirements = models.JSONField(default=list)
    livemode = models.BooleanField(default=False)
    was_active = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name"], condition=~Q(status="disconnected"), name="connect_one_live_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.status}"

    @property
    def can_charge(self) -> bool:
        return self.status == AccountStatus.ACTIVE


class StripeEventStatus(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    PARKED = "parked"


class StripeEvent(Keyed):
    """An event of Stripe's, stored before it is acknowledged; its effect comes later, and once."""

    Status = StripeEventStatus

    stripe_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=120)
    account_id = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=120, blank=True)
    livemode = models.BooleanField(default=False)
    status = models.CharField(
        max_length=10, choices=StripeEventStatus.choices, default=StripeEventStatus.WAITING
    )
    note = models.CharField(max_length=300, blank=True)
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    received_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="waiting"), name="stripe_event_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
