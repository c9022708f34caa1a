"""Everything that is a client's own, as tables: for reading, for taking along, and for knowing what there is.

Amounts are in it where the client paid or owes them. What the coach wrote for themselves is the coach's.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Model, Q

from kit.database import current_schema
from kit.money import to_decimal
from tenants.activity.models import Event
from tenants.billing.models import Charge, Document, Mandate, ManualPayment, PaymentAttempt, SavedCard
from tenants.clients.models import Client, Relation, SignIn, SignInKind
from tenants.clients.relations import may_see_amounts
from tenants.earnings.export import harmless
from tenants.files.models import StoredFile
from tenants.messaging.models import Audience, Mail, SequenceRun
from tenants.packs.models import Pack, PackEntry
from tenants.paperwork.models import Acceptance, ClientPaper, PaperKind
from tenants.registry.models import Tenant
from tenants.retainers.models import Retainer
from tenants.scheduling.models import Booking, Cancellation
from tenants.shop.models import Order, Proposal

Row = dict[str, Any]
Table = Callable[[Client], Iterable[Row]]

ABOUT: Final = """These are your data with {coach}, as of {at}.

own-data.json holds everything; each .csv file is one table of it, for a spreadsheet. Times are in UTC. Files
that you handed in lie in the folder files. Amounts are of what you paid or owe yourself. What {coach} wrote
for themselves is not in it.
"""


def own_data(*, client: Client) -> dict[str, list[Row]]:
    """Every table by its name, the empty ones too: what is not there is said as well."""
    return {name: list(rows(client)) for name, rows in TABLES.items()}


def archive(*, client: Client, now: datetime) -> bytes:
    """The same as one ZIP file: JSON whole, CSV by table, and the files that the client handed in."""
    tables, packed = own_data(client=client), io.BytesIO()
    coach = Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema())
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", ABOUT.format(coach=coach, at=f"{now:%Y-%m-%d %H:%M} UTC"))
        file.writestr("own-data.json", json.dumps(tables, indent=2, default=str, ensure_ascii=False))
        for name, rows in tables.items():
            if rows:
                file.writestr(f"{name}.csv", as_csv(rows))
        for each in StoredFile.objects.filter(client_id=client.pk).order_by("pk"):
            file.writestr(f"files/{each.pk.hex[-8:]}-{_plain(each.name)}", bytes(each.content))
    return packed.getvalue()


def as_csv(rows: list[Row]) -> str:
    """One table for a spreadsheet, in which no text is a formula."""
    written = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(written, names)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return written.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return harmless(json.dumps(value, default=str, ensure_ascii=False))
    return "" if value is None else harmless(str(value))


def _plain(name: str) -> str:
    """A name of a file, without a way to another folder."""
    return "".join(each if each.isalnum() or each in ".-_ " else "_" for each in name).lstrip(".") or "file"


def _of(row: Model, *names: str) -> Row:
    return {name: getattr(row, name) for name in names}


def _money(minor: int, currency: str) -> Row:
    return {"amount": to_decimal(minor, currency), "currency": currency.upper()}


# --- who they are -----------------------------------------------------------------------------------


def _profile(client: Client) -> Iterable[Row]:
    yield _of(client, "name", "email", "phone", "timezone", "is_company", "created_at", "buyer_since") | {
        "on_papers": client.billing
    }


def _relations(client: Client) -> Iterable[Row]:
    for each in Relation.objects.select_related("payer", "beneficiary").filter(
        Q(payer=client) | Q(beneficiary=client)
    ):
        pays = each.payer_id == client.pk
        other = each.beneficiary.name if pays else each.payer.name if each.names_payer else ""
        words = {"relation": "you pay for" if pays else "pays for you", "name": other}
        yield (
            words
            | _of(each, "shares_attendance", "created_at", "ended_at")
            | ({"label": each.label} if pays else {})
        )


def _sign_ins(client: Client) -> Iterable[Row]:
    for each in SignIn.objects.filter(client=client).order_by("created_at"):
        kind = "signed in" if each.kind == SignInKind.SESSION else "asked for a code"
        yield {"what": kind, "browser": each.agent} | _of(each, "created_at", "seen_at", "expires_at")


# --- sessions ---------------------------------------------------------------------------------------


def _sessions(client: Client) -> Iterable[Row]:
    rows = Booking.objects.select_related("session").filter(client=client)
    for each in rows.order_by("session__starts_at"):
        yield {
            "session": each.agreed.get("name"),
            "starts_at": each.session.starts_at,
            "ends_at": each.session.ends_at,
            "place": each.agreed.get("place_detail"),
            "status": each.status,
            "paid_with": each.funding,
            "your_message": each.message,
            "your_time_zone": each.client_timezone,
            "asked_at": each.created_at,
            "booked_at": each.confirmed_at,
        }


def _cancellations(client: Client) -> Iterable[Row]:
    rows = Cancellation.objects.select_related("booking__session").filter(booking__client=client)
    for each in rows.order_by("asked_at"):
        starts_at = {"session_at": each.booking.session.starts_at}
        yield starts_at | _of(each, "asked_at", "cause", "outcome", "reason", "units_back", "status")


# --- packs and retainers ----------------------------------------------------------------------------


def _packs(client: Client) -> Iterable[Row]:
    rows = Pack.objects.select_related("offer").filter(Q(client=client) | Q(buyer=client))
    for each in rows.order_by("bought_at"):
        uses, pays = each.client_id == client.pk, may_see_amounts(client, each.buyer_id)
        yield {
            "pack": each.offer.name,
            "id": each.pk,
            "yours_to_use": uses,
            **_of(each, "status", "units", "bought_at", "expires_at"),
            **(_money(each.price_minor, each.currency) if pays else {}),
            **({"agreed_to": each.accepted} if pays else {}),
        }


def _pack_changes(client: Client) -> Iterable[Row]:
    rows = PackEntry.objects.select_related("pack__offer").filter(pack__client=client)
    for each in rows.order_by("pack", "number"):
        yield {"pack": each.pack.offer.name, "pack_id": each.pack_id} | _of(
            each, "at", "kind", "units", "balance_after", "cause", "rule"
        )


def _retainers(client: Client) -> Iterable[Row]:
    rows = Retainer.objects.select_related("plan").filter(Q(client=client) | Q(payer=client))
    for each in rows.order_by("created_at"):
        pays = may_see_amounts(client, each.payer_id)
        yield {
            "retainer": each.plan.name,
            "yours_to_use": each.client_id == client.pk,
            **_of(each, "status", "started_at", "next_at", "ended_at"),
            **(_money(each.price_minor, each.currency) if pays else {}),
            **({"agreed_to": each.accepted} if pays else {}),
        }


# --- money: of the payer alone ----------------------------------------------------------------------


def _charges(client: Client) -> Iterable[Row]:
    for each in Charge.objects.filter(client=client).order_by("created_at"):
        yield {
            "for": each.description,
            "status": each.status,
            "at": each.created_at,
            **_money(each.amount_minor, each.currency),
            "paid": to_decimal(each.paid_minor, each.currency),
            "given_back": to_decimal(each.refunded_minor, each.currency),
            "waived": to_decimal(each.waived_minor, each.currency),
        }


def _payments(client: Client) -> Iterable[Row]:
    by_card = PaymentAttempt.objects.select_related("charge").filter(
        charge__client=client, captured_at__isnull=False
    )
    for each in by_card.order_by("captured_at"):
        paid = _money(each.captured_minor, each.currency)
        yield {"for": each.charge.description, "how": each.card or "card", "at": each.captured_at, **paid}
    for hand in ManualPayment.objects.select_related("charge").filter(charge__client=client):
        paid = _money(hand.amount_minor, hand.currency)
        yield {
            "for": hand.charge.description,
            "how": hand.tender,
            "at": hand.received_on,
            **paid,
            "reference": hand.reference,
            "taken_back_at": hand.taken_back_at,
        }


def _documents(client: Client) -> Iterable[Row]:
    for each in Document.objects.filter(client_id=client.pk).order_by("issued_at", "number"):
        yield _of(each, "kind", "label", "issued_on", "due_on", "payer", "lines", "tender") | _money(
            each.amount_minor, each.currency
        )


def _cards(client: Client) -> Iterable[Row]:
    for each in SavedCard.objects.filter(client=client).order_by("created_at"):
        yield _of(each, "brand", "last4", "exp_month", "exp_year", "created_at", "removed_at")


def _mandates(client: Client) -> Iterable[Row]:
    for each in Mandate.objects.filter(client=client).order_by("at"):
        yield _of(each, "purpose", "text", "at", "address")


def _orders(client: Client) -> Iterable[Row]:
    for each in Order.objects.select_related("product", "pack_offer").filter(payer=client):
        bought = each.product or each.pack_offer
        yield {
            "order": bought.name if bought else "",
            **_of(each, "status", "created_at", "paid_at"),
            **_money(each.price_minor, each.currency),
            "agreed_to": each.agreed,
        }


def _proposals(client: Client) -> Iterable[Row]:
    """Those that were made to them or that they are to pay, the message to whom it was written."""
    for each in Proposal.objects.filter(Q(client=client) | Q(payer=client)).order_by("created_at"):
        price = _money(each.price_minor, each.currency) if may_see_amounts(client, each.payer_id) else {}
        own = _of(each, "message") if each.client_id == client.pk else {}
        yield _of(each, "title", "status", "units", "created_at", "decided_at") | own | price


# --- papers, mails, and what happened ---------------------------------------------------------------


def _papers(client: Client) -> Iterable[Row]:
    rows = ClientPaper.objects.select_related("paper").filter(client=client)
    for each in rows.exclude(paper__kind=PaperKind.PACKET).order_by("given_at"):
        yield {"paper": each.paper.name, "kind": each.paper.kind, "version": each.paper.version} | _of(
            each, "status", "text", "answers", "given_at", "seen_at", "done_at"
        )


def _acceptances(client: Client) -> Iterable[Row]:
    for each in Acceptance.objects.filter(client_id=client.pk).order_by("at"):
        yield _of(each, "name", "at", "address", "agent", "text", "text_hash")


def _files(client: Client) -> Iterable[Row]:
    for each in StoredFile.objects.filter(client_id=client.pk).defer("content").order_by("pk"):
        yield _of(each, "name", "content_type", "size", "created_at")


def _mails(client: Client) -> Iterable[Row]:
    own = Event.objects.filter(client_id=client.pk).values("pk")
    rows = Mail.objects.filter(event_id__in=own).exclude(audience=Audience.COACH)
    for each in rows.order_by("created_at"):
        yield _of(each, "kind", "status", "sent_at")


def _sequences(client: Client) -> Iterable[Row]:
    for each in SequenceRun.objects.select_related("sequence").filter(client=client):
        run = _of(each, "started_at", "next_at", "stopped_at", "stopped_because")
        yield {"mails": each.sequence.name} | run


def _events(client: Client) -> Iterable[Row]:
    for each in Event.objects.filter(client_id=client.pk).order_by("at", "pk"):
        yield {"what": each.kind, "at": each.at, "by": each.actor_kind}


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "profile": _profile,
        "relations": _relations,
        "sessions": _sessions,
        "cancellations": _cancellations,
        "packs": _packs,
        "pack-changes": _pack_changes,
        "retainers": _retainers,
        "charges": _charges,
        "payments": _payments,
        "receipts-and-invoices": _documents,
        "cards": _cards,
        "card-agreements": _mandates,
        "orders": _orders,
        "proposals": _proposals,
        "papers": _papers,
        "acceptances": _acceptances,
        "files": _files,
        "mails": _mails,
        "mail-sequences": _sequences,
        "sign-ins": _sign_ins,
        "events": _events,
    }
)
