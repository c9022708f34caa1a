"""Session packs: what is offered, what was sold, and the ledger of units that says what is left and why."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import SAYS_WHY, UnitEntry


class Transfer(models.TextChoices):
    NOBODY = "nobody", "Cannot be passed on"
    FAMILY = "family", "To a family member"
    ANYONE = "anyone", "To anybody"


class RefundRule(models.TextChoices):
    UNUSED = "unused", "Unused sessions, at the pack’s price per session"
    SINGLE_PRICE = "single_price", "The price, less used sessions at their single price"
    NONE = "none", "Not refunded"


class Unpaid(models.TextChoices):
    NOTHING = "nothing", "Nothing until it is paid"
    SOME = "some", "A few sessions"
    FREELY = "freely", "Everything"


class PackOffer(Keyed):
    """One version of a pack on offer. Editing makes another version; what was sold keeps its own.

    `covers` maps the id of a session type to the units that one booking of it takes.
    """

    line = models.UUIDField(help_text="The same for all versions of one pack.")
    version = models.SmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.SmallIntegerField(default=0)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)
    description = models.TextField(max_length=2000, blank=True)
    units = models.SmallIntegerField()
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    valid_months = models.SmallIntegerField(null=True, help_text="Calendar months; none means for good.")
    covers = models.JSONField(default=dict)
    transfer = models.CharField(max_length=8, choices=Transfer.choices, default=Transfer.NOBODY)
    cancel_window_hours = models.SmallIntegerField(default=24)
    refund_rule = models.CharField(max_length=12, choices=RefundRule.choices, default=RefundRule.UNUSED)
    unpaid = models.CharField(max_length=8, choices=Unpaid.choices, default=Unpaid.NOTHING)
    unpaid_units = models.SmallIntegerField(default=0, help_text="How many may be booked before it is paid.")
    instalments = models.SmallIntegerField(
        default=1, help_text="Monthly payments by card, the first at once."
    )
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the price.")
    requires = models.JSONField(default=list, help_text="Lines of papers to be done once, before the card.")
    is_private = models.BooleanField(default=False, help_text="Made for one client; on no page.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="pack_offer_version"),
            models.UniqueConstraint(
                fields=["slug"], condition=Q(is_current=True), name="pack_offer_one_address"
            ),
            models.UniqueConstraint(
                fields=["line"], condition=Q(is_current=True), name="pack_offer_one_current"
            ),
            models.CheckConstraint(
                condition=Q(units__gte=1, units__lte=500, unpaid_units__gte=0), name="pack_offer_units"
            ),
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="pack_offer_price"),
            models.CheckConstraint(
                condition=Q(valid_months__isnull=True) | Q(valid_months__gte=1, valid_months__lte=60),
                name="pack_offer_validity",
            ),
            models.CheckConstraint(
                condition=Q(cancel_window_hours__gte=0, cancel_window_hours__lte=336),
                name="pack_offer_cancel_window",
            ),
            models.CheckConstraint(
                condition=Q(instalments__gte=1, instalments__lte=12), name="pack_offer_instalments"
            ),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="pack_offer_tax"),
        ]

    def __str__(self) -> str:
        return self.name

    def units_for(self, session_type_id: object) -> int | None:
        """Units that one booking of this session type takes; None where the pack does not cover it."""
        return self.covers.get(str(session_type_id))


class PackStatus(models.TextChoices):
    PENDING = "pending"
    ACTIVE = "active"
    VOID = "void"


class Pack(Keyed):
    """A pack that was sold. Its units are entries; its offer is the version that was bought."""

    Status = PackStatus
    MOVES = {
        PackStatus.ACTIVE: frozenset({PackStatus.PENDING, PackStatus.VOID}),
        PackStatus.VOID: frozenset({PackStatus.PENDING}),
    }

    offer = ForeignKey(PackOffer, related_name="packs")
    client = ForeignKey("clients.Client", related_name="packs", db_index=True)
    buyer = ForeignKey("clients.Client", related_name="bought_packs", help_text="Who pays, or paid.")
    status = models.CharField(max_length=8, choices=PackStatus.choices, default=PackStatus.PENDING)
    units = models.SmallIntegerField()
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    paid_at = models.DateTimeField(null=True)
    bought_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, help_text="The first moment at which it is not valid.")
    instalments = models.SmallIntegerField(default=1, help_text="In how many payments it was sold.")
    frozen_at = models.DateTimeField(null=True, help_text="Nothing can be booked from it.")
    frozen_because = models.CharField(max_length=12, blank=True, help_text="dispute or instalment")
    owed_minor = models.IntegerField(default=0, help_text="For units that were used and refunded.")
    first_booking = models.UUIDField(null=True, help_text="Takes the first unit as soon as it is paid.")
    origin = ForeignKey("self", null=True, related_name="passed_on")
    accepted = models.JSONField(default=dict, help_text="What was shown and agreed to: text, hash, time.")
    link_version = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gte=1), name="pack_units"),
            models.CheckConstraint(condition=Q(price_minor__gte=0, owed_minor__gte=0), name="pack_price"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class UnitKind(models.TextChoices):
    BOUGHT = "bought"
    RECEIVED = "received"
    SPENT = "spent"
    RETURNED = "returned"
    KEPT = "kept"
    EXPIRED = "expired"
    REOPENED = "reopened"
    EXTENDED = "extended"
    SENT = "sent"
    REFUNDED = "refunded"
    CORRECTED = "corrected"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"


ADDS = frozenset({UnitKind.BOUGHT, UnitKind.RECEIVED, UnitKind.RETURNED, UnitKind.REOPENED})
TAKES = frozenset({UnitKind.SPENT, UnitKind.EXPIRED, UnitKind.SENT, UnitKind.REFUNDED})
SAYS_ONLY = frozenset({UnitKind.KEPT, UnitKind.EXTENDED, UnitKind.FROZEN, UnitKind.UNFROZEN})


class PackEntry(UnitEntry):
    """One change of one pack's units, or a decision that changed none, with its cause, rule and actor.

    A pack is one grant, so the pack names what funded a spend. Text of a person stands in `EntryNote`.
    """

    pack = ForeignKey(Pack, related_name="entries")
    kind = models.CharField(max_length=12, choices=UnitKind.choices)

    class Meta:
        indexes = [
            models.Index(
                fields=["booking_id"], condition=Q(booking_id__isnull=False), name="pack_entry_of_booking"
            )
        ]
        constraints = [
            # Two who write at once meet here, if they did not meet at the pack's row.
            models.UniqueConstraint(fields=["pack", "number"], name="pack_entry_number"),
            models.UniqueConstraint(fields=["kind", "reference"], name="pack_entry_once"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="pack_entry_never_below_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(ADDS), units__gt=0)
                | Q(kind__in=sorted(TAKES), units__lt=0)
                # Of a refund that finds all units used, the entry says that it was noticed.
                | Q(kind="refunded", units=0)
                | Q(kind__in=sorted(SAYS_ONLY), units=0)
                | (Q(kind="corrected") & ~Q(units=0)),
                name="pack_entry_sign",
            ),
            models.CheckConstraint(condition=SAYS_WHY, name="pack_entry_says_why"),
        ]


class EntryNote(Keyed):
    """What a person wrote about an entry. Apart from the ledger, so that it can be erased."""

    entry = models.OneToOneField(PackEntry, models.PROTECT, related_name="note")
    text = models.CharField(max_length=300)
