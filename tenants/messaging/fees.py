"""What the platform keeps of a payment, as coaches read it."""

from typing import Protocol

from fees.accounts import terms
from kit.database import current_schema
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.billing.order_fees import cap_that_bites
from tenants.messaging.letters import Fact
from tenants.offers.vocabulary import called


class Paid(Protocol):
    """The story of something that may be paid for, whatever it is."""

    @property
    def event(self) -> Event: ...
    @property
    def paid_by(self) -> PaymentAttempt | None: ...
    def money(self, minor: int) -> str: ...
    def card(self) -> str: ...


def fee_facts(story: Paid, *, whose: str = "its") -> tuple[Fact, ...]:
    """The fee, and how many of `whose` sessions were free of it; nothing where nothing was paid."""
    paid = story.paid_by
    if paid is None:
        return ()
    fee, free = paid.fee_minor or 0, len(paid.free_numbers)
    if not free:
        return (Fact("Platform fee", story.money(fee)),)
    total = terms(schema_name=current_schema()).free_units
    of_it = f"{free} of {whose} {called.sessions} {'is' if free == 1 else 'are'} among your {total} free ones"
    cap_minor = cap_that_bites(paid.charge)
    if cap_minor is not None:
        of_it += f", {'' if free == 1 else 'each '}up to {story.money(cap_minor)}"
    return (Fact("Platform fee", f"{story.money(fee)}: {of_it}" if fee else f"None: {of_it}"),)
