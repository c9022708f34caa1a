"""Mails to the coach about the practice as a whole: suspended, closed, opened again, moved here."""

from datetime import datetime

from kit.database import current_schema
from tenants.activity.models import Event
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.registry import closing
from tenants.registry.models import Tenant, TenantStatus
from tenants.registry.pages import dashboard_address, page_address


def suspended(event: Event, now: datetime) -> tuple[Letter, str]:
    """That the pages are closed, why, and what goes on."""
    if _status() != TenantStatus.SUSPENDED:
        raise Outdated("The practice is not suspended any more.")
    letter = Letter(
        subject="Your practice is suspended",
        fact="Your pages say that you are not open now: nobody can book or buy anything.",
        facts=(Fact("Why", event.data["reason"]),),
        paragraphs=(
            "Sessions that are booked stay booked, and payments that are under way are settled. Kept cards "
            "are charged no more, and no retainer is renewed, until your practice is open again.",
            "In your dashboard you can look at everything and save it as files. Refunds can be made "
            "in Stripe.",
        ),
        action=Link("Write to us", f"{dashboard_address(current_schema())}help/"),
        why="You get this because your practice is on Upfront.",
    )
    return letter, ""


def reopened(event: Event, now: datetime) -> tuple[Letter, str]:
    """That everything is as it was before."""
    return _open_again(
        "Your pages are open again, and clients can book as before.",
        "What fell due meanwhile, such as a charge of a retainer, is made up for within a day.",
        facts=(Fact("Why", event.data["reason"]),),
    )


def closed(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it is closed, until when that can be undone, and what is kept for how long."""
    tenant = Tenant.objects.get(schema_name=current_schema())
    if tenant.status != TenantStatus.CLOSED or tenant.erase_at is None:
        raise Outdated("The practice is not closed any more.")
    until = f"{closing.readable_until(tenant):%Y-%m-%d}"
    letter = Letter(
        subject="Your practice is closed",
        fact="Your pages are closed: nobody can book or buy anything, and no card is charged.",
        facts=(
            Fact("Open it again until", until),
            Fact("Clients read their own pages until", until),
            Fact("Everything is erased from", f"{tenant.erase_at:%Y-%m-%d}"),
        ),
        paragraphs=(
            "Take everything with you while you can: an archive holds all that is in your practice. The law "
            "may ask you to keep receipts and invoices for years, and that is up to you.",
        ),
        action=Link("Take everything with you", f"{dashboard_address(current_schema())}settings/take-out/"),
        why="You get this because your practice is on Upfront.",
    )
    return letter, ""


def opened_again(event: Event, now: datetime) -> tuple[Letter, str]:
    """That nothing is closed or erased after all."""
    return _open_again(
        "Your pages are open again, and nothing is erased.",
        "Retainers that ended when you closed stay ended: offer them anew to your clients.",
    )


def arrived(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it has moved here, and what its coach has to make anew. Of the beginning nobody is told: it stands
    still for minutes, and its pages say so."""
    tenant = Tenant.objects.get(schema_name=current_schema())
    if tenant.status not in (TenantStatus.OPEN, TenantStatus.SUSPENDED):
        raise Outdated("The practice is not here, or closed.")
    letter = Letter(
        subject="Your practice has moved",
        fact="Everything that was in it is here, and your old addresses lead here for a year."
        if tenant.is_open
        else "Everything that was in it is here. It is still suspended: nobody can book or buy anything.",
        facts=(Fact("Your page", f"{page_address(tenant)}/"),),
        paragraphs=(
            "You sign in here anew, and so do your clients, at your page. Your bookings, packs, retainers "
            "and payments go on as they were.",
            "Make anew what was not taken along: keys of programs, their webhooks, and what partners may do. "
            "Prove a domain of your own again, under Settings, Address. If Today asks you to connect Stripe, "
            "do that first: until then nobody can pay by card.",
        ),
        action=Link("Go to Today", dashboard_address(current_schema())),
        why="You get this because your practice is on Upfront.",
    )
    return letter, ""


def _open_again(fact: str, paragraph: str, *, facts: tuple[Fact, ...] = ()) -> tuple[Letter, str]:
    if _status() != TenantStatus.OPEN:
        raise Outdated("The practice is not open any more.")
    letter = Letter(
        subject="Your practice is open again",
        fact=fact,
        facts=facts,
        paragraphs=(paragraph,),
        action=Link("Go to Today", dashboard_address(current_schema())),
        why="You get this because your practice is on Upfront.",
    )
    return letter, ""


def _status() -> str:
    return Tenant.objects.values_list("status", flat=True).get(schema_name=current_schema())
