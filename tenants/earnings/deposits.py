"""A payout explained: what each of its lines was for, adding up to the deposit to the cent."""

import csv
import io
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.clock import zone
from kit.money import Money, to_decimal
from kit.words import listing
from payouts.models import BalanceLine, LineClass, Payout
from tenants.billing.models import Instalment, PaymentAttempt
from tenants.billing.order_fees import cap_that_bites
from tenants.earnings.export import harmless
from tenants.earnings.sold import part_words
from tenants.packs.statements import PURPOSES

WORDS: Final = {
    LineClass.REFUND: "Refund",
    LineClass.DISPUTE: "Dispute",
    LineClass.FEE_RETURNED: "Platform fee returned",
    LineClass.STRIPE_COST: "Stripe's own costs",
    LineClass.OUTSIDE: "Made outside Upfront",
    LineClass.PAYOUT: "A payout that came back",
}
# In the words of the headline: one, many.
NOUNS: Final = {
    "booking": ("session", "sessions"),
    "pack": ("pack", "packs"),
    "retainer": ("retainer payment", "retainer payments"),
    "invoice": ("invoice", "invoices"),
    "order": ("product", "products"),
    LineClass.REFUND: ("refund", "refunds"),
    LineClass.DISPUTE: ("dispute", "disputes"),
    LineClass.FEE_RETURNED: ("returned fee", "returned fees"),
    LineClass.STRIPE_COST: ("cost of Stripe", "costs of Stripe"),
    LineClass.OUTSIDE: ("movement outside Upfront", "movements outside Upfront"),
    LineClass.PAYOUT: ("payout that came back", "payouts that came back"),
}
HEADINGS: Final = (
    "Date",
    "What",
    "For",
    "Client",
    "Currency",
    "Gross",
    "Platform fee",
    "Fee-free sessions",
    "Stripe's fee",
    "Net",
    "Stripe's line",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a payout, in minor units of its currency; fees are 0 or below. Net is the sum of the rest.

    `kind` says what it was in one word, `words` what for. `free_up_to` is there where a free session of it
    was free in part. The ids lead to what was sold, if it was sold here.
    """

    line: BalanceLine
    kind: str
    words: str
    client: str = ""
    booking_id: uuid.UUID | None = None
    pack_id: uuid.UUID | None = None
    platform_fee_minor: int = 0
    processor_fee_minor: int = 0
    free_numbers: tuple[int, ...] = ()
    free_up_to: Money | None = None
    counts_as: str = ""

    @property
    def gross_minor(self) -> int:
        return self.line.amount_minor

    @property
    def net_minor(self) -> int:
        return self.line.net_minor


@dataclass(frozen=True, slots=True)
class Explained:
    """A payout with its lines, the newest first, and their sums, which come to the deposit."""

    payout: Payout
    rows: tuple[Row, ...]

    @property
    def gist(self) -> str:
        """ "14 sessions, 1 pack and 2 refunds"."""
        counted = Counter(row.counts_as for row in self.rows)
        return listing([f"{count} {NOUNS[what][count != 1]}" for what, count in counted.items()])

    @property
    def parts(self) -> list[dict[str, object]]:
        """The sums as lines of a breakdown."""
        sums = {
            "Gross": sum(row.gross_minor for row in self.rows),
            "Platform fee": sum(row.platform_fee_minor for row in self.rows),
            "Stripe's fees": sum(row.processor_fee_minor for row in self.rows),
        }
        return [{"label": label, "minor": minor} for label, minor in sums.items() if minor]

    @property
    def adds_up(self) -> bool:
        return sum(row.net_minor for row in self.rows) == self.payout.amount_minor


def explain(payout: Payout) -> Explained:
    """What the payout is made of. Of one that is not itemised nothing is said. Three queries."""
    own = payout.payout_id
    lines = list(payout.lines.exclude(line_class=LineClass.PAYOUT, source_id=own).order_by("-at", "-line_id"))
    attempts = _attempts(line.attempt_id for line in lines)
    return Explained(payout, tuple(_row(line, attempts.get(line.attempt_id)) for line in lines))


def _attempts(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, PaymentAttempt]:
    wanted = {each for each in ids if each}
    rows = PaymentAttempt.objects.filter(pk__in=wanted).select_related("charge__client", "instalment")
    return {attempt.pk: attempt for attempt in rows}


def _row(line: BalanceLine, attempt: PaymentAttempt | None) -> Row:
    kind = LineClass(line.line_class)
    if attempt is None:
        return Row(
            line,
            WORDS.get(kind, "Payment"),
            line.description,
            processor_fee_minor=-line.fee_minor,
            counts_as=kind,
        )
    is_payment = kind == LineClass.PAYMENT
    charge = attempt.charge
    stripes = min(attempt.processor_fee_minor or 0, line.fee_minor) if is_payment else line.fee_minor
    purpose = "pack" if charge.purpose in PURPOSES else charge.purpose
    return Row(
        line,
        "Payment" if is_payment else WORDS[kind],
        ", ".join(filter(None, [charge.description, _part(attempt.instalment)])),
        client=charge.client.name,
        booking_id=charge.reference if purpose == "booking" else None,
        pack_id=charge.reference if purpose == "pack" else None,
        platform_fee_minor=-(line.fee_minor - stripes),
        processor_fee_minor=-stripes,
        free_numbers=tuple(attempt.free_numbers) if is_payment else (),
        free_up_to=_free_up_to(attempt) if is_payment else None,
        counts_as=(purpose if purpose in NOUNS else "invoice") if is_payment else kind,
    )


def _free_up_to(attempt: PaymentAttempt) -> Money | None:
    """What each of the free sessions frees, in the currency that was paid, where that is not all of it."""
    cap_minor = cap_that_bites(attempt.charge) if attempt.free_numbers else None
    return None if cap_minor is None else Money(cap_minor, attempt.currency)


def _part(part: Instalment | None) -> str:
    """ "deposit"; how many instalments there are is not asked for here."""
    if part is None or part.kind == "period":
        return ""
    words = part_words(part.kind, number=part.number, count=None, period=None)
    return words.replace(" of None", "").lower()


# --- what can be said of it ----------------------------------------------------------------------------


def as_csv(rows: Sequence[Row], *, tz: str) -> str:
    """The lines as a file that spreadsheets open as it is meant."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows(_written(row, tz) for row in rows)
    return file.getvalue()


def _written(row: Row, tz: str) -> list[object]:
    currency = row.line.currency
    at: datetime = row.line.at.astimezone(zone(tz))
    return [
        f"{at:%Y-%m-%d %H:%M}",
        row.kind,
        harmless(row.words),
        harmless(row.client),
        currency.upper(),
        to_decimal(row.gross_minor, currency),
        to_decimal(row.platform_fee_minor, currency),
        " ".join(map(str, row.free_numbers)),
        to_decimal(row.processor_fee_minor, currency),
        to_decimal(row.net_minor, currency),
        row.line.line_id,
    ]
