"""A month's statement of platform fees in print: each movement, and their sum."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from reportlab.platypus import Flowable, Spacer

from fees.models import FeeEntry, FeeEntryKind, FeeStatement
from fees.statements import entries_of
from kit.money import format_money
from kit.words import long_date, month_in_words, short_date
from tenants.billing.documents import seller_details
from tenants.billing.models import PaymentAttempt
from tenants.dashboard.desk import Desk
from ui.pdf import QUIET, as_pdf, beside, table, words

GAP = 16
WIDTHS = (28, 0, 34, 34)


def statement_as_pdf(desk: Desk, stated: FeeStatement) -> bytes:
    """One document, on as many pages as its lines need. Days are those of UTC, as its month is."""
    locale = desk.practice.locale
    month = month_in_words(stated.month, locale)
    title = f"Statement {stated.number} of platform fees, {month}"
    coach = seller_details(desk.practice)
    story: list[Flowable] = [
        words(title, size=18, after=1),
        words(f"Drawn up on {long_date(stated.made_at.date(), locale)}", color=QUIET),
        Spacer(0, GAP),
        beside(
            _person("From", settings.PLATFORM_DETAILS.splitlines()),
            _person("To", [coach["name"], *coach["address"].splitlines(), _vat(coach["vat_number"])]),
        ),
        Spacer(0, GAP),
        _lines(entries_of(stated), stated.currency, locale),
        Spacer(0, GAP),
        _sums(stated, locale),
        Spacer(0, GAP),
        words("There is nothing to pay: each fee was taken from its payment.", color=QUIET, after=1),
        words("The month is that of the UTC calendar, and so are its days.", color=QUIET),
    ]
    return as_pdf(story, title=title, author="Upfront", locale=locale)


def _person(heading: str, lines: Sequence[str]) -> list[Flowable]:
    return [words(heading, color=QUIET), *(words(line) for line in lines if line)]


def _vat(number: str) -> str:
    return f"VAT number {number}" if number else ""


def _lines(entries: Sequence[FeeEntry], currency: str, locale: str) -> Flowable:
    paid = _payments(entries)
    heading = [words("Day", color=QUIET), words("For", color=QUIET)]
    heading += [words(name, color=QUIET, right=True) for name in ("Payment", "Fee")]
    rows = []
    for entry in entries:
        attempt = paid[_attempt_id(entry)]
        is_return = entry.kind == FeeEntryKind.RETURNED
        said = f"{attempt.charge.description}{', refunded' if is_return else ''}"
        minor = -entry.amount_minor if is_return else entry.amount_minor
        rows.append(
            [
                words(short_date(entry.at.date(), locale)),
                words(said),
                words(format_money(attempt.captured_minor or 0, currency, locale), right=True),
                words(format_money(minor, currency, locale), right=True),
            ]
        )
    return table([heading, *rows], WIDTHS)


def _payments(entries: Sequence[FeeEntry]) -> dict[uuid.UUID, PaymentAttempt]:
    ids = {_attempt_id(entry) for entry in entries}
    return PaymentAttempt.objects.select_related("charge").in_bulk(ids)


def _attempt_id(entry: FeeEntry) -> uuid.UUID:
    """What a fee was charged on or returned of; a return adds how much was to be back."""
    return uuid.UUID(entry.reference.partition(":")[0])


def _sums(stated: FeeStatement, locale: str) -> Flowable:
    sums = {
        "Charged": stated.charged_minor,
        "Returned with refunds": -stated.returned_minor,
        "Together": stated.net_minor,
    }
    rows = [
        [words(label), words(format_money(minor, stated.currency, locale), right=True)]
        for label, minor in sums.items()
    ]
    return table(rows, (0, 34), headed=False)
