"""The mail to a coach whose own domain does not lead to their pages any more."""

from datetime import datetime
from uuid import UUID

from kit.database import current_schema
from tenants.activity.models import Event
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.registry import domains
from tenants.registry.addresses import host_for
from tenants.registry.domain_names import shown
from tenants.registry.models import Domain
from tenants.registry.pages import dashboard_address


def failing(event: Event, now: datetime) -> tuple[Letter, str]:
    """Seen at the first look that fails; when it leads here again by then, nothing is said."""
    domain = _failing(event.data["domain"])
    name, ours = shown(domain.domain), host_for(domain.tenant.slug)
    letter = Letter(
        subject=f"{name} does not lead to your pages any more",
        fact=f"Clients who open {name} may not reach you.",
        facts=(Fact("What we found", domain.problem), Fact("Your address from us", ours)),
        paragraphs=(
            f"If that lasts for three days, your pages and the links in all mails go back to {ours}, so that "
            "no link leads into nothing. What is booked stays booked.",
            "Most often a record was changed where you bought the domain, or the domain has run out. When it "
            "leads here again, you need not do anything else: we look every day.",
        ),
        action=Link("See the two records", f"{dashboard_address(current_schema())}settings/address/"),
        why=f"You get this because you have brought {name} as an address of your pages.",
    )
    return letter, ""


def _failing(name: str) -> Domain:
    for domain in domains.of_tenant(UUID(current_schema().removeprefix("t_"))):
        if domain.domain == name and domain.failing_since:
            return domain
    raise Outdated("It leads here again, or is given back, or is a claim again.")
