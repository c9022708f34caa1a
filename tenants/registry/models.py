"""Rows of the shared plane about tenants. None of them speaks of what happens inside a tenant."""

from uuid import UUID

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django_tenants.models import DomainMixin, TenantMixin

from kit.clock import now
from kit.fields import Keyed
from kit.ids import uuid7
from tenants.registry import addresses

SCHEMA_PATTERN = r"^t_[0-9a-f]{32}$"


class TenantStatus(models.TextChoices):
    PROVISIONING = "provisioning", "Being set up"
    OPEN = "open", "Open"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"
    MOVING = "moving", "Moving"
    PACKED = "packed", "Packed to move"
    MOVED = "moved", "Moved"
    ARRIVING = "arriving", "Arriving"


MOVES_OR_MOVED = frozenset(
    {TenantStatus.MOVING, TenantStatus.PACKED, TenantStatus.MOVED, TenantStatus.ARRIVING}
)


class Tenant(Keyed, TenantMixin):  # type: ignore[django-manager-missing]
    """A coach's whole practice: one schema and one role of the same name, never that of the address."""

    Status = TenantStatus
    MOVES = {
        TenantStatus.OPEN: frozenset(
            {TenantStatus.PROVISIONING, TenantStatus.SUSPENDED, TenantStatus.CLOSED}
            | {TenantStatus.MOVING, TenantStatus.PACKED, TenantStatus.ARRIVING}
        ),
        TenantStatus.SUSPENDED: frozenset(
            {TenantStatus.OPEN, TenantStatus.MOVING, TenantStatus.PACKED, TenantStatus.ARRIVING}
        ),
        TenantStatus.CLOSED: frozenset({TenantStatus.OPEN, TenantStatus.SUSPENDED}),
        TenantStatus.MOVING: frozenset({TenantStatus.OPEN, TenantStatus.SUSPENDED}),
        TenantStatus.PACKED: frozenset({TenantStatus.MOVING}),
        TenantStatus.MOVED: frozenset({TenantStatus.PACKED}),
    }
    auto_create_schema = False
    auto_drop_schema = False

    name = models.CharField(max_length=120)
    slug = models.SlugField(
        "address",
        max_length=addresses.MAX_LENGTH,
        unique=True,
        db_index=False,
        validators=[RegexValidator(addresses.PATTERN)],
    )
    status = models.CharField(max_length=12, choices=TenantStatus.choices, default=TenantStatus.PROVISIONING)
    timezone = models.CharField(max_length=64)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    contact_email = models.EmailField(blank=True, help_text="What the coach gave for clients at sign-up.")
    own_host = models.CharField(
        max_length=253,
        blank=True,
        help_text="The coach's own domain, while all pages are there; empty: ours.",
    )
    created_at = models.DateTimeField(default=now)
    opened_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(default=now, help_text="When provisioning was last asked for.")
    status_reason = models.CharField(max_length=300, blank=True, help_text="Why it is suspended or closed.")
    closed_at = models.DateTimeField(null=True)
    erase_at = models.DateTimeField(null=True, help_text="When what is kept of a closed practice may go.")
    is_sandbox = models.BooleanField(default=False, help_text="A partner's, with the simulated Stripe.")
    moving_to = models.CharField(max_length=300, blank=True, help_text="Where its pages are, or will be.")
    move_step_at = models.DateTimeField(null=True, help_text="When it began to move, or was packed.")
    move_seal = models.CharField(max_length=64, blank=True, help_text="The digest of the word that opens it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(schema_name__regex=SCHEMA_PATTERN), name="tenant_schema_name"),
            models.CheckConstraint(condition=Q(slug__regex=addresses.PATTERN), name="tenant_address_form"),
            models.CheckConstraint(condition=~Q(slug__in=addresses.RESERVED), name="tenant_address_reserved"),
            models.CheckConstraint(condition=Q(currency__regex="^[a-z]{3}$"), name="tenant_currency"),
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="tenant_country"),
            models.UniqueConstraint(fields=["own_host"], condition=~Q(own_host=""), name="tenant_own_host"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(status="provisioning"), name="tenant_provisioning")
        ]

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> "Tenant":
        # Its stack stands on the class and is shared by all threads.
        raise TypeError("Use tenant_context(tenant): `with tenant:` mixes up tenants between threads.")

    def _check_schema_name_is_unique(self) -> None:
        """The schema's name comes from the key and the database keeps it unique; nothing to look up."""

    @property
    def is_open(self) -> bool:
        return self.status == TenantStatus.OPEN

    @property
    def answers(self) -> bool:
        """Whether visitors find its pages here, or are led to where they are."""
        return self.status in (TenantStatus.OPEN, TenantStatus.MOVED)

    @property
    def moves(self) -> bool:
        """Whether it is on its way to another installation, from one, or has gone to one."""
        return self.status in MOVES_OR_MOVED


def schema_name_for(tenant_id: UUID) -> str:
    """The name of a tenant's schema and of its role."""
    return f"t_{tenant_id.hex}"


class Domain(DomainMixin):
    """A host name, without a port, whose pages are a tenant's.

    Ours from sign-up on; the coach's own only while it is verified. Until then it is a claim, which
    several may make: the first who proves it has it, and the constraint says who that was.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.CharField(max_length=253)
    is_own = models.BooleanField(default=False, help_text="Brought by the coach; shown once it is verified.")
    token = models.CharField(max_length=64, blank=True, help_text="What the coach puts into the DNS.")
    created_at = models.DateTimeField(default=now)
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True, help_text="Since when it is proved to be the coach's.")
    failing_since = models.DateTimeField(null=True, help_text="Of a verified one: since when looks fail.")
    problem = models.CharField(max_length=300, blank=True, help_text="What was found instead, for the coach.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_primary=True), name="domain_one_primary"
            ),
            models.UniqueConstraint(
                fields=["domain"],
                condition=Q(is_own=False) | Q(verified_at__isnull=False),
                name="domain_once",
            ),
            models.UniqueConstraint(fields=["tenant", "domain"], name="domain_claimed_once"),
            models.CheckConstraint(condition=Q(is_own=False) | ~Q(token=""), name="domain_own_has_a_token"),
        ]


class Role(models.TextChoices):
    OWNER = "owner", "Owner"


class Membership(Keyed):
    """A user may work in a tenant's dashboard."""

    Role = Role

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.tenant_id}"


class Wakeup(Keyed):
    """Something in a tenant is due: what the sweeper reads, so that nobody loops over schemas.

    Written in the transaction of the change it follows from; deleted when its work is done.
    """

    schema_name = models.CharField(max_length=63)
    due_at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    reference = models.UUIDField()
    leased_until = models.DateTimeField(null=True)
    again_at = models.DateTimeField(
        null=True, help_text="When it is due once more: asked for again while it was being done."
    )
    attempts = models.SmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "kind", "reference"], name="wakeup_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="wakeup_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} at {self.due_at:%Y-%m-%d %H:%M}"


class Finding(Keyed):
    """Something that a patrol of a tenant found, and should not have: shown until a patrol finds it gone.

    `reference` is the booking it is about, or the tenant itself.
    """

    schema_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=40)
    reference = models.UUIDField()
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When a patrol last saw it.")
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "kind", "reference"], name="finding_once")
        ]
        indexes = [
            models.Index(fields=["found_at"], condition=Q(cleared_at__isnull=True), name="finding_open")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Books(Keyed):
    """How a practice's books stand, as it said last itself: one row for each, for operators to read.

    Of its last day: `sessions` that were given and how many were `funded`, `payments` and how many were
    `matched`, and how much is `waiting` for somebody. Of the last proof: how many figures were `compared`
    with Stripe's, and the `differences`, the first of them by name. Ids and figures, never names of people.
    """

    schema_name = models.CharField(max_length=63)
    day = models.DateField(null=True)
    sessions = models.IntegerField(default=0)
    funded = models.IntegerField(default=0)
    payments = models.IntegerField(default=0)
    matched = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    waiting_since = models.DateTimeField(null=True)
    spared_minutes = models.IntegerField(default=0, help_text="What was done without the coach this month.")
    stated_at = models.DateTimeField(null=True)
    compared = models.IntegerField(default=0)
    differences = models.IntegerField(default=0)
    named = models.JSONField(default=list, help_text="In order: what, row, expected, found.")
    bookings = models.IntegerField(default=0)
    clients = models.IntegerField(default=0)
    mails_failed = models.IntegerField(default=0, help_text="Of the last 30 days.")
    first_booking_at = models.DateTimeField(null=True)
    tenth_session_at = models.DateTimeField(null=True, help_text="When the tenth paid session was paid.")
    proved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schema_name"], name="books_once")]

    def __str__(self) -> str:
        return self.schema_name


class Volume(Keyed):
    """What went through a practice in a month of the UTC calendar and a currency, as it said itself.

    In minor units: `paid_minor` by card through the platform, `by_hand_minor` in cash or by transfer.
    """

    schema_name = models.CharField(max_length=63)
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3)
    payments = models.IntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    by_hand_minor = models.BigIntegerField(default=0)
    stated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "month", "currency"], name="volume_once")
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.month:%Y-%m} {self.currency}"


class TenantSchemaState(models.Model):
    """What a schema was last brought to: the hash of its migrations and that of its rights.

    Written by the owner in the transaction that changes the schema. The row "public" speaks of the
    shared plane.
    """

    schema_name = models.CharField(max_length=63, primary_key=True)
    migrations = models.CharField(max_length=32)
    rights = models.CharField(max_length=32)
    applied_at = models.DateTimeField(default=now)
    failed_at = models.DateTimeField(null=True, help_text="When the last run could not bring it further.")
    error = models.CharField(max_length=300, blank=True, help_text="Why, in the database's words.")

    def __str__(self) -> str:
        return f"{self.schema_name} {self.migrations[:8]}"
