"""A pack's statement as a document: the same sentences as on the page, on paper."""

from datetime import datetime

from reportlab.platypus import Flowable, Table

from kit.clock import zone
from kit.words import short_date, wall_time
from tenants.packs.lines import signed
from tenants.packs.statements import Statement
from ui.pdf import QUIET, as_pdf, table, words


def statement_as_pdf(statement: Statement, *, coach: str, tz: str, locale: str, now: datetime) -> bytes:
    """The balance with its reasons, then every entry of the ledger, the oldest first. Days are in `tz`."""
    story = [
        *_heading(statement, coach, wall_time(now, tz, locale)),
        *_balance(statement),
        _table(statement, tz, locale),
    ]
    return as_pdf(story, title=f"Statement: {statement.pack.offer.name}", author=coach, locale=locale)


def _heading(statement: Statement, coach: str, made: str) -> list[Flowable]:
    return [
        words(statement.pack.offer.name, size=18, after=1),
        words(f"Statement from {coach}, {made}", color=QUIET, after=6),
    ]


def _balance(statement: Statement) -> list[Flowable]:
    balance = statement.balance
    lines = [words(str(line)) for line in balance.lines]
    return [
        words(balance.headline, size=13, after=1),
        words(balance.bought),
        *lines,
        *([words(balance.sum_line)] if balance.sum_line else []),
        words(balance.until, after=6),
    ]


def _table(statement: Statement, tz: str, locale: str) -> Table:
    """One row for each entry."""
    heading = [words(name, color=QUIET) for name in ("Date", "What happened")]
    heading += [words(name, color=QUIET, right=True) for name in ("Change", "Left")]
    rows = [
        [
            words(short_date(row.at.astimezone(zone(tz)).date(), locale)),
            words(row.sentence),
            words(signed(row.units) if row.units else "0", right=True),
            words(str(row.balance_after), right=True),
        ]
        for row in statement.rows
    ]
    return table([heading, *rows], [28, 0, 22, 18])
