"""The coach's customers: records of the coach, without a login of their own."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from kit.clock import now
from kit.fields import ForeignKey, Keyed


class Client(Keyed):
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True, help_text="None: who pays for them reads their mail.")
    phone = models.CharField(max_length=40, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    billing = models.JSONField(default=dict, help_text="For papers: name, address, vat_number.")
    link_version = models.SmallIntegerField(default=1, help_text="Raised, all links to own payments end.")
    feed_version = models.SmallIntegerField(default=1, help_text="Raised, their calendar feed ends.")
    pays_only = models.BooleanField(default=False, help_text="Pays for others, and has no sessions.")
    is_company = models.BooleanField(default=False)
    buyer_since = models.DateTimeField(null=True, help_text="When they first paid for anything.")
    portal_since = models.DateTimeField(null=True, help_text="When their own pages were opened to them.")
    brought_by = models.UUIDField(null=True, help_text="The import that made the record.")
    archived_at = models.DateTimeField(null=True, help_text="Out of the coach's lists.")
    erased_at = models.DateTimeField(null=True, help_text="The person is gone; the books stay.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="client_email")]

    def __str__(self) -> str:
        return self.name


class Note(Keyed):
    """What the coach wrote for themselves about a client, or about one session. Nobody else reads it."""

    client = ForeignKey(Client, related_name="notes", db_index=True)
    booking_id = models.UUIDField(null=True)
    text = models.TextField(max_length=4000)
    actor_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"of {self.client_id}"


class Relation(Keyed):
    """One client pays for another. The other sees no amount, and the payer no notes and no forms."""

    payer = ForeignKey(Client, related_name="pays_for")
    beneficiary = ForeignKey(Client, related_name="paid_by", db_index=True)
    label = models.CharField(max_length=60, blank=True, help_text="As the payer says it: my son.")
    names_payer = models.BooleanField(default=True, help_text="The beneficiary may read who gave it.")
    shares_attendance = models.BooleanField(default=False, help_text="The beneficiary agreed to that.")
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payer", "beneficiary"], name="relation_once"),
            models.CheckConstraint(condition=~Q(payer=F("beneficiary")), name="relation_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} for {self.beneficiary_id}"


class SignInKind(models.TextChoices):
    CODE = "code"
    SESSION = "session"


class SignIn(Keyed):
    """A way into the client's own pages: a mailed code that opens once, or a browser's session.

    Only digests are kept: whoever reads the table cannot sign in with it.
    """

    client = ForeignKey(Client, related_name="sign_ins", db_index=True)
    kind = models.CharField(max_length=8, choices=SignInKind.choices)
    digest = models.CharField(max_length=64)
    code_digest = models.CharField(max_length=64, blank=True, help_text="Of the six digits beside the link.")
    browser = models.CharField(max_length=64, blank=True, help_text="Digest of who asked for the code.")
    agent = models.CharField(max_length=120, blank=True)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="sign_in_digest")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.client_id}"


class Import(Keyed):
    """A list of clients that was brought from elsewhere, with what it made, so that it can be undone."""

    file_name = models.CharField(max_length=140, blank=True)
    digest = models.CharField(max_length=64, help_text="Of the file: the same list is not brought twice.")
    made = models.JSONField(default=dict, help_text="Ids by kind: clients, packs, charges.")
    actor_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(undone_at__isnull=True), name="import_once"
            )
        ]

    def __str__(self) -> str:
        return self.file_name
