"""What a coach offers: the practice as clients see it, and its session types."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed


class Practice(Keyed):
    """The one row that says how this coach works; every page of the coach starts from it."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    headline = models.CharField(max_length=140, blank=True)
    about = models.TextField(max_length=4000, blank=True)
    contact_email = models.EmailField(blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="usd")
    locale = models.CharField(max_length=12, default="en_GB")
    accent = models.CharField(max_length=20, default="teal")
    cancel_window_hours = models.SmallIntegerField(default=24)
    policy_agreed_at = models.DateTimeField(null=True)
    hours_agreed_at = models.DateTimeField(null=True)
    link_shared_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="practice_only_one"),
            models.CheckConstraint(
                condition=Q(cancel_window_hours__gte=0, cancel_window_hours__lte=336),
                name="practice_cancel_window",
            ),
        ]

    def __str__(self) -> str:
        return self.headline


class Place(models.TextChoices):
    ONLINE = "online", "Online"
    IN_PERSON = "in_person", "In person"
    PHONE = "phone", "By phone"


class SessionType(Keyed):
    """Something that can be booked, for a price in minor units of the practice's currency."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)
    description = models.TextField(max_length=2000, blank=True)
    group_name = models.CharField(max_length=60, blank=True)
    position = models.SmallIntegerField(default=0)
    duration_min = models.SmallIntegerField(default=60)
    price_minor = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    buffer_before_min = models.SmallIntegerField(default=0)
    buffer_after_min = models.SmallIntegerField(default=0)
    minimum_notice_min = models.IntegerField(default=240)
    horizon_days = models.SmallIntegerField(default=60)
    place = models.CharField(max_length=12, choices=Place.choices, default=Place.ONLINE)
    place_detail = models.CharField(max_length=300, blank=True)
    once_per_client = models.BooleanField(default=False)
    seats = models.SmallIntegerField(default=1)
    needs_approval = models.BooleanField(default=False, help_text="The coach accepts each request.")
    answer_within_hours = models.SmallIntegerField(default=48)
    extras = models.JSONField(
        default=list,
        help_text="Paid beside a session, in order: id, name, price_minor, required.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            # Not unique=True on the field: that makes a second index, for LIKE, in every tenant.
            models.UniqueConstraint(fields=["slug"], name="session_type_address"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="session_type_price"),
            models.CheckConstraint(
                condition=Q(duration_min__gte=5, duration_min__lte=720), name="session_type_duration"
            ),
            models.CheckConstraint(
                condition=Q(buffer_before_min__gte=0, buffer_after_min__gte=0), name="session_type_buffers"
            ),
            models.CheckConstraint(
                condition=Q(minimum_notice_min__gte=0, horizon_days__gte=1, horizon_days__lte=365),
                name="session_type_window",
            ),
            models.CheckConstraint(condition=Q(seats__gte=1), name="session_type_seats"),
            # A bank keeps an authorisation for about a week; four days leave room for capturing.
            models.CheckConstraint(
                condition=Q(answer_within_hours__gte=1, answer_within_hours__lte=96),
                name="session_type_answer_within",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_free(self) -> bool:
        return self.price_minor == 0
