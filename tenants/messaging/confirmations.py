"""Mails about a session that is confirmed."""

from fees.accounts import terms
from tenants.billing.order_fees import cap_that_bites
from tenants.messaging import deposits, received
from tenants.messaging.balances import balance_lines
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.models import Audience
from tenants.messaging.story import BOOKING, Story, invitation
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called, later
from tenants.scheduling.cancellation import Policy, deadline_in_words, free_cancel_until
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Funding

WHY_CLIENT_BOOKED = later("You get this because {a_client} booked {a_session} with you.")
WHY_COACH_BOOKED = later("You get this because you booked {a_session} for {a_client}.")
GONE = "The session was cancelled before the mail could be sent."


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """What was bought, when and where it is, and until when it can be given back."""
    _still_true(story)
    tz = story.client_zone
    return Letter(
        subject=f"Confirmed: {story.what}, {story.brief(tz)}",
        fact=_news_to_client(story, tz),
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            story.where_fact(),
            *paid_by_client(story),
        ),
        balance=balance(story, Audience.CLIENT, tz),
        paragraphs=(*deadline(story, tz), "The calendar file with this mail adds it to your calendar."),
        action=Link("See your booking", story.booking_url),
        why=_why(story),
        invitation=invitation(story, "REQUEST", for_client=True, organizer_email=organizer_email),
        reply_to=story.practice.contact_email,
    )


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """Who comes when, what was paid, and what the platform takes of it."""
    _still_true(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"New booking: {who}, {story.what}, {story.brief(tz)}",
        fact=_news(story, who, tz),
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.client_zone, whose=who),
            story.where_fact(),
            *contact(story),
            *_earned(story),
            *_message(story),
        ),
        balance=balance(story, Audience.COACH, tz),
        action=Link("Open the booking", story.dashboard_url),
        why=WHY_COACH_BOOKED if _by_coach(story) else WHY_CLIENT_BOOKED,
        invitation=invitation(story, "PUBLISH", for_client=False, organizer_email=organizer_email),
        reply_to=story.client.email,
    )


def _still_true(story: Story) -> None:
    if not story.stands:
        raise Outdated(GONE)


def _why(story: Story) -> str:
    if _by_coach(story):
        return f"You get this because {story.coach} booked {called.a_session} for you."
    return f"You get this because you booked {called.a_session} with {story.coach}."


def _news_to_client(story: Story, tz: str) -> str:
    if story.booking.accepted_at:
        return f"{story.coach} accepted: {story.what}, {story.brief(tz)}, is confirmed."
    return f"Confirmed: {story.what} with {story.coach}, {story.brief(tz)}."


def _news(story: Story, who: str, tz: str) -> str:
    if story.booking.accepted_at:
        return f"You accepted {who}: {story.what} on {story.brief(tz)} is confirmed."
    if _by_coach(story):
        return f"You booked {story.what} with {who} for {story.brief(tz)}."
    return f"{who} booked {story.what} for {story.brief(tz)}."


def _by_coach(story: Story) -> bool:
    return story.event.actor_kind == "coach" and story.booking.accepted_at is None


# --- what pays for it -------------------------------------------------------------------------------


def paid_by_client(story: Story) -> tuple[Fact, ...]:
    """What pays for the session, as its client reads it: amounts are of what they paid themselves."""
    return (
        *_price_facts(story),
        *_card_facts(story, story.card()),
        *deposits.rest_facts(story, to_client=True),
        *_papers(story),
    )


def _price_facts(story: Story) -> tuple[Fact, ...]:
    """What pays for the session, then what was chosen beside it."""
    if story.by_unit:
        return (Fact(called.Session, story.units(story.booking.pack_units)), *story.extra_facts())
    if (by_hand := received.price_facts(story)) is not None:
        return by_hand
    if story.paid_by is None:
        return (Fact("Price", _unpaid(story)),)
    extras = story.extra_facts()
    if not extras and not story.booking.agreed.get("deposit"):
        return ()
    return (Fact(called.Session, story.money(story.booking.price_minor)), *extras)


def _card_facts(story: Story, card: str) -> tuple[Fact, ...]:
    paid = story.paid_by
    if paid is None or not story.paid_minor:
        return ()
    together = "" if paid.charge.purpose == BOOKING else ", in one payment with the pack"
    return (Fact("Paid", f"{story.money(story.paid_minor)} by {card}{together}"),)


def _papers(story: Story) -> tuple[Fact, ...]:
    paid = story.paid_by
    receipt = paid is not None and paid.charge.purpose == BOOKING
    facts = []
    if receipt:
        facts.append(Fact("Receipt", "Open the receipt", href=address_of(story.booking, "receipt")))
    return (*facts, *story.unit_facts())


def _unpaid(story: Story) -> str:
    return "Free" if story.booking.funding == Funding.FREE else "Nothing to pay"


def balance(story: Story, audience: Audience, tz: str) -> tuple[str, ...]:
    """The pack after this booking, in the words of the page; with the deadline for whoever may cancel."""
    if story.pack is None:
        return story.retainer_balance(audience)
    until = free_cancel_until(_policy(story), story.session.starts_at)
    return balance_lines(
        story.pack,
        audience=audience,
        tz=tz,
        locale=story.locale,
        now=story.now,
        this_booking=story.booking.pk,
        cancel_until=until if audience == Audience.CLIENT else None,
    )


def deadline(story: Story, tz: str) -> tuple[str, ...]:
    """By the rule that the booking was sold under; the balance of a pack says it already."""
    return () if story.pack else (how_to_cancel(story, tz),)


def how_to_cancel(story: Story, tz: str) -> str:
    """Until when it is free; of what nobody paid for, that a word is kind."""
    paid = story.paid_by or story.booking.funding in (Funding.PACK, Funding.RETAINER, Funding.RECEIVED)
    if not paid:
        return f"If you cannot come, please tell {story.coach} early."
    starts_at = story.session.starts_at
    return deadline_in_words(_policy(story), starts_at, tz=tz, now=story.now, locale=story.locale)


def _policy(story: Story) -> Policy:
    return Policy(story.booking.agreed["cancel_window_hours"])


def contact(story: Story) -> tuple[Fact, ...]:
    email, phone = story.client.email, one_line(story.client.phone)
    return (Fact("E-mail", email), *((Fact("Phone", phone),) if phone else ()))


def _earned(story: Story) -> tuple[Fact, ...]:
    attempt = story.paid_by
    rest = deposits.rest_facts(story, to_client=False)
    facts = (*_price_facts(story), *_card_facts(story, "card"), *rest)
    # The fee of a pack that was bought along with it stands in the mail about the pack.
    if attempt is None or attempt.charge.purpose != BOOKING:
        return facts
    return (*facts, Fact("Platform fee", _fee(story)))


def _fee(story: Story) -> str:
    numbers = [number for each in story.payments for number in each.free_numbers]
    if not numbers:
        return story.money(sum(each.fee_minor or 0 for each in story.payments))
    total = terms(schema_name=story.schema_name).free_units
    which = f"it is free {called.session} {numbers[0]} of {total}"
    cap_minor = cap_that_bites(story.payments[0].charge)
    if cap_minor is None:
        return f"None, as {which}"
    fee_minor = sum(each.fee_minor or 0 for each in story.payments)
    fee = story.money(fee_minor) if fee_minor else "None so far"
    return f"{fee}: {which}, up to {story.money(cap_minor)}"


def _message(story: Story) -> tuple[Fact, ...]:
    message = story.booking.message.strip()
    return (Fact("Message", message),) if message else ()
