"""A session that a retainer pays for, in the mails about the session: what it takes, what is left then."""

from datetime import datetime

from tenants.messaging.letters import Fact
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.retainers import links
from tenants.retainers.models import Retainer
from tenants.retainers.statements import statement_of
from tenants.retainers.wording import sessions


def counted(retainer: Retainer, count: int) -> str:
    """ "1 session", or units where some session takes more than one."""
    if set(retainer.covers.values()) == {1}:
        return sessions(count)
    return "1 unit" if count == 1 else f"{count} units"


def named(retainer: Retainer, count: int) -> str:
    """With its name: "1 session of Monthly coaching"."""
    return f"{counted(retainer, count)} of {one_line(retainer.plan.name)}"


def link_fact(retainer: Retainer) -> Fact:
    """To the page of whoever comes, who may not be who pays."""
    address = links.address_of(retainer, for_payer=False)
    return Fact("Your retainer", "See what is left and what comes", href=address)


def balance(
    retainer: Retainer, *, starts_at: datetime, now: datetime, practice: Practice, to_coach: bool
) -> tuple[str, ...]:
    """What is left of the period in which the session begins. No amount: who comes may not be who pays."""
    told = statement_of(retainer=retainer, now=now, sees_amounts=to_coach, practice=practice)
    line = next((each for each in told.lines if each.facts.span.holds(starts_at)), told.current)
    return (f"{one_line(retainer.plan.name)}.", line.sentence) if line else ()
