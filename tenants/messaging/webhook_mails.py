"""The mail to a coach about an endpoint that takes nothing any more."""

from datetime import datetime

from kit.database import current_schema
from tenants.activity.models import Event
from tenants.integrations.models import WebhookEndpoint
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.registry.pages import dashboard_address


def switched_off(event: Event, now: datetime) -> tuple[Letter, str]:
    """That nothing is sent there any more, why, what was kept, and what to do next."""
    endpoint = WebhookEndpoint.objects.filter(pk=event.subject_id, off_at__isnull=False).first()
    if endpoint is None:
        raise Outdated("The endpoint is on again, or removed.")
    letter = Letter(
        subject="A webhook is switched off",
        fact="We send nothing to one of your programs any more, because it did not take what we sent.",
        facts=(
            Fact("Program", endpoint.name or "Without a name"),
            Fact("Address", endpoint.url),
            Fact("Why", endpoint.off_reason),
        ),
        paragraphs=(
            "Your bookings, payments and mails go on as before: only this program is not told of them.",
            "Show this to whoever looks after the program. When it works again, switch the webhook on and "
            "send again what was given up. It is kept for 30 days.",
        ),
        action=Link(
            "Look at the webhook", f"{dashboard_address(current_schema())}settings/webhooks/{endpoint.pk}/"
        ),
        why="You get this because the webhook was made in your dashboard.",
    )
    return letter, ""
