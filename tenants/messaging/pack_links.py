"""The mail to somebody who has lost the link to their packs."""

from datetime import datetime

from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.messaging.wording import one_line
from tenants.offers.practice import practice
from tenants.packs.link_requests import active_of
from tenants.packs.links import address_of
from tenants.packs.statements import Statement, statements_of


def asked(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link of each pack with what is left of it, and the address that has them."""
    client, coach = Client.objects.get(pk=event.subject_id), coach_name()
    packs = active_of(client)
    if not packs:
        raise Outdated("This address has no pack any more.")
    here = practice()
    told = statements_of(
        packs=packs, tz=here.timezone, now=now, locale=here.locale, reader="holder", reader_id=client.pk
    )
    letter = Letter(
        subject=f"The link to your pack{'' if len(told) == 1 else 's'} with {coach}",
        fact=f"Here is what you have with {coach}. Each link opens its pack, to book with it.",
        choices_title="Your packs",
        choices=tuple(_link(each) for each in told),
        paragraphs=("Whoever has a link can book with that pack, so keep it to yourself.",),
        why="You get this because somebody asked for it on the booking page. If it was not you, nothing has "
        "happened: the link went to nobody else.",
        reply_to=here.contact_email,
    )
    return letter, client.email


def _link(statement: Statement) -> Link:
    pack, headline = statement.pack, statement.balance.headline.rstrip(".")
    return Link(f"{one_line(pack.offer.name)} ({headline[:1].lower()}{headline[1:]})", address_of(pack))
