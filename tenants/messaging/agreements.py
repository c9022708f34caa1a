"""Mails about agreements: the link to one, the copy of what was accepted, and that one was declined."""

from dataclasses import dataclass
from datetime import datetime

from kit.database import current_schema
from kit.words import wall_time
from tenants.activity.models import Event
from tenants.clients import relations
from tenants.messaging.letters import Attachment, Fact, Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.paperwork import certificate
from tenants.paperwork.accepting import DECLINED_WORDS
from tenants.paperwork.giving import always_known
from tenants.paperwork.links import address_of
from tenants.paperwork.mail_words import words_of
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus
from tenants.registry.pages import dashboard_address


@dataclass(frozen=True)
class PaperStory:
    """A client's agreement as it stands when the mail is written."""

    given: ClientPaper
    practice: Practice
    coach: str

    @property
    def what(self) -> str:
        return one_line(self.given.paper.name)

    @property
    def who(self) -> str:
        return one_line(self.given.client.name)

    @property
    def acceptance(self) -> Acceptance:
        accepted = certificate.accepted_of(self.given)
        assert accepted is not None
        return accepted

    @property
    def dashboard_page(self) -> str:
        return f"{dashboard_address(current_schema())}offers/agreements/given/{self.given.pk}/"

    @property
    def address(self) -> str:
        """Where the client's mail goes. Raises Outdated where it goes nowhere."""
        if address := relations.mail_address_of(self.given.client):
            return address
        raise Outdated(f"{self.who} has no e-mail address, and nobody reads mail for them.")

    def copy(self) -> tuple[Attachment, ...]:
        """The text with its certificate."""
        content = certificate.as_document(self.given, coach=self.coach, here=self.practice)
        return (Attachment(certificate.file_name(self.given), "application/pdf", content),)

    def facts(self) -> tuple[Fact, ...]:
        accepted = self.acceptance
        return (
            Fact("Agreement", f"{self.what}, version {accepted.paper_version}"),
            Fact("Accepted by", one_line(accepted.name)),
            Fact("When", wall_time(accepted.at, self.practice.timezone, self.practice.locale)),
        )


def paper_story_of(event: Event) -> PaperStory:
    """The paper that an event is about."""
    rows = ClientPaper.objects.select_related("paper", "client", "acceptance")
    return PaperStory(rows.get(pk=event.subject_id), practice(), coach_name())


def sent(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link, in the coach's own words."""
    story = paper_story_of(event)
    require_open(story)
    values = always_known(story.given.client, at=now)
    subject, lines = words_of(story.practice).filled(values, hides_prices=story.given.hides_prices)
    letter = Letter(
        subject=one_line(subject),
        fact=f"{story.coach} sends you “{story.what}” to read and to accept.",
        paragraphs=tuple(one_line(line) for line in lines),
        action=Link("Read it", address_of(story.given)),
        why=f"You get this because {story.coach} sent you this agreement. The link is for you alone.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address


def reminded(event: Event, now: datetime) -> tuple[Letter, str]:
    """The link once more, because the coach pressed for it."""
    story = paper_story_of(event)
    require_open(story)
    letter = Letter(
        subject=f"Still open: {story.what}",
        fact=f"{story.coach} waits for your answer to “{story.what}”.",
        paragraphs=("Accept it on its page, or decline it there and say what should be different.",),
        action=Link("Read it", address_of(story.given)),
        why=f"You get this because {story.coach} asked for your answer once more.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address


def accepted_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """What was agreed to, to keep."""
    story = paper_story_of(event)
    letter = Letter(
        subject=f"Your copy: {story.what}",
        fact=f"You have accepted “{story.what}” of {story.coach}. Your copy is attached.",
        facts=story.facts(),
        paragraphs=(
            "The copy has the text word for word, and a certificate of who accepted it, when and from where.",
        ),
        action=Link("Read it again", address_of(story.given)),
        why="You get this because it was accepted in your name. If that was not you, answer this mail.",
        reply_to=story.practice.contact_email,
        attachments=story.copy(),
    )
    return letter, story.address


def accepted_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """The coach's copy."""
    story = paper_story_of(event)
    letter = Letter(
        subject=f"{story.who} has accepted {story.what}",
        fact=f"{story.who} has accepted “{story.what}”. Your copy is attached.",
        facts=story.facts(),
        action=Link("See the agreement", story.dashboard_page),
        why=f"You get this because {called.a_client} accepted an agreement of yours.",
        reply_to=story.given.client.email,
        attachments=story.copy(),
    )
    return letter, ""


def declined_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it was declined, and what the client wrote."""
    story = paper_story_of(event)
    said = story.given.answers.get(DECLINED_WORDS, "")
    letter = Letter(
        subject=f"{story.who} has declined {story.what}",
        fact=f"{story.who} does not agree to “{story.what}”.",
        paragraphs=(f"They wrote: “{one_line(said)}”" if said else "They wrote no reason.",),
        action=Link("See the agreement", story.dashboard_page),
        why=f"You get this because {called.a_client} declined an agreement of yours. Nothing was agreed to.",
        reply_to=story.given.client.email,
    )
    return letter, ""


def require_open(story: PaperStory) -> None:
    """Raises Outdated where it is done, declined or withdrawn."""
    if story.given.status != ClientPaperStatus.OPEN:
        raise Outdated(f"It is {story.given.status} by now.")
