"""Which mail of which sequence was sent, for lists of mails."""

import uuid
from collections.abc import Collection

from tenants.activity.models import Event
from tenants.messaging.models import Mail, SequenceRun


def names_of(mail_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """By mail: "Mail 2 of “After a pack”"; one that left it has no number. Three queries, or none."""
    if not mail_ids:
        return {}
    mails = list(Mail.objects.filter(pk__in=mail_ids))
    events = {each.pk: each for each in Event.objects.filter(pk__in=[mail.event_id for mail in mails])}
    rows = SequenceRun.objects.select_related("sequence").filter(pk__in=[mail.subject_id for mail in mails])
    runs = {each.pk: each for each in rows}
    return {
        mail.pk: _named(runs[mail.subject_id], str(events[mail.event_id].data.get("step", "")))
        for mail in mails
        if mail.subject_id in runs and mail.event_id in events
    }


def _named(run: SequenceRun, step: str) -> str:
    steps = [str(each["id"]) for each in run.sequence.steps]
    place = f"Mail {steps.index(step) + 1}" if step in steps else "A mail"
    return f"{place} of “{run.sequence.name}”"
