"""The mail that a coach's archive can be had."""

from datetime import datetime

from kit.database import current_schema
from tenants.activity.models import Event
from tenants.messaging.letters import Letter, Link
from tenants.registry.pages import dashboard_address


def ready(event: Event, now: datetime) -> tuple[Letter, str]:
    """Where it is, for how long, and what to mind: the mail itself opens nothing."""
    letter = Letter(
        subject="Your archive is ready",
        fact="Everything that is in your practice is in one archive now.",
        paragraphs=(
            "You can save it for seven days, after your password was asked for once more.",
            "It holds the names, addresses and notes of all clients. Keep it where nobody else can read it.",
        ),
        action=Link("Save the archive", f"{dashboard_address(current_schema())}settings/take-out/"),
        why="You get this because an archive of your practice was asked for.",
    )
    return letter, ""
