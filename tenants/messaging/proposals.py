"""Mails about proposals: the link to one, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from kit.database import current_schema
from kit.money import format_money
from kit.words import wall_time
from tenants.activity.models import Event
from tenants.clients import relations
from tenants.messaging.agreements import PaperStory
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.packs.wording import SESSIONS
from tenants.paperwork.models import ClientPaper, ClientPaperStatus
from tenants.registry.pages import dashboard_address
from tenants.shop.models import Proposal, ProposalStatus
from tenants.shop.proposal_links import address_of


@dataclass(frozen=True)
class ProposalStory:
    """A proposal as it stands when the mail is written."""

    proposal: Proposal
    practice: Practice
    coach: str

    @property
    def what(self) -> str:
        return one_line(self.proposal.title)

    @property
    def who(self) -> str:
        return one_line(self.proposal.payer.name)

    @property
    def address(self) -> str:
        """Where the payer's mail goes. Raises Outdated where it goes nowhere."""
        if address := relations.mail_address_of(self.proposal.payer):
            return address
        raise Outdated(f"{self.who} has no e-mail address.")

    @property
    def dashboard_page(self) -> str:
        return f"{dashboard_address(current_schema())}offers/proposals/{self.proposal.pk}/"

    def facts(self) -> tuple[Fact, ...]:
        proposal, here = self.proposal, self.practice
        price = format_money(proposal.price_minor, proposal.currency, here.locale)
        every = [Fact("Price", price if proposal.price_minor else "Nothing to pay")]
        if proposal.units:
            every.append(Fact("Includes", SESSIONS.count(proposal.units)))
        if proposal.client_id != proposal.payer_id:
            every.append(Fact("For", one_line(proposal.client.name)))
        return tuple(every)

    def until(self) -> str:
        return wall_time(self.proposal.valid_until, self.practice.timezone, self.practice.locale)


def proposal_story_of(event: Event) -> ProposalStory:
    """The proposal that an event is about."""
    rows = Proposal.objects.select_related("payer", "client", "agreement")
    return ProposalStory(rows.get(pk=event.subject_id), practice(), coach_name())


def sent(event: Event, now: datetime) -> tuple[Letter, str]:
    """What is offered, in the coach's words, with the link to read and accept it."""
    story = proposal_story_of(event)
    if story.proposal.status != ProposalStatus.SENT:
        raise Outdated(f"It is {story.proposal.status} by now.")
    said = [one_line(line) for line in story.proposal.message.splitlines() if line.strip()]
    letter = Letter(
        subject=f"{story.what}: a proposal from {story.coach}",
        fact=f"{story.coach} proposes “{story.what}” to you.",
        facts=(*story.facts(), Fact("Open until", story.until())),
        paragraphs=(*said, "Nothing is agreed to and nothing is charged before you accept it."),
        action=Link("Read and answer", address_of(story.proposal)),
        why=f"You get this because {story.coach} made this proposal for you. The link is for you alone.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address


def accepted_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it was accepted, and what has happened by itself."""
    story = proposal_story_of(event)
    done = ["The invoice is sent."] if story.proposal.invoice_id else []
    done += [f"The {called.sessions} can be booked as soon as it is paid."] if story.proposal.pack_id else []
    done += ["The welcome packet is given."] if story.proposal.packet else []
    signed = _signed(story)
    done += ["Your copy of what was signed is attached."] if signed else []
    letter = Letter(
        subject=f"{story.who} has accepted {story.what}",
        fact=f"{story.who} has accepted your proposal “{story.what}”.",
        facts=(*story.facts(), *(signed.facts() if signed else ())),
        paragraphs=(" ".join(done),) if done else (),
        action=Link("See the proposal", story.dashboard_page),
        why=f"You get this because {called.a_client} accepted a proposal of yours.",
        reply_to=story.proposal.payer.email,
        attachments=signed.copy() if signed else (),
    )
    return letter, ""


def _signed(story: ProposalStory) -> PaperStory | None:
    """The agreement that came with it: the coach has this one mail about both."""
    if story.proposal.agreement_id is None:
        return None
    rows = ClientPaper.objects.select_related("paper", "client", "acceptance")
    given = rows.filter(pk=story.proposal.agreement_id, status=ClientPaperStatus.DONE).first()
    return PaperStory(given, story.practice, story.coach) if given else None


def declined_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it was declined. Of one with an agreement, the mail about that has said so."""
    story = proposal_story_of(event)
    if story.proposal.agreement_id:
        raise Outdated("The mail about its agreement says so.")
    letter = Letter(
        subject=f"{story.who} has declined {story.what}",
        fact=f"{story.who} does not take your proposal “{story.what}”. Nothing was charged.",
        action=Link("See the proposal", story.dashboard_page),
        why=f"You get this because {called.a_client} declined a proposal of yours.",
        reply_to=story.proposal.payer.email,
    )
    return letter, ""


def expired_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """That nobody answered in time."""
    story = proposal_story_of(event)
    letter = Letter(
        subject=f"Not answered: {story.what} for {story.who}",
        fact=f"Your proposal “{story.what}” for {story.who} ran out without an answer.",
        paragraphs=("Nothing was agreed to. You can make it again from its page.",),
        action=Link("See the proposal", story.dashboard_page),
        why="You get this because a proposal of yours ran out.",
        reply_to=story.proposal.payer.email,
    )
    return letter, ""


def withdrawn(event: Event, now: datetime) -> tuple[Letter, str]:
    """That the link leads to nothing to be accepted any more."""
    story = proposal_story_of(event)
    letter = Letter(
        subject=f"Withdrawn: {story.what}",
        fact=f"{story.coach} has withdrawn the proposal “{story.what}”. There is nothing for you to do.",
        why=f"You get this because {story.coach} had made this proposal for you.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.address
