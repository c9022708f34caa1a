"""What is sold without a time: products, packs for others, and proposals made for one client."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed


class Product(Keyed):
    """Something that is bought by itself, for a price in minor units of the practice's currency.

    With a `pack_line` it includes the sessions of that pack; with files, they are the buyer's to download.
    """

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=4000, blank=True)
    position = models.SmallIntegerField(default=0)
    price_minor = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the price.")
    pack_line = models.UUIDField(null=True)
    requires = models.JSONField(default=list, help_text="Lines of papers to be done before the card.")
    packet = models.UUIDField(null=True, help_text="The line of the welcome packet that its buyer is given.")
    files = models.JSONField(default=list, help_text="Ids of what its buyer downloads, in order.")
    picture_id = models.UUIDField(null=True, help_text="The file that is shown with it.")
    thanks = models.TextField(max_length=4000, blank=True, help_text="The page after buying, in Markdown.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="product_address"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="product_price"),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="product_tax"),
        ]

    def __str__(self) -> str:
        return self.name


class OrderStatus(models.TextChoices):
    PENDING = "pending", "Waits for its payment"
    PAID = "paid", "Paid"
    REFUNDED = "refunded", "Refunded"
    VOID = "void", "Came to nothing"


class OrderKind(models.TextChoices):
    PRODUCT = "product"
    PACKS = "packs"


class Order(Keyed):
    """One purchase of a product, or of packs for other people; what was agreed is kept in `agreed`.

    `beneficiaries` in order: client_id, price_minor, units, message, and pack_id as soon as it is given. What
    each got is theirs; what was paid is the payer's alone to see.
    """

    Status = OrderStatus
    MOVES = {
        OrderStatus.PAID: frozenset({OrderStatus.PENDING, OrderStatus.VOID}),
        OrderStatus.REFUNDED: frozenset({OrderStatus.PAID}),
        OrderStatus.VOID: frozenset({OrderStatus.PENDING}),
    }

    kind = models.CharField(max_length=8, choices=OrderKind.choices, default=OrderKind.PRODUCT)
    payer = ForeignKey("clients.Client", related_name="orders", db_index=True)
    product = ForeignKey(Product, null=True, related_name="orders")
    pack_offer = ForeignKey("packs.PackOffer", null=True)
    pack = ForeignKey("packs.Pack", null=True, help_text="The sessions that the product included.")
    status = models.CharField(max_length=8, choices=OrderStatus.choices, default=OrderStatus.PENDING)
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    beneficiaries = models.JSONField(default=list)
    is_gift = models.BooleanField(default=False)
    agreed = models.JSONField(default=dict, help_text="What was shown: name, text, hash, address, time.")
    link_version = models.SmallIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="order_price"),
            models.CheckConstraint(
                condition=Q(kind="product", product__isnull=False)
                | Q(kind="packs", pack_offer__isnull=False),
                name="order_of_something",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="order_paid_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"


class ProposalStatus(models.TextChoices):
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Ran out"


class Proposal(Keyed):
    """What one client is offered by itself: a price, sessions, and the agreement to be accepted for it.

    It runs out at `valid_until`. Accepted, it has made a charge with an invoice, and a pack for its sessions.
    """

    Status = ProposalStatus
    MOVES = {
        ProposalStatus.ACCEPTED: frozenset({ProposalStatus.SENT}),
        ProposalStatus.DECLINED: frozenset({ProposalStatus.SENT}),
        ProposalStatus.WITHDRAWN: frozenset({ProposalStatus.SENT}),
        ProposalStatus.EXPIRED: frozenset({ProposalStatus.SENT}),
    }

    client = ForeignKey("clients.Client", related_name="proposals", db_index=True)
    payer = ForeignKey("clients.Client", related_name="proposals_to_pay")
    title = models.CharField(max_length=120)
    message = models.TextField(max_length=4000, blank=True)
    price_minor = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the price.")
    units = models.SmallIntegerField(default=0, help_text="Sessions that are included.")
    covers = models.JSONField(default=dict, help_text="As a pack's: id of a session type -> units.")
    valid_months = models.SmallIntegerField(null=True, help_text="How long its sessions can be used.")
    due_days = models.SmallIntegerField(default=7, help_text="In which the invoice is to be paid.")
    agreement = ForeignKey("paperwork.ClientPaper", null=True, help_text="The one that its client accepts.")
    packet = models.UUIDField(null=True, help_text="The line of the welcome packet that follows.")
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.SENT)
    pack = ForeignKey("packs.Pack", null=True)
    invoice_id = models.UUIDField(null=True)
    link_version = models.SmallIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    valid_until = models.DateTimeField(help_text="The first moment at which it cannot be accepted.")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0, units__gte=0), name="proposal_price"),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="proposal_tax"),
            models.CheckConstraint(
                condition=~Q(status="accepted") | Q(decided_at__isnull=False), name="proposal_accepted_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title
