"""Mails of a coach of the demo that follow a purchase by themselves."""

from datetime import datetime

from demo.world import Sequel
from kit.actors import SYSTEM
from tenants.messaging import sequences


def write(sequel: Sequel, *, now: datetime) -> None:
    """Write the mails and switch them on, by the use cases, inside the coach's tenant."""
    steps = [
        {"after_hours": hours, "subject": subject, "body": body} for hours, subject, body in sequel.mails
    ]
    made = sequences.make(name=sequel.name, starts_on=sequel.starts_on, steps=steps, now=now, actor=SYSTEM)
    sequences.switch(sequence_id=made.pk, on=True, now=now, actor=SYSTEM)
