"""Mails about what the coach has given a client to fill in or to read: the link, and the link once more."""

from datetime import datetime
from typing import Final

from tenants.activity.models import Event
from tenants.messaging.agreements import PaperStory, paper_story_of, require_open
from tenants.messaging.letters import Fact, Letter, Link
from tenants.messaging.wording import one_line
from tenants.paperwork.links import address_of
from tenants.paperwork.models import PaperKind
from tenants.paperwork.packets import progress_of

# By kind: what the client does with it, in a subject, in a sentence, and on the button.
ASKS: Final = {
    PaperKind.FORM: ("Please fill in", "asks you to fill in", "Fill it in"),
    PaperKind.DOCUMENT: ("Please read", "gives you something to read:", "Read it"),
    PaperKind.PACKET: ("For you", "has put together for you:", "Open it"),
}


def handed_over(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link, and of a packet what is in it."""
    story = paper_story_of(event)
    require_open(story)
    subject, asks, press = ASKS[PaperKind(story.given.paper.kind)]
    letter = Letter(
        subject=f"{subject}: {story.what}",
        fact=f"{story.coach} {asks} “{story.what}”.",
        facts=_inside(story),
        paragraphs=("It stands on your own pages, too, until it is done.",),
        action=Link(press, address_of(story.given)),
        why=f"You get this because {story.coach} gave it to you. The link is for you alone.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address


def reminded(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link once more, because the coach pressed for it."""
    story = paper_story_of(event)
    require_open(story)
    _subject, asks, press = ASKS[PaperKind(story.given.paper.kind)]
    letter = Letter(
        subject=f"Still open: {story.what}",
        fact=f"{story.coach} {asks} “{story.what}”. It is not done yet.",
        facts=_inside(story),
        action=Link(press, address_of(story.given)),
        why=f"You get this because {story.coach} asked for it once more. The link is for you alone.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address


def _inside(story: PaperStory) -> tuple[Fact, ...]:
    """What is to be done with each thing in a packet, and what was done already."""
    if story.given.paper.kind != PaperKind.PACKET:
        return ()
    items = progress_of(story.given).items
    return tuple(Fact("Done" if each.is_done else each.to_do, one_line(each.name)) for each in items)
