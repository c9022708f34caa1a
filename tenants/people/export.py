"""Clients as files: the whole list for a spreadsheet, and one client's whole record."""

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import F, QuerySet, Sum

from kit.clock import zone
from kit.money import to_decimal
from tenants.clients.models import Client, Note
from tenants.earnings.export import harmless
from tenants.earnings.owed import standing
from tenants.packs.models import Pack, PackStatus
from tenants.people.own_data import as_csv, own_data
from tenants.people.stages import facts_of, stage_of

HEADINGS: Final = (
    "Name",
    "E-mail",
    "Phone",
    "Time zone",
    "Stage",
    "Since",
    "Last session",
    "Next session",
    "Sessions left",
    "Currency",
    "Owes",
    "Archived",
)


def clients_csv(rows: QuerySet[Any], *, currency: str, tz: str, now: datetime) -> str:
    """Clients of `stages.with_facts`, with what they have left and owe. Three queries, however many."""
    left, owed = _left(now), _owed(currency)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    for client in rows:
        writer.writerow(
            [
                *map(harmless, (client.name, client.email, client.phone, client.timezone)),
                stage_of(facts_of(client), now=now).label,
                *(_day(each, tz) for each in (client.created_at, client.last_at, client.next_at)),
                left.get(client.pk, 0),
                currency.upper(),
                to_decimal(owed.get(client.pk, 0), currency),
                _day(client.archived_at, tz),
            ]
        )
    return file.getvalue()


def _left(now: datetime) -> dict[uuid.UUID, int]:
    packs = Pack.objects.filter(status=PackStatus.ACTIVE).exclude(expires_at__lte=now)
    return dict(packs.order_by().values_list("client").annotate(left=Sum("entries__units")))


def _owed(currency: str) -> dict[uuid.UUID, int]:
    minor = Sum(F("amount_minor") - F("waived_minor") - F("paid_minor"))
    charges = standing().filter(currency=currency).order_by().values_list("client")
    return dict(charges.annotate(minor=minor))


def _day(moment: datetime | None, tz: str) -> str:
    return f"{moment.astimezone(zone(tz)):%Y-%m-%d}" if moment else ""


def record_of(client: Client) -> bytes:
    """All that is kept of one client as a ZIP file: JSON whole, CSV by table, and the coach's notes."""
    tables = {**own_data(client=client), "private-notes": list(_notes(client))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("record.json", json.dumps(tables, indent=2, default=str, ensure_ascii=False))
        for name, rows in _filled(tables):
            file.writestr(f"{name}.csv", "\ufeff" + as_csv(rows))
    return packed.getvalue()


def _filled(tables: dict[str, list[dict[str, Any]]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    return ((name, rows) for name, rows in tables.items() if rows)


def _notes(client: Client) -> Sequence[dict[str, Any]]:
    notes = Note.objects.filter(client=client).order_by("created_at")
    return [
        {"at": each.created_at, "text": each.text, "by": each.actor_name, "session": each.booking_id}
        for each in notes
    ]
