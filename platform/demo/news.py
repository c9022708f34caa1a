"""What the platform's own people do in a demo: an announcement, and a question that waits for an answer."""

from datetime import datetime, timedelta

from django_tenants.utils import tenant_context

from accounts import announcements, support
from accounts.models import Announcement, SupportRequest
from kit.actors import Actor
from tenants.registry.models import Tenant

TITLE = "Payments at your own domain"
TEXT = """\
Your page can stand at a domain of your own from now on: **Settings, Address** says which entry it takes.

- Links that you sent before go on working.
- Payments, packs and papers stay as they are.
"""
QUESTION = "Can a client of mine pay half of a pack in cash, and the rest by card?"


def tell(*, operator: Actor, asked_by: Tenant, email: str, now: datetime) -> None:
    """Outside of any tenant. What is there already stays."""
    if not Announcement.objects.exists():
        days = [(now.date() + timedelta(days=10), "Questions about it are answered live at 18:00")]
        made = announcements.write(
            announcement_id=None, title=TITLE, text=TEXT, milestones=days, now=now, actor=operator
        )
        announcements.publish(announcement_id=made.pk, mails=False, now=now, actor=operator)
    if not SupportRequest.objects.exists():
        with tenant_context(asked_by):
            page = f"/coach/{asked_by.slug}/money/owed/"
            support.ask(email=email, name=asked_by.name, text=QUESTION, page=page, now=now)
