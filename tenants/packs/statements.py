"""Balances of packs as they stand: the ledger read once, and put into words by the one function for it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.db.models import Exists, OuterRef

from kit.words import listing
from tenants.billing.models import AttemptStatus, Charge, ManualPayment, PaymentAttempt, Tender
from tenants.clients import relations
from tenants.clients.models import Client
from tenants.packs.balance import SESSIONS, UNITS, Balance, Clock, Entry, PackFacts, explain, sentence
from tenants.packs.lines import This
from tenants.packs.models import Pack, PackEntry

Reader = Literal["holder", "buyer", "coach"]
PURPOSES = ("pack", "pack_and_booking")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the ledger: when, its sentence, what it changed, and what was left then."""

    at: datetime
    sentence: str
    units: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid for a pack so far, without what was paid beside it, and how: "by card and in cash"."""

    minor: int = 0
    how: str = ""


NOTHING = Paid()
WAYS = ("by card", "in cash", "by bank transfer")


@dataclass(frozen=True, slots=True)
class Statement:
    """A pack for one reader: its balance with the reasons, and every entry, the oldest first."""

    pack: Pack
    balance: Balance
    rows: tuple[Row, ...]


def statement_of(*, pack: Pack, **asked: object) -> Statement:
    """As `statements_of`, of one pack."""
    return statements_of(packs=[pack], **asked)[0]  # type: ignore[arg-type]


def statements_of(
    *,
    packs: Sequence[Pack],
    tz: str,
    now: datetime,
    locale: str = "en",
    reader: Reader = "holder",
    reader_id: uuid.UUID | None = None,
    this_booking: This | Sequence[This] | None = None,
    cancel_until: datetime | None = None,
    shows_money: bool = True,
    shows_names: bool = True,
) -> list[Statement]:
    """What is left of each pack and why, for one reader; at most three questions, however many packs.

    `reader_id` is the client who reads, if it is one: amounts are for whoever paid. `packs` come with offer,
    client and buyer. What reads for a coach may be kept from amounts, and from clients' names.
    """
    entries, paid = _entries_of(packs), _payments_of(packs)
    names = others(entries.values()) if shows_names else {}
    unnamed = _unnamed(packs) if reader == "holder" else frozenset()
    clock = Clock(tz, locale, now)
    return [
        _statement(
            pack,
            entries[pack.pk],
            names,
            paid.get(pack.pk, NOTHING),
            clock,
            reader,
            is_payer=shows_money
            and (reader == "coach" or relations.may_see_amounts(reader_id, pack.buyer_id)),
            names_giver=pack.pk not in unnamed,
            shows_names=shows_names,
            this_booking=this_booking,
            cancel_until=cancel_until,
        )
        for pack in packs
    ]


def _statement(
    pack: Pack,
    entries: Sequence[PackEntry],
    names: dict[str, str],
    paid: Paid,
    clock: Clock,
    reader: Reader,
    *,
    is_payer: bool,
    names_giver: bool,
    shows_names: bool,
    this_booking: This | Sequence[This] | None,
    cancel_until: datetime | None,
) -> Statement:
    told = [entry_of(each, names) for each in entries]
    facts = _facts(pack, paid, reader, names_giver=names_giver)
    balance = explain(
        pack=facts if shows_names else replace(facts, holder="", buyer="Somebody" if facts.buyer else ""),
        entries=told,
        tz=clock.tz,
        now=clock.now,
        locale=clock.locale,
        reader=reader,
        is_payer=is_payer,
        this_booking=this_booking,
        cancel_until=cancel_until,
    )
    noun = SESSIONS if takes_one_each(pack) else UNITS
    rows = tuple(
        Row(row.at, sentence(entry, clock=clock, noun=noun, is_payer=is_payer), row.units, row.balance_after)
        for row, entry in zip(entries, told, strict=True)
    )
    return Statement(pack, balance, rows)


def takes_one_each(pack: Pack) -> bool:
    """Whether what the pack counts are sessions, since none takes more than one unit."""
    return all(units == 1 for units in pack.offer.covers.values())


def _is_gift(pack: Pack) -> bool:
    return pack.buyer_id != pack.client_id and pack.origin_id is None


def _unnamed(packs: Iterable[Pack]) -> frozenset[uuid.UUID]:
    """Packs whose giver does not want to be named to who has them. Asks only where one was given."""
    pairs = {pack.pk: (pack.buyer_id, pack.client_id) for pack in packs if _is_gift(pack)}
    hidden = relations.not_named(set(pairs.values()))
    return frozenset(pk for pk, pair in pairs.items() if pair in hidden)


def _facts(pack: Pack, paid: Paid, reader: Reader, *, names_giver: bool) -> PackFacts:
    gift = _is_gift(pack)
    return PackFacts(
        name=pack.offer.name,
        units=pack.units,
        price_minor=pack.price_minor,
        currency=pack.currency,
        bought_at=pack.bought_at,
        # One that was bought with others has no payment of its own.
        paid_with=paid.how or ("in one payment" if pack.paid_at and pack.price_minor else ""),
        paid_minor=paid.minor if paid.how else None,
        expires_at=pack.expires_at,
        holder="" if reader == "holder" else pack.client.name,
        buyer=pack.buyer.name if gift and reader != "buyer" and names_giver else "",
        is_given=gift and not names_giver,
        one_each=takes_one_each(pack),
    )


def _entries_of(packs: Iterable[Pack]) -> dict[uuid.UUID, list[PackEntry]]:
    found: dict[uuid.UUID, list[PackEntry]] = defaultdict(list)
    rows = PackEntry.objects.filter(pack__in=list(packs)).select_related("note").order_by("pack", "number")
    for row in rows:
        found[row.pack_id].append(row)
    return found


def entry_of(row: PackEntry, names: dict[str, str]) -> Entry:
    """As plain values; `names` are those of `others`. `row` comes with its note."""
    note = getattr(row, "note", None)
    return Entry(
        kind=row.kind,
        units=row.units,
        cause=row.cause,
        rule=row.rule,
        at=row.at,
        booking_id=row.booking_id,
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        data=row.data,
        note=note.text if note else "",
        other=names.get(row.data.get("client", ""), ""),
    )


def others(ledgers: Iterable[Sequence[PackEntry]]) -> dict[str, str]:
    """Names of those to or from whom units were passed on."""
    ids = {row.data["client"] for ledger in ledgers for row in ledger if "client" in row.data}
    if not ids:
        return {}
    return {str(pk): name for pk, name in Client.objects.filter(pk__in=ids).values_list("pk", "name")}


def _payments_of(packs: Iterable[Pack]) -> dict[uuid.UUID, Paid]:
    """What was paid for each pack and how; nothing where it was not, or not here."""
    captured = PaymentAttempt.objects.filter(charge=OuterRef("pk"), status=AttemptStatus.CAPTURED)
    by_hand = ManualPayment.objects.filter(charge=OuterRef("pk"), taken_back_at=None, amount_minor__gt=0)
    paid = Charge.objects.filter(
        purpose__in=PURPOSES, reference__in=[pack.pk for pack in packs], paid_minor__gt=0
    )
    rows = paid.values_list(
        "reference",
        "paid_minor",
        "extras_minor",
        Exists(captured),
        Exists(by_hand.filter(tender=Tender.CASH)),
        Exists(by_hand.filter(tender=Tender.TRANSFER)),
    )
    return {
        reference: Paid(
            max(paid_minor - extras_minor, 0),
            listing([words for words, used in zip(WAYS, ways, strict=True) if used]),
        )
        for reference, paid_minor, extras_minor, *ways in rows
    }
