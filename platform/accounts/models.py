"""A User is a login: a coach's or an operator's. Clients of a coach are never users.

Who waits for an invitation to sign up is none yet.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from kit.clock import now
from kit.fields import Keyed
from kit.ledgers import InsertOnlyModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who signs in with `email`; without a password nobody can sign in as them yet."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(Keyed, AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Operators of the platform.")
    joined_at = models.DateTimeField(default=now)
    news_seen_at = models.DateTimeField(null=True, help_text="Announcements until then have been read.")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class WaitlistStatus(models.TextChoices):
    WAITING = "waiting"
    INVITED = "invited"
    SIGNED_UP = "signed_up"


class WaitlistEntry(Keyed):
    """Somebody who would like a page of their own, while sign-up is by invitation."""

    Status = WaitlistStatus
    MOVES = {
        WaitlistStatus.INVITED: frozenset({WaitlistStatus.WAITING}),
        # The invitation could not be sent.
        WaitlistStatus.WAITING: frozenset({WaitlistStatus.INVITED}),
        WaitlistStatus.SIGNED_UP: frozenset({WaitlistStatus.INVITED}),
    }

    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField()
    coaches = models.CharField(max_length=140, help_text="What they coach, in their own words.")
    status = models.CharField(max_length=10, choices=WaitlistStatus.choices, default=WaitlistStatus.WAITING)
    joined_at = models.DateTimeField(default=now)
    invited_at = models.DateTimeField(null=True)
    signed_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email"], name="waitlist_once")]
        indexes = [models.Index(fields=["joined_at"], name="waitlist_order")]

    def __str__(self) -> str:
        return self.name or self.email


class SupportRequest(Keyed):
    """A question to the platform's people, from a coach or from somebody who is none yet."""

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    schema_name = models.CharField(max_length=63, blank=True, help_text="The practice it was asked from.")
    page = models.CharField(max_length=200, blank=True, help_text="Where the person was, without secrets.")
    text = models.TextField(max_length=4000)
    answer = models.TextField(max_length=4000, blank=True)
    answered_by = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="When the platform's people were mailed of it.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(answered_at__isnull=True), name="support_open"
            )
        ]

    def __str__(self) -> str:
        return f"from {self.email}"


class Announcement(Keyed):
    """News of the platform for its coaches: what changes, and on which days. `milestones`: day, text."""

    title = models.CharField(max_length=120)
    text = models.TextField(max_length=4000)
    milestones = models.JSONField(default=list)
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    mail_wanted_at = models.DateTimeField(null=True, help_text="Coaches are mailed, too.")
    mailed_to = models.UUIDField(null=True, help_text="The last one so far, in the order of their keys.")
    mail_leased_until = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True, help_text="When the last of all was mailed.")

    def __str__(self) -> str:
        return self.title


class AuditEntry(Keyed, InsertOnlyModel):
    """One act of an operator: who did what to whom, and why. Written once, for good."""

    user_id = models.UUIDField()
    user_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    schema_name = models.CharField(max_length=63, blank=True, help_text="The practice it was done to.")
    reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, help_text="What it was before and after; never text of a client.")
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["schema_name", "at"], name="audit_of_practice")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.user_name}"
