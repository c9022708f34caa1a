"""Papers about money: invoices, receipts and credit notes, numbered without a gap."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import InsertOnlyModel
from tenants.billing.models.payments import Charge


class DocumentKind(models.TextChoices):
    INVOICE = "invoice", "Invoice"
    RECEIPT = "receipt", "Receipt"
    CREDIT_NOTE = "credit_note", "Credit note"


class DocumentSeries(Keyed):
    """The next number of one kind. The row is the lock under which a number is taken."""

    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    next_number = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind"], name="document_series_once")]


class Document(Keyed, InsertOnlyModel):
    """One paper as it was issued: who, to whom, for what, with the tax that the amount contains.

    It never changes: what was wrong is put right by a credit note and another paper. `reference` is what it
    was issued for, once: an attempt, a payment by hand, a refund, an invoice's own key.
    """

    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    number = models.IntegerField()
    label = models.CharField(max_length=24, help_text="The number as it is printed.")
    reference = models.CharField(max_length=80)
    charge = ForeignKey(Charge, related_name="documents", db_index=True)
    client_id = models.UUIDField()
    corrects = ForeignKey("self", null=True, related_name="corrections")
    seller = models.JSONField(default=dict, help_text="Name, address, VAT number.")
    payer = models.JSONField(default=dict, help_text="Name, address, VAT number.")
    lines = models.JSONField(default=list, help_text="In order: text, quantity, amount_minor, tax_bp.")
    amount_minor = models.IntegerField(help_text="Below 0 on a credit note.")
    tax_minor = models.IntegerField(default=0, help_text="Contained in the amount.")
    currency = models.CharField(max_length=3)
    tender = models.CharField(max_length=40, blank=True, help_text="How it was paid: a card, cash, transfer.")
    due_on = models.DateField(null=True)
    issued_on = models.DateField(help_text="On the coach's wall.")
    issued_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="document_number"),
            models.UniqueConstraint(fields=["kind", "reference"], name="document_once"),
            models.CheckConstraint(condition=Q(number__gte=1) & ~Q(label=""), name="document_is_numbered"),
        ]

    def __str__(self) -> str:
        return self.label
