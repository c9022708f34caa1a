"""Mails about a session that is confirmed."""

from fees.accounts import terms
from tenants.billing.models import PaymentAttempt
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import Story, invitation
from tenants.messaging.wording import card_in_words, one_line
from tenants.scheduling.cancellation import Policy, deadline_in_words
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Funding

GONE = "The session was cancelled before the mail could be sent."


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """What was bought, when and where it is, and until when it can be given back."""
    _still_true(story)
    tz = story.client_zone
    return Letter(
        subject=f"Confirmed: {story.what}, {story.brief(tz)}",
        fact=f"Confirmed: {story.what} with {story.coach}, {story.brief(tz)}.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            story.where_fact(),
            *_paid_by_client(story),
        ),
        paragraphs=(_deadline(story, tz), "The calendar file with this mail adds it to your calendar."),
        action=Link("See your booking", story.booking_url),
        why=f"You get this because you booked a session with {story.coach}.",
        invitation=invitation(story, "REQUEST", for_client=True, organizer_email=organizer_email),
        reply_to=story.practice.contact_email,
    )


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """Who comes when, what was paid, and what the platform takes of it."""
    _still_true(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"New booking: {who}, {story.what}, {story.brief(tz)}",
        fact=f"{who} booked {story.what} for {story.brief(tz)}.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.client_zone, whose=who),
            story.where_fact(),
            *_contact(story),
            *_earned(story),
            *_message(story),
        ),
        action=Link("Open the booking", story.dashboard_url),
        why="You get this because a client booked a session with you.",
        invitation=invitation(story, "PUBLISH", for_client=False, organizer_email=organizer_email),
        reply_to=story.client.email,
    )


def _still_true(story: Story) -> None:
    if not story.stands:
        raise Outdated(GONE)


def _paid_by_client(story: Story) -> tuple[Fact, ...]:
    attempt = story.paid_by
    if attempt is None:
        return (Fact("Price", _unpaid(story)),)
    paid = f"{story.money(attempt.captured_minor)} by {card_in_words(attempt.card)}"
    receipt = address_of(story.booking, "receipt")
    return (Fact("Paid", paid), Fact("Receipt", "Open the receipt", href=receipt))


def _unpaid(story: Story) -> str:
    return "Free" if story.booking.funding == Funding.FREE else "Nothing to pay"


def _deadline(story: Story, tz: str) -> str:
    if story.paid_by is None:
        return f"If you cannot come, please tell {story.coach} early."
    policy = Policy(story.booking.agreed["cancel_window_hours"])
    return deadline_in_words(policy, story.session.starts_at, tz=tz, now=story.now, locale=story.locale)


def _contact(story: Story) -> tuple[Fact, ...]:
    email, phone = story.client.email, one_line(story.client.phone)
    return (Fact("E-mail", email), *((Fact("Phone", phone),) if phone else ()))


def _earned(story: Story) -> tuple[Fact, ...]:
    attempt = story.paid_by
    if attempt is None:
        return (Fact("Price", _unpaid(story)),)
    paid = f"{story.money(attempt.captured_minor)} by card"
    return (Fact("Paid", paid), Fact("Platform fee", _fee(story, attempt)))


def _fee(story: Story, attempt: PaymentAttempt) -> str:
    if not attempt.free_numbers:
        return story.money(attempt.fee_minor or 0)
    total = terms(schema_name=story.schema_name).free_units
    return f"None, as it is free session {attempt.free_numbers[0]} of {total}"


def _message(story: Story) -> tuple[Fact, ...]:
    message = story.booking.message.strip()
    return (Fact("Message", message),) if message else ()
