"""The mail that lets a client into their own pages: six digits, and a link that does the same."""

from datetime import datetime

from tenants.activity.models import Event
from tenants.clients import sign_in
from tenants.clients.models import SignIn
from tenants.clients.portal_links import enter_address
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.offers.practice import practice


def code_asked(event: Event, now: datetime) -> tuple[Letter, str]:
    """The code and the link, to the address that the client has on record."""
    asked = SignIn.objects.select_related("client").filter(pk=event.subject_id).first()
    if asked is None or asked.expires_at <= now:
        raise Outdated("The code was used, or is too old.")
    coach, code = coach_name(), sign_in.code_of(asked.pk)
    shown = f"{code[:3]} {code[3:]}"
    letter = Letter(
        subject=f"{shown} is your code for {coach}",
        fact=f"Your code for your own pages with {coach} is {shown}.",
        paragraphs=(
            "Type it where you asked for it, or press the button below. Either works once, for 15 minutes.",
            f"Nobody at {coach} or at Upfront will ever ask you for it.",
        ),
        action=Link("Open my pages", enter_address(asked.pk)),
        why=f"You get this because somebody typed your address to sign in with {coach}. If it was not you, "
        "do nothing: without this mail nobody gets in.",
        reply_to=practice().contact_email,
    )
    return letter, asked.client.email
