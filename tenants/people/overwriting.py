"""What erasing a person overwrites, empties or takes away, and how."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q

from kit.database import require_transaction
from tenants.activity.models import Event
from tenants.billing.models import BankLine, ManualPayment, PaymentAttempt
from tenants.clients.models import Client, Note, Relation, SignIn
from tenants.files.models import StoredFile
from tenants.integrations.models import ApiRequest, DeliveryStatus, WebhookDelivery
from tenants.messaging.models import Mail, MailStatus, SequenceRun
from tenants.packs.models import EntryNote, Pack
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind
from tenants.retainers.models import Retainer
from tenants.scheduling.models import Booking, Cancellation
from tenants.shop.models import Order, OrderStatus, Proposal, ProposalStatus

NOBODY: Final = "Erased client"
WORD: Final = "erased"
WRITTEN = ("name", "email", "message")
"""What a payer typed of each person in an order."""
WHO_BOUGHT = ("by", "address", "agent", "browser")
"""What of an agreement at a purchase tells of the person, and not of what was agreed."""

# What says who somebody is, or what they wrote: by model, the fields that erasing overwrites or empties, or
# whose row it takes away. A new field of the kind stands here, or a test asks why it does not.
ERASED: Final[Mapping[str, tuple[str, ...]]] = {
    "clients.Client": ("name", "email", "phone", "timezone", "billing"),
    "clients.Note": ("text",),
    "clients.Relation": ("label",),
    "clients.SignIn": ("browser", "agent"),
    "files.StoredFile": ("name",),
    "integrations.ApiRequest": ("body",),
    "integrations.WebhookDelivery": ("body",),
    "billing.PaymentAttempt": ("parameters",),
    "billing.BankLine": ("payer", "text"),
    "billing.ManualPayment": ("reference", "taken_back_because"),
    "paperwork.ClientPaper": ("text", "answers"),
    "packs.EntryNote": ("text",),
    "packs.Pack": ("accepted",),
    "retainers.Retainer": ("accepted",),
    "scheduling.Booking": ("holder", "client_timezone", "message", "comp_reason"),
    "scheduling.Cancellation": ("actor_name", "note"),
    "messaging.Mail": ("error",),
    "shop.Order": ("agreed", "beneficiaries"),
    "shop.Proposal": ("message",),
}


def overwrite(*, client: Client, now: datetime) -> None:
    """Step: nothing of ERASED says who the client was any more. The client must be locked with its key."""
    require_transaction()
    _what_was_written(client)
    _papers_and_files(client)
    _payments(client)
    _mails(client, now)
    _ties(client, now)
    Client.objects.filter(pk=client.pk).update(
        name=NOBODY,
        email="",
        phone="",
        timezone="",
        billing={},
        is_company=False,
        archived_at=client.archived_at or now,
        erased_at=now,
        link_version=F("link_version") + 1,
        feed_version=F("feed_version") + 1,
    )


def _what_was_written(client: Client) -> None:
    Note.objects.filter(client=client).delete()
    own = Booking.objects.filter(client=client)
    own.update(message="", client_timezone="", holder="", link_version=F("link_version") + 1)
    own.exclude(comp_reason="").update(comp_reason=WORD)
    Cancellation.objects.filter(booking__client=client).exclude(note="").update(note=WORD)
    Cancellation.objects.filter(booking__client=client, actor_kind="client").update(actor_name="")
    EntryNote.objects.filter(entry__pack__client=client).delete()
    Proposal.objects.filter(client=client).update(message="")


def _papers_and_files(client: Client) -> None:
    """What was accepted stands in its acceptance; all else that was given or typed goes."""
    own = ClientPaper.objects.filter(client=client)
    own.filter(status=ClientPaperStatus.OPEN).update(status=ClientPaperStatus.WITHDRAWN)
    own.update(answers={}, link_version=F("link_version") + 1)
    agreed = Q(status=ClientPaperStatus.DONE, paper__kind=PaperKind.AGREEMENT)
    rest = own.exclude(pk__in=own.filter(agreed).values("pk"))
    rest.update(text="", text_hash="")
    StoredFile.objects.filter(client_id=client.pk).delete()


def _payments(client: Client) -> None:
    """The amounts stay; who typed or sent them, as a bank or a card page wrote it down, goes."""
    for attempt in PaymentAttempt.objects.filter(charge__client=client).only("parameters"):
        if attempt.parameters.pop("customer_email", None):
            attempt.save(update_fields=["parameters"])
    in_hand = ManualPayment.objects.filter(charge__client=client)
    BankLine.objects.filter(payments__in=in_hand).update(payer="", text="")
    in_hand.update(reference="")
    in_hand.exclude(taken_back_because="").update(taken_back_because=WORD)


def _mails(client: Client, now: datetime) -> None:
    about = Mail.objects.filter(event_id__in=Event.objects.filter(client_id=client.pk).values("pk"))
    waiting = about.filter(status=MailStatus.WAITING)
    waiting.update(status=MailStatus.DROPPED, error="The client was erased before it was sent.")
    about.exclude(error="").exclude(status=MailStatus.DROPPED).update(error=WORD)
    SequenceRun.objects.filter(client=client).delete()


def _ties(client: Client, now: datetime) -> None:
    """Who they pay for, ways in, and every link that was mailed."""
    related = Relation.objects.filter(Q(payer=client) | Q(beneficiary=client))
    related.update(label="", shares_attendance=False)
    related.filter(ended_at=None).update(ended_at=now)
    SignIn.objects.filter(client=client).delete()
    for rows in (
        Pack.objects.filter(client=client),
        Retainer.objects.filter(client=client),
        Order.objects.filter(payer=client),
        Proposal.objects.filter(client=client),
    ):
        rows.update(link_version=F("link_version") + 1)
    sent = Proposal.objects.filter(client=client, status=ProposalStatus.SENT)
    sent.update(status=ProposalStatus.WITHDRAWN, decided_at=now)
    _gift_words(client)
    _named_by_others(client)
    _told_to_programs(client)


def _gift_words(client: Client) -> None:
    """What the payer wrote to those who were given something, whom they named, and who and where from they
    said they were. An order that was not paid names people who are on no record: with its payer it is off."""
    Order.objects.filter(payer=client, status=OrderStatus.PENDING).update(status=OrderStatus.VOID)
    for order in Order.objects.filter(payer=client):
        order.beneficiaries = [_without(each, WRITTEN) for each in order.beneficiaries]
        order.agreed = _without(order.agreed, WHO_BOUGHT)
        order.save(update_fields=["agreed", "beneficiaries"])
    for pack in Pack.objects.filter(buyer=client):
        pack.accepted = _without(pack.accepted, WHO_BOUGHT)
        pack.save(update_fields=["accepted"])
    for retainer in Retainer.objects.filter(payer=client):
        retainer.accepted = _without(retainer.accepted, WHO_BOUGHT)
        retainer.save(update_fields=["accepted"])


def _named_by_others(client: Client) -> None:
    """Orders that somebody else never paid, and in which this person's address was typed."""
    if not client.email:
        return
    named = Order.objects.filter(beneficiaries__contains=[{"email": client.email}]).exclude(payer=client)
    for order in named:
        order.beneficiaries = [
            _without(each, WRITTEN) if each.get("email") == client.email else each
            for each in order.beneficiaries
        ]
        order.save(update_fields=["beneficiaries"])


def _without(said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {**said, **{name: "" for name in names if name in said}}


def _told_to_programs(client: Client) -> None:
    """What was sent to a program of the coach's, or waits for it, and what an answer to one has said."""
    own = Event.objects.filter(client_id=client.pk).values("pk")
    deliveries = WebhookDelivery.objects.filter(event_id__in=own)
    deliveries.filter(status=DeliveryStatus.WAITING).update(status=DeliveryStatus.GIVEN_UP)
    deliveries.update(body="")
    ApiRequest.objects.filter(body__contains=str(client.pk)).update(body="")
