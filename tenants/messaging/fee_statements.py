"""The mail about a month's statement of platform fees."""

from datetime import datetime

from fees.models import FeeStatement
from kit.database import current_schema
from kit.money import format_money
from kit.words import month_in_words
from tenants.activity.models import Event
from tenants.messaging.letters import Letter, Link
from tenants.offers.practice import practice
from tenants.registry.pages import dashboard_address


def stated_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """What the platform charged and returned, and where the statement is."""
    del now
    stated, locale = FeeStatement.objects.get(pk=event.subject_id), practice().locale
    month = month_in_words(stated.month, locale)
    charged, returned, net = (
        format_money(minor, stated.currency, locale)
        for minor in (stated.charged_minor, stated.returned_minor, stated.net_minor)
    )
    came_back = f", and {returned} came back with refunds: {net} together" if stated.returned_minor else ""
    letter = Letter(
        subject=f"Your platform fees of {month}: {net}",
        fact=f"In {month} Upfront charged {charged} in fees{came_back}.",
        paragraphs=(
            f"Statement {stated.number} lists each payment, for your books. There is nothing to pay: every "
            "fee was taken from its payment.",
        ),
        action=Link("See the statement", f"{dashboard_address(current_schema())}money/fees/"),
        why="You get this once a month, where fees were charged or returned.",
    )
    return letter, ""
