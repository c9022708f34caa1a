"""The mails of sequences: in the coach's own words, as they are when the mail is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kit.database import current_schema
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.clients.portal_links import portal_address
from tenants.messaging import sequence_subjects, unsubscribing
from tenants.messaging.letters import Letter, Outdated
from tenants.messaging.models import Sequence, SequenceRun
from tenants.messaging.sequence_fields import filled
from tenants.messaging.sequences import step_of
from tenants.messaging.story import coach_name
from tenants.messaging.wording import one_line
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.pages import coach_address

EXAMPLE: Final = {"client_first_name": "Alex", "product": "what was bought"}


def step_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """One mail of a run. Raises Outdated where nothing of it is wanted any more."""
    del now
    rows = SequenceRun.objects.select_related("sequence", "client").filter(pk=event.subject_id)
    run = rows.first()
    if run is None or run.client.erased_at or run.client.archived_at:
        raise Outdated("Whom it was for is not in your lists any more.")
    step = _wanted(run, event)
    began = Event.objects.get(pk=run.event_id)
    values = {
        **_everywhere(),
        "client_first_name": _first_name(run.client),
        "product": sequence_subjects.name_of(began),
    }
    link = unsubscribing.address_of(run.client_id)
    letter = _letter(
        step,
        values,
        why=f"You get this from {coach_name()}, as one of a few mails that follow what you bought, booked or "
        f"agreed to. Without them you still get all that is about your {called.sessions} and payments.",
        unsubscribe=link,
    )
    return letter, run.client.email


def test_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """The same with examples in the place of a client's own words."""
    del now
    sequence = Sequence.objects.get(pk=event.subject_id)
    step = step_of(sequence, event.data["step"])
    if step is None:
        raise Outdated("The mail was removed before the test was sent.")
    letter = _letter(
        step,
        {**_everywhere(), **EXAMPLE},
        why=f"You get this because you asked for a test of “{one_line(sequence.name)}”. "
        f"{called.Clients} also get a "
        "link with which they unsubscribe.",
    )
    return letter, ""


def _wanted(run: SequenceRun, event: Event) -> Mapping[str, Any]:
    step = step_of(run.sequence, event.data["step"])
    if step is None:
        raise Outdated("The mail was removed from its sequence before it was sent.")
    if not run.sequence.is_active:
        raise Outdated("The sequence was switched off before it was sent.")
    if run.stopped_at:
        raise Outdated("The sequence was stopped for this client before it was sent.")
    if unsubscribing.is_unsubscribed(run.client_id):
        raise Outdated("The client has unsubscribed.")
    return step


def _letter(step: Mapping[str, Any], values: Mapping[str, str], *, why: str, unsubscribe: str = "") -> Letter:
    """The first paragraph is what a mail begins with; the layout sets it larger than the others."""
    first, *others = filled(step["body"], values).split("\n\n")
    return Letter(
        subject=one_line(filled(step["subject"], values)),
        fact=" ".join(first.split()),
        paragraphs=tuple(others),
        why=why,
        reply_to=practice().contact_email,
        unsubscribe=unsubscribe,
    )


def _everywhere() -> dict[str, str]:
    return {
        "coach_name": coach_name(),
        "portal_link": portal_address(),
        "book_link": f"{coach_address(current_schema())}/",
    }


def _first_name(client: Client) -> str:
    return next(iter(client.name.split()), "")
