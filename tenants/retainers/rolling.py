"""What becomes of sessions that a period leaves over. A pure rule."""

from dataclasses import dataclass

from tenants.retainers.models import RollOver

BLAMELESS = frozenset({"coach", "weather", "declined_move", "closure"})
"""Why a session does not take place without the client's doing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A retainer's roll-over: none, at most `cap`, or all."""

    rollover: str
    cap: int = 0

    @property
    def code(self) -> str:
        return f"rollover:{self.cap}" if self.rollover == RollOver.CAPPED else f"rollover:{self.rollover}"


@dataclass(frozen=True, slots=True)
class Rolls:
    """What goes on to the next period: by the rule, and `blameless`, whatever the rule; the rest lapses."""

    by_rule: int
    blameless: int
    lapses: int

    @property
    def goes_on(self) -> int:
        return self.by_rule + self.blameless


def rolls(rule: Rule, *, left: int, blameless: int = 0, gone_before: int = 0) -> Rolls:
    """What `left` sessions of a period that is over come to.

    `blameless` of them came back because the coach or the weather called a session off: they go on in any
    case, for the client could not use them. `gone_before` went on by the rule when the period ended.
    """
    kept = min(left, max(blameless, 0))
    rest = left - kept
    allowed = {
        RollOver.NONE: 0,
        RollOver.CAPPED: max(rule.cap - gone_before, 0),
        RollOver.ALL: rest,
    }[RollOver(rule.rollover)]
    by_rule = min(rest, allowed)
    return Rolls(by_rule, kept, rest - by_rule)
