"""What a coach offers: the practice as clients see it, and its session types."""

from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed


def reminded_a_day_before() -> list[int]:
    return [24]


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
    reminder_hours = models.JSONField(
        default=reminded_a_day_before,
        help_text="How long before a session a mail reminds of it; none is off.",
    )
    switched_off = models.JSONField(default=list, help_text="Automations that the coach wants none of.")
    legal_name = models.CharField(max_length=140, blank=True, help_text="On receipts and invoices.")
    legal_address = models.CharField(max_length=300, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    bank_details = models.CharField(max_length=300, blank=True, help_text="For who pays by transfer.")
    document_prefix = models.CharField(max_length=8, blank=True, help_text="Before the number of a paper.")
    accent_color = models.CharField(max_length=7, blank=True, help_text="The coach's own, #rrggbb.")
    photo_id = models.UUIDField(null=True)
    logo_id = models.UUIDField(null=True)
    logo_width = models.SmallIntegerField(default=0, help_text="Of the kept picture, in pixels.")
    logo_height = models.SmallIntegerField(default=0)
    words = models.JSONField(default=dict, help_text="What this coach calls a session and a client.")
    embed_sites = models.JSONField(default=list, help_text="Origins whose pages may frame the widget.")
    feed_version = models.SmallIntegerField(default=1, help_text="Raised, the coach's calendar feed ends.")
    proposal_mail = models.JSONField(default=dict, help_text="Subject and body, with merge fields.")
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


class IfRestFails(models.TextChoices):
    KEEP = "keep", "The session stays, and the rest is owed"
    CANCEL = "cancel", "The session is cancelled, and the deposit kept"


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
    deposit_minor = models.IntegerField(default=0, help_text="Paid at booking; the rest later.")
    deposit_bp = models.SmallIntegerField(default=0, help_text="The same, as a share of the price.")
    rest_due_hours = models.SmallIntegerField(default=24, help_text="Before the start.")
    rest_by_card = models.BooleanField(default=True, help_text="The card is kept and charged when due.")
    if_rest_fails = models.CharField(max_length=8, choices=IfRestFails.choices, default=IfRestFails.KEEP)
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the price.")
    requires = models.JSONField(default=list, help_text="Lines of papers to be done once, before the card.")
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
            # A deposit is an amount or a share, and less than the whole.
            models.CheckConstraint(
                condition=Q(deposit_minor__gte=0, deposit_bp__gte=0, deposit_bp__lt=10_000)
                & (Q(deposit_minor=0) | Q(deposit_bp=0, deposit_minor__lt=F("price_minor"))),
                name="session_type_deposit",
            ),
            models.CheckConstraint(
                condition=Q(rest_due_hours__gte=0, rest_due_hours__lte=336), name="session_type_rest_due"
            ),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="session_type_tax"),
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


class Coupon(Keyed):
    """A code that makes a first price smaller: by a share or by an amount, within dates and a number of uses.

    `uses` is counted with a guarded update, so that the last one is given once.
    """

    code = models.CharField(max_length=24, help_text="In capitals.")
    off_bp = models.SmallIntegerField(default=0)
    off_minor = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True, help_text="The first moment at which it is not valid.")
    max_uses = models.IntegerField(null=True)
    uses = models.IntegerField(default=0)
    once_per_client = models.BooleanField(default=True)
    applies_to = models.JSONField(
        default=list, help_text="Ids of session types and lines of packs; none named means all."
    )
    note = models.CharField(max_length=140, blank=True, help_text="What it is for; clients do not see it.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="coupon_code"),
            models.CheckConstraint(
                condition=Q(off_bp__gt=0, off_bp__lte=10_000, off_minor=0) | Q(off_bp=0, off_minor__gt=0),
                name="coupon_off",
            ),
            models.CheckConstraint(
                condition=Q(uses__gte=0) & (Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses"))),
                name="coupon_uses",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(Keyed):
    """One use of a coupon by one client for one thing; given back when that came to nothing."""

    coupon = ForeignKey(Coupon, related_name="used")
    client_id = models.UUIDField()
    reference = models.UUIDField(help_text="The booking or the pack.")
    off_minor = models.IntegerField()
    given_back_at = models.DateTimeField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference"], condition=Q(given_back_at__isnull=True), name="coupon_use_once"
            ),
            models.CheckConstraint(condition=Q(off_minor__gt=0), name="coupon_use_off"),
        ]
