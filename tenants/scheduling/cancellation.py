"""What calling off a session means for what was paid: a pure rule that pages and operations both ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from kit.money import format_money
from kit.words import duration, wall_time
from tenants.offers.vocabulary import called
from tenants.packs.wording import SESSIONS, UNITS, Noun

Kind = Literal["returned", "used", "waived"]
OF_UNITS: Final = frozenset({"pack", "retainer"})
"""What pays by units rather than money."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long before the start a client may still cancel without losing what was paid."""

    window_hours: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Which session is called off, when, why, and what was paid for it.

    `cause` is one of `models.Cause`, `pays_with` one of `models.Funding`. `units` are what the booking took
    of a pack or a retainer; `paid_minor` is captured money that was not refunded yet, extras beside a unit
    included. `waived_because` is why the coach does not insist on the rule.
    """

    starts_at: datetime
    at: datetime
    cause: str
    pays_with: str
    units: int
    paid_minor: int
    currency: str
    waived_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`returned`: what was paid goes back. `used`: it stays spent. `waived`: it goes back against the rule.

    `rule` is a code ("window:24"), `reason` one sentence for people, `free_until` the last free moment,
    `back_to` what units go back to.
    """

    kind: Kind
    units_back: int
    money_back_minor: int
    rule: str
    reason: str
    free_until: datetime
    back_to: str = "pack"


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: Kind
    rule: str
    reason: str


class UnknownCause(ValueError):
    """A cause that no rule speaks of."""


def decide(policy: Policy, facts: Facts) -> Outcome:
    """What becomes of unit and money. Exactly the whole window before the start is still early.

    A waiver only ever helps the client: what the rule returns anyway is `returned`, not `waived`.
    Raises `UnknownCause`.
    """
    verdict = _rule_for(facts.cause)(policy, facts)
    deadline = facts.starts_at.astimezone(UTC) if facts.cause == "declined_move" else None
    return _outcome(_waived(verdict, facts), facts, deadline or free_cancel_until(policy, facts.starts_at))


def consequences(
    outcome: Outcome,
    currency: str,
    locale: str = "en",
    *,
    reader: Literal["client", "coach"] = "client",
    is_payer: bool = True,
    in_hand: bool = False,
    noun: Noun | None = None,
) -> tuple[str, ...]:
    """What the press would do, as sentences to stand above the button: units, then money.

    Who does not pay reads no amount. `in_hand`: it was paid in cash or by transfer.
    `noun` is what the pack counts, where that is known.
    """
    if outcome.kind == "used":
        return (f"The {called.session} counts as used: nothing goes back.",)
    whose = "your" if reader == "client" else f"the {called.client}’s"
    written = []
    if outcome.units_back:
        written.append(_units_go_back(outcome.units_back, f"{whose} {outcome.back_to}", noun))
    if outcome.money_back_minor:
        amount = format_money(outcome.money_back_minor, currency, locale)
        shown = amount if is_payer or reader == "coach" else ""
        written.append(_given_back(shown, reader) if in_hand else _money_goes_back(shown, whose))
    return tuple(written) or ("Nothing was paid, so nothing goes back.",)


def free_cancel_until(policy: Policy, starts_at: datetime) -> datetime:
    """The last moment, in UTC, at which cancelling is free. The window is elapsed time."""
    return starts_at.astimezone(UTC) - timedelta(hours=policy.window_hours)


def deadline_in_words(
    policy: Policy, starts_at: datetime, *, tz: str, now: datetime, locale: str = "en"
) -> str:
    """The rule as one sentence with the deadline as wall time: "Free to cancel until Tuesday …, 17:00."."""
    deadline = free_cancel_until(policy, starts_at)
    when = wall_time(deadline, tz, locale)
    if now <= deadline:
        return f"Free to cancel until {when}."
    return f"Free cancelling ended {when}."


def _outcome(verdict: _Verdict, facts: Facts, free_until: datetime) -> Outcome:
    goes_back = verdict.kind != "used"
    by_unit = facts.pays_with in OF_UNITS
    return Outcome(
        kind=verdict.kind,
        units_back=facts.units if goes_back and by_unit else 0,
        money_back_minor=facts.paid_minor if goes_back else 0,
        rule=verdict.rule,
        reason=verdict.reason,
        free_until=free_until,
        back_to=facts.pays_with if by_unit else "pack",
    )


def _waived(verdict: _Verdict, facts: Facts) -> _Verdict:
    """The coach's reason itself stays out of the sentence: it is a person's text, and kept apart."""
    if verdict.kind == "returned" or not facts.waived_because.strip():
        return verdict
    reason = f"{verdict.reason} The coach waived the rule, so everything is returned."
    return _Verdict("waived", f"waived:{verdict.rule}", reason)


def _rule_for(cause: str) -> Callable[[Policy, Facts], _Verdict]:
    try:
        return _RULES[cause]
    except KeyError:
        raise UnknownCause(f"No rule says what {cause!r} means for what was paid.") from None


def _by_window(policy: Policy, facts: Facts) -> _Verdict:
    rule = f"window:{policy.window_hours}"
    if facts.at <= free_cancel_until(policy, facts.starts_at):
        return _Verdict("returned", rule, f"Cancelled in time ({_window_in_words(policy)}).")
    return _Verdict("used", rule, f"{_how_late(facts)} ({_window_in_words(policy)}).")


def _by_coach(policy: Policy, facts: Facts) -> _Verdict:
    return _Verdict("returned", "coach_cancels", "The coach cancelled, so everything is returned.")


def _by_weather(policy: Policy, facts: Facts) -> _Verdict:
    return _Verdict(
        "returned", "weather", "Called off for weather or a closed venue, so everything is returned."
    )


def _by_declined_move(policy: Policy, facts: Facts) -> _Verdict:
    if facts.at < facts.starts_at:
        return _Verdict("returned", "declined_move", "The new time was declined, so everything is returned.")
    return _Verdict(
        "used", "declined_move", "The new time was declined after the start (the rule is: before it)."
    )


def _by_no_show(policy: Policy, facts: Facts) -> _Verdict:
    return _Verdict("used", "no_show", f"Nobody came, and a missed {called.session} counts as used.")


_RULES: Final[Mapping[str, Callable[[Policy, Facts], _Verdict]]] = {
    "client": _by_window,
    # The coach's word for it, given after the start. Before the deadline nothing is late, whoever says so.
    "late": _by_window,
    "coach": _by_coach,
    "weather": _by_weather,
    "declined_move": _by_declined_move,
    "no_show": _by_no_show,
}


def _window_in_words(policy: Policy) -> str:
    if not policy.window_hours:
        return "the rule is: until the start"
    return f"the rule is {duration(policy.window_hours * 60)}"


def _how_late(facts: Facts) -> str:
    left = facts.starts_at.astimezone(UTC) - facts.at.astimezone(UTC)
    if left <= timedelta():
        return "Cancelled too late" if facts.cause == "late" else "Cancelled after the start"
    minutes = left // timedelta(minutes=1)
    return f"Cancelled {duration(minutes) if minutes else 'less than a minute'} before the start"


def _units_go_back(units: int, whither: str, noun: Noun | None) -> str:
    counted = (noun or (SESSIONS if units == 1 else UNITS)).count(units)
    return f"{counted} {'goes' if units == 1 else 'go'} back to {whither}."


def _given_back(amount: str, reader: str) -> str:
    if reader == "coach":
        return f"{amount} was paid by hand and is yours to give back: it is listed under Owed until you have."
    return f"{amount or 'What was paid'} comes back from your coach by hand, as it was paid."


def _money_goes_back(amount: str, whose: str) -> str:
    if not amount:
        return "What was paid goes back to the card it was paid with, usually within 5 to 10 days."
    return f"{amount} goes back to {whose} card, usually within 5 to 10 days."
