"""A period's balance in words, and what comes next: the one place that explains a retainer.

Every page, mail and list that shows one asks `explain`. Pure: plain values in, sentences out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tenants.offers.vocabulary import called
from tenants.retainers.models import PeriodStatus, RetainerStatus
from tenants.retainers.periods import Span
from tenants.retainers.wording import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFacts:
    """One period and the sums of its entries, all of them 0 or more.

    `included` is None where it is unlimited. `used` are sessions that have begun, `booked` those to come;
    what was returned is in neither. `given_back_minor` went back to the payer.
    """

    span: Span
    status: str
    price_minor: int
    currency: str
    included: int | None
    rolled_in: int = 0
    used: int = 0
    booked: int = 0
    rolled_out: int = 0
    lapsed: int = 0
    refunded: int = 0
    given_back_minor: int = 0
    disputed: bool = False
    is_void: bool = False

    @property
    def left(self) -> int | None:
        """What is left; None where there is no end to it."""
        if self.included is None or self.status != PeriodStatus.PAID:
            return None if self.included is None else 0
        taken = self.used + self.booked + self.rolled_out + self.lapsed + self.refunded
        return self.included + self.rolled_in - taken


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFacts:
    """How the retainer stands and what comes next.

    `next_span` is charged `charge_at` with `price_minor`, where anything is. `paid_until` is the end of the
    last paid period. `owed_span` waits for its payment.
    """

    status: str
    price_minor: int = 0
    currency: str = ""
    next_span: Span | None = None
    charge_at: datetime | None = None
    paid_until: datetime | None = None
    owed_span: Span | None = None
    pause_wanted: bool = False
    cancel_wanted: bool = False
    paused_because: str = ""
    ended_at: datetime | None = None
    new_price_minor: int | None = None
    new_price_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """`headline` counts, `next_line` says what comes, `notes` what else there is to know."""

    headline: str
    next_line: str
    notes: tuple[str, ...] = field(default_factory=tuple)
    left: int | None = None

    def text(self) -> str:
        return " ".join(filter(None, (self.headline, self.next_line, *self.notes)))


def explain(period: PeriodFacts | None, following: NextFacts, *, reader: Reader) -> Balance:
    """What one period holds, why, and what comes next, for one reader.

    "Paid 1–31 May: 4 included, 1 rolled over, 2 used, 3 left. Next charge $200.00 on 29 May for 1–30 June."
    """
    headline = period_in_words(period, reader=reader) if period else ""
    notes = [*_notes(period, reader), *_price_notes(following, reader)]
    return Balance(
        headline, what_comes(following, reader=reader), tuple(notes), period.left if period else None
    )


def period_in_words(period: PeriodFacts, *, reader: Reader) -> str:
    """ "Paid 1–31 May: 4 included, 1 rolled over, 2 used, 3 left."."""
    span = reader.span(period.span)
    if period.is_void:
        return f"Not charged: {span}."
    if period.status != PeriodStatus.PAID:
        return f"{'Not paid' if reader.sees_amounts else 'Not begun'} yet: {span}."
    over = period.span.ends_at <= reader.now
    return f"{'Paid' if reader.sees_amounts else 'Your period'} {span}: {', '.join(_counts(period, over))}."


def _counts(period: PeriodFacts, over: bool) -> list[str]:
    if period.included is None:
        return ["unlimited", *_some((period.used, "used"), (period.booked, "booked"))]
    counted = _some(
        (period.rolled_in, "rolled over"),
        (period.used, "used"),
        (period.booked, "booked"),
        (period.refunded, "gone with a refund"),
        (period.rolled_out, "went on to the next period"),
        (period.lapsed, "lapsed"),
    )
    left = [] if over and not period.left else [f"{period.left} left"]
    return [f"{period.included} included", *counted, *left]


def _some(*counts: tuple[int, str]) -> list[str]:
    return [f"{number} {words}" for number, words in counts if number]


def _notes(period: PeriodFacts | None, reader: Reader) -> Sequence[str]:
    if period is None:
        return []
    notes = []
    if period.given_back_minor and reader.sees_amounts:
        notes.append(f"{reader.money(period.given_back_minor, period.currency)} of it went back.")
    if period.disputed:
        because = "the bank looks into its payment" if reader.sees_amounts else "it is being checked"
        notes.append(f"Nothing can be booked from this period while {because}.")
    return notes


def _price_notes(following: NextFacts, reader: Reader) -> Sequence[str]:
    if following.new_price_minor is None or following.new_price_from is None or not reader.sees_amounts:
        return []
    price = reader.money(following.new_price_minor, following.currency)
    return [f"The price is {price} from the period that begins on {reader.day(following.new_price_from)}."]


def what_comes(following: NextFacts, *, reader: Reader) -> str:
    """What happens next, as one or two sentences: a charge, a pause, an end, or what is waited for."""
    return {
        RetainerStatus.PENDING: _pending,
        RetainerStatus.ACTIVE: _active,
        RetainerStatus.PAST_DUE: _past_due,
        RetainerStatus.PAUSED: _paused,
        RetainerStatus.ENDED: _ended,
        RetainerStatus.VOID: lambda _following, _reader: "It came to nothing: nothing was charged.",
    }[RetainerStatus(following.status)](following, reader)


def _pending(following: NextFacts, reader: Reader) -> str:
    return "It begins with its first payment." if reader.sees_amounts else "It has not begun yet."


def _active(following: NextFacts, reader: Reader) -> str:
    if following.cancel_wanted and following.paid_until:
        return f"It ends after {reader.last_day(following.paid_until)}, and nothing more is charged."
    if following.pause_wanted and following.paid_until:
        day = reader.last_day(following.paid_until)
        return f"It pauses after {day}: nothing is charged until it is resumed."
    if following.owed_span:
        return _owed(following, reader, "is being charged")
    if following.next_span is None or following.charge_at is None:
        return ""
    span = reader.span(following.next_span)
    if not reader.sees_amounts:
        return f"Next period: {span}."
    price = reader.money(following.price_minor, following.currency)
    return f"Next charge {price} on {reader.day(following.charge_at)} for {span}."


def _past_due(following: NextFacts, reader: Reader) -> str:
    if not reader.sees_amounts:
        return f"What is booked stays booked. New {called.sessions} can be booked again soon."
    return (
        f"{_owed(following, reader, 'could not be charged')} What is booked stays; new "
        f"{called.sessions} wait."
    )


def _owed(following: NextFacts, reader: Reader, happened: str) -> str:
    if following.owed_span is None or not reader.sees_amounts:
        return ""
    price = reader.money(following.price_minor, following.currency)
    return f"{price} for {reader.span(following.owed_span)} {happened}."


def _paused(following: NextFacts, reader: Reader) -> str:
    if not reader.sees_amounts:
        return "It is paused."
    price = reader.money(following.price_minor, following.currency)
    if following.paused_because == "unpaid":
        return f"It is paused because {price} was not paid. Paid, a new period begins the same day."
    if following.owed_span:
        return f"It is paused. It goes on as soon as {price} is paid for its next period."
    return f"It is paused, and nothing is charged. Resumed, a new period begins that day for {price}."


def _ended(following: NextFacts, reader: Reader) -> str:
    if following.ended_at is None:
        return "It has ended."
    return f"It ended on {reader.last_day(following.ended_at)}, and nothing more is charged."
