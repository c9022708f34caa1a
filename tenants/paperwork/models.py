"""What clients read, fill in and agree to: versions of papers, each client's own, and what was accepted."""

from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import InsertOnlyModel


class PaperKind(models.TextChoices):
    AGREEMENT = "agreement", "Agreement"
    FORM = "form", "Form"
    DOCUMENT = "document", "Document"
    PACKET = "packet", "Welcome packet"


class Paper(Keyed):
    """One version of a paper of the coach's. Editing makes another version; what was given keeps its own.

    Of a form, `parts` are its questions, in order: id, kind, label, help, required, choices. Of a packet they
    are what is in it: line (of a paper), or name with file_id or address. A document is read: `body`, and
    perhaps a file.
    """

    line = models.UUIDField(help_text="The same for all versions of one paper.")
    version = models.SmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    kind = models.CharField(max_length=10, choices=PaperKind.choices)
    name = models.CharField(max_length=120)
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown, with merge fields.")
    parts = models.JSONField(default=list)
    file_id = models.UUIDField(null=True)
    ask_again = models.BooleanField(
        default=False, help_text="Who has done an earlier version does this one too."
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="paper_version"),
            models.UniqueConstraint(fields=["line"], condition=Q(is_current=True), name="paper_one_current"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lines_inside(self) -> list[str]:
        """Of a packet: the papers in it, in the coach's order."""
        parts = self.parts if self.kind == PaperKind.PACKET else ()
        return [part["line"] for part in parts if "line" in part]


class ClientPaperStatus(models.TextChoices):
    OPEN = "open", "To be done"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ClientPaper(Keyed):
    """A paper for one client: the text with their details filled in, or the questions with their answers.

    Payer and beneficiary have one each of the same agreement, `twin` of one another: the beneficiary's names
    no price. `packet` is the line of the welcome packet that it came with.
    """

    Status = ClientPaperStatus
    MOVES = {
        ClientPaperStatus.DONE: frozenset({ClientPaperStatus.OPEN}),
        ClientPaperStatus.DECLINED: frozenset({ClientPaperStatus.OPEN}),
        ClientPaperStatus.WITHDRAWN: frozenset({ClientPaperStatus.OPEN, ClientPaperStatus.DECLINED}),
    }

    paper = ForeignKey(Paper, related_name="given")
    client = ForeignKey("clients.Client", related_name="papers", db_index=True)
    status = models.CharField(
        max_length=10, choices=ClientPaperStatus.choices, default=ClientPaperStatus.OPEN
    )
    text = models.TextField(blank=True, help_text="As it is shown, merge fields filled in.")
    text_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the text.")
    answers = models.JSONField(default=dict, help_text="By the question's id; a draft until it is done.")
    hides_prices = models.BooleanField(default=False)
    twin = ForeignKey("self", null=True, related_name="twins")
    reference = models.UUIDField(null=True, help_text="What it was given for: a proposal, an order.")
    packet = models.UUIDField(null=True)
    position = models.SmallIntegerField(default=0)
    link_version = models.SmallIntegerField(default=1)
    given_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done") | Q(done_at__isnull=False), name="client_paper_done_once"
            ),
            models.CheckConstraint(
                condition=Q(twin__isnull=True) | ~Q(twin=F("id")), name="client_paper_twin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class Acceptance(Keyed, InsertOnlyModel):
    """That somebody accepted an agreement, or handed in a form: what was shown, and how it was said."""

    client_paper = models.OneToOneField(ClientPaper, models.PROTECT, related_name="acceptance")
    client_id = models.UUIDField()
    name = models.CharField(max_length=120, help_text="As it was typed.")
    text = models.TextField(help_text="Word for word what was shown.")
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the text in UTF-8.")
    paper_line = models.UUIDField()
    paper_version = models.SmallIntegerField()
    address = models.CharField(max_length=45, blank=True, help_text="Of the network it came from.")
    agent = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text_hash="") & ~Q(name=""), name="acceptance_says_who")
        ]

    def __str__(self) -> str:
        return f"of {self.client_paper_id}"
