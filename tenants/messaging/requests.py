"""Mails about a session that was asked for and waits for the coach's answer."""

from kit.words import wall_time
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import Story
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called
from tenants.scheduling.models import BookingStatus

PENDING_AT_THE_BANK = (
    "Nothing is taken before that. Your bank may show {amount} as pending for up to 7 days; with a debit "
    "card the money may not be available meanwhile."
)


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """What was asked for, until when there is an answer, and that nothing was taken yet."""
    del organizer_email
    _still_waits(story)
    tz = story.client_zone
    return Letter(
        subject=f"Asked: {story.what}, {story.brief(tz)}",
        fact=f"You asked {story.coach} for {story.what}, {story.brief(tz)}. It is not booked yet.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            story.where_fact(),
            *story.extra_facts(),
            Fact("Answer by", _answer_by(story, tz)),
        ),
        paragraphs=(_what_happens(story), *_at_the_bank(story)),
        action=Link("See or withdraw your request", story.booking_url),
        why=f"You get this because you asked {story.coach} for {called.a_session}.",
        reply_to=story.practice.contact_email,
    )


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """Who asks, for when, and until when it can be accepted."""
    del organizer_email
    _still_waits(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"Request: {who}, {story.what}, {story.brief(tz)}",
        fact=f"{who} asks for {story.what}, {story.brief(tz)}. Please answer by {_answer_by(story, tz)}.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.client_zone, whose=who),
            story.where_fact(),
            *story.extra_facts(),
            *_contact(story),
        ),
        paragraphs=(_until_you_answer(story),),
        action=Link("Accept or decline", story.dashboard_url),
        why=f"You get this because you decide yourself about requests for this kind of {called.session}.",
        reply_to=story.client.email,
    )


def _still_waits(story: Story) -> None:
    if story.booking.status != BookingStatus.REQUESTED or story.booking.accepted_at:
        raise Outdated("The request was answered or let go before the mail could be sent.")


def _answer_by(story: Story, tz: str) -> str:
    assert story.booking.answer_by is not None
    return wall_time(story.booking.answer_by, tz, story.locale)


def _what_happens(story: Story) -> str:
    ends = "Without an answer by then the request ends by itself."
    if story.by_unit and not _promised(story):
        return f"When {story.coach} accepts, {story.units(story.booking.pack_units)} pays for it. {ends}"
    return f"You get a mail as soon as {story.coach} has answered. {ends}"


def _at_the_bank(story: Story) -> tuple[str, ...]:
    """What the bank has promised, for those who gave a card; of everybody else no word about money."""
    promised = _promised(story)
    if promised is None:
        return ()
    return (PENDING_AT_THE_BANK.format(amount=story.money(promised.amount_minor)),)


def _promised(story: Story) -> PaymentAttempt | None:
    return next((each for each in story.attempts if each.status == AttemptStatus.OPEN), None)


def _until_you_answer(story: Story) -> str:
    ends = "Without your answer the request ends by itself then, and the time is free again."
    promised = _promised(story)
    if promised:
        amount = story.money(promised.amount_minor)
        return f"{amount} is set aside on the {called.client}’s card and is taken when you accept. {ends}"
    if story.by_unit:
        return f"{story.units(story.booking.pack_units)} pays for it when you accept. {ends}"
    return ends


def _contact(story: Story) -> tuple[Fact, ...]:
    phone, message = one_line(story.client.phone), story.booking.message.strip()
    return (
        Fact("E-mail", story.client.email),
        *((Fact("Phone", phone),) if phone else ()),
        *((Fact("Message", message),) if message else ()),
    )
