"""What the coach writes to a client with an agreement: the mail's subject and words, with merge fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from kit.actors import Actor
from tenants.activity import events
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.paperwork.merge_fields import filled_plain, refuse_broken

SUBJECT: Final = "Our agreement, {{client_first_name}}"
BODY: Final = """\
Dear {{client_first_name}},

here is what we would agree on. Read it in your own time, and accept it on its page if it is right for you.

If anything should be different, answer this mail.

{{coach_name}}"""


@dataclass(frozen=True, slots=True)
class MailWords:
    subject: str
    body: str

    def filled(self, values: Mapping[str, str], *, hides_prices: bool = False) -> tuple[str, list[str]]:
        """The subject in one line, and the body's lines, for one reader."""
        subject = filled_plain(self.subject, values, hides_prices=hides_prices)
        body = filled_plain(self.body, values, hides_prices=hides_prices)
        return " ".join(subject.split()), [line.strip() for line in body.splitlines() if line.strip()]


def words_of(here: Practice) -> MailWords:
    """The coach's own words; until there are any, some to begin with."""
    return MailWords(here.proposal_mail.get("subject") or SUBJECT, here.proposal_mail.get("body") or BODY)


def save(*, subject: str, body: str, now: datetime, actor: Actor) -> None:
    """Use case of the coach: for mails from now on. Raises `merge_fields.BrokenFields`."""
    written = {"subject": " ".join(subject.split()), "body": "\n".join(body.splitlines()).strip()}
    for text in written.values():
        refuse_broken(text)
    with transaction.atomic(durable=True):
        if Practice.objects.exclude(proposal_mail=written).update(proposal_mail=written):
            events.record(kind="proposal_mail.changed", subject_id=practice().pk, actor=actor, now=now)
