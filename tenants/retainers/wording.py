"""Days, lengths and amounts of retainers as people read them. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from kit.clock import zone
from kit.money import format_money
from kit.words import day_in_words, days_in_words
from tenants.offers.vocabulary import called
from tenants.retainers.models import Every, RollOver
from tenants.retainers.periods import Rhythm, Span, day_of


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, where and when. Who does not pay reads no amount; the coach reads them all."""

    tz: str
    locale: str
    now: datetime
    sees_amounts: bool = True
    is_coach: bool = False

    @property
    def this_year(self) -> int:
        return self.now.astimezone(zone(self.tz)).year

    def day(self, moment: datetime) -> str:
        """ "29 May", "3 Jan 2027"."""
        return self.on(day_of(moment, self.tz))

    def on(self, day: date) -> str:
        return day_in_words(day, self.locale, with_year=day.year != self.this_year)

    def last_day(self, ends_at: datetime) -> str:
        """The last day of what ends then."""
        return self.on(Span(ends_at, ends_at).days(self.tz)[1])

    def dates(self, days: list[date]) -> str:
        return days_in_words(days, this_year=self.this_year, locale=self.locale)

    def span(self, span: Span) -> str:
        """ "1–31 May", "15 May – 14 June", "29 Dec 2026 – 28 Jan 2027"."""
        first, last = span.days(self.tz)
        if first == last:
            return self.on(last)
        alike = (first.year, first.month) == (last.year, last.month)
        if alike and self.locale.startswith("en"):
            months_last = day_in_words(first, self.locale).endswith(str(first.day))
            return self._us_span(first, last) if months_last else f"{first.day}–{self.on(last)}"
        years = first.year != last.year
        begins = day_in_words(first, self.locale, with_year=years)
        ends = day_in_words(last, self.locale, with_year=years or last.year != self.this_year)
        return f"{begins} – {ends}"

    def _us_span(self, first: date, last: date) -> str:
        """ "May 1–31": where the month is written before the day."""
        year = f", {last.year}" if last.year != self.this_year else ""
        return f"{day_in_words(first, self.locale)}–{last.day}{year}"

    def money(self, minor: int, currency: str) -> str:
        return format_money(minor, currency, self.locale)


def rhythm_in_words(rhythm: Rhythm) -> str:
    """ "every month", "every 2 weeks", "every year"."""
    if rhythm == Rhythm(12, Every.MONTH):
        return "every year"
    return f"every {rhythm.every}" if rhythm.count == 1 else f"every {rhythm.count} {rhythm.every}s"


def period_in_words(rhythm: Rhythm) -> str:
    """What one period is: "a month", "2 weeks"."""
    if rhythm == Rhythm(12, Every.MONTH):
        return "a year"
    return f"a {rhythm.every}" if rhythm.count == 1 else f"{rhythm.count} {rhythm.every}s"


def sessions(count: int | None) -> str:
    """ "unlimited sessions", "1 session", "4 sessions"."""
    if count is None:
        return f"unlimited {called.sessions}"
    return called.count(count)


def rollover_in_words(rollover: str, cap: int) -> str:
    """The roll-over as one sentence."""
    if rollover == RollOver.ALL:
        return "What you do not use goes on to the next period."
    if rollover == RollOver.CAPPED:
        return f"Up to {sessions(cap)} that you do not use go on to the next period; the rest lapses."
    return "What you do not use ends with its period."
