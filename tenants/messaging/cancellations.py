"""Mails about a session that was called off: what was returned by which rule, and what is next."""

from kit.words import wall_time
from tenants.messaging.balances import balance_lines
from tenants.messaging.cancelled_news import NEWS, OTHERWISE, News
from tenants.messaging.letters import Fact, Invitation, Letter, Link, Outdated
from tenants.messaging.models import Audience
from tenants.messaging.refunds import UNDER_WAY, fee_returned
from tenants.messaging.story import Story, invitation
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called, later
from tenants.scheduling.models import REST_UNPAID, BookingStatus, Cancellation, Cause, Funding

WHOLE_IS_OFF = later(
    "The whole payment was refunded before the {session} began, and with it the {session} is cancelled."
)


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """That it is off and what goes back; by which rule, decided when; where to find another time."""
    _still_cancelled(story)
    tz = story.client_zone
    return Letter(
        subject=f"{_called(story)}: {story.what}, {story.brief(tz)}",
        fact=" ".join((_news(story).client.format(**_names(story, tz)), *_goes_back(story))),
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            *_returned(story),
            *_decided(story, tz),
            *story.unit_facts(),
        ),
        balance=_balance(story, Audience.CLIENT, tz),
        paragraphs=_what_next(story),
        action=Link("Choose another time", story.times_url),
        why=f"You get this because you had booked this {called.session} with {story.coach}.",
        invitation=_off(story, for_client=True, organizer_email=organizer_email),
        reply_to=story.practice.contact_email,
    )


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """Who does not come, what went back to them by which rule, and that the time is free again."""
    _still_cancelled(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"{_called(story)}: {who}, {story.what}, {story.brief(tz)}",
        fact=f"{_news(story).coach.format(**_names(story, tz))}{_is_free(story)}",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.client_zone, whose=who),
            *_returned(story),
            *fee_returned(story),
            *_decided(story, tz),
            *_own_reason(story),
        ),
        balance=_balance(story, Audience.COACH, tz),
        paragraphs=_for_the_coach(story),
        action=Link("Open the booking", story.dashboard_url),
        why=f"You get this because {called.a_session} with you was cancelled.",
        invitation=_off(story, for_client=False, organizer_email=organizer_email),
        reply_to=story.client.email,
    )


def waived_to_client(story: Story, *, organizer_email: str) -> Letter:
    """A session that counted as used comes back after all, because the coach says so."""
    del organizer_email
    tz = story.client_zone
    return Letter(
        subject=f"Given back: {story.what}, {story.brief(tz)}",
        fact=" ".join((f"{story.coach} gave back {story.what}, {story.brief(tz)}.", *_goes_back(story))),
        facts=(story.what_fact(), *_returned(story), *_decided(story, tz), *story.unit_facts()),
        balance=_balance(story, Audience.CLIENT, tz),
        paragraphs=_what_next(story),
        action=Link("Choose another time", story.times_url),
        why=f"You get this because you had booked this {called.session} with {story.coach}.",
        reply_to=story.practice.contact_email,
    )


def waived_to_coach(story: Story, *, organizer_email: str) -> Letter:
    del organizer_email
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"Given back: {who}, {story.what}, {story.brief(tz)}",
        fact=f"You gave back {story.what}, {story.brief(tz)}, to {who}.",
        facts=(
            story.what_fact(),
            *_returned(story),
            *fee_returned(story),
            *_decided(story, tz),
            *_own_reason(story),
        ),
        balance=_balance(story, Audience.COACH, tz),
        paragraphs=_for_the_coach(story),
        action=Link("Open the booking", story.dashboard_url),
        why=f"You get this because you gave back what {called.a_client} had paid.",
        reply_to=story.client.email,
    )


def _still_cancelled(story: Story) -> None:
    if story.booking.status != BookingStatus.CANCELLED:
        raise Outdated("The session is not cancelled.")


def _news(story: Story) -> News:
    return NEWS.get(story.event.data.get("reason", ""), OTHERWISE)


def _called(story: Story) -> str:
    """What happened, in the subject."""
    past = {Cause.NO_SHOW: "Missed", Cause.LATE: "Cancelled late"}
    return past.get(story.event.data.get("reason", ""), "Cancelled")


def _names(story: Story, tz: str) -> dict[str, str]:
    who = one_line(story.client.name)
    return {"what": story.what, "coach": story.coach, "client": who, "when": story.brief(tz)}


# --- what goes back ---------------------------------------------------------------------------------


def _units_back(story: Story) -> int:
    return story.cancellation.units_back if story.cancellation and story.by_unit else 0


def _money_back_minor(story: Story) -> int:
    """As it was decided; without a decision of ours, what Stripe says went back."""
    if story.cancellation:
        return story.cancellation.money_back_minor
    return story.paid_by.refunded_minor if story.paid_by else 0


def _goes_back(story: Story) -> tuple[str, ...]:
    """In the first line, since it is what the client asks first."""
    said = []
    if units := _units_back(story):
        back_in = "retainer" if story.retainer else "pack"
        said.append(f"{story.units_alone(units)} {'is' if units == 1 else 'are'} back in your {back_in}.")
    if minor := _money_back_minor(story):
        by_hand = f"comes back to you from {story.coach}, by hand as it was paid"
        on_its_way = by_hand if _is_in_hand(story) else "is on its way back to you"
        said.append(f"{story.money(minor)} {on_its_way}.")
    if not said and _is_used(story):
        said.append("It counts as used, so nothing goes back.")
    return tuple(said)


def _is_used(story: Story) -> bool:
    """Something was paid, and stays spent."""
    return _had_a_price(story) and story.cancellation is not None and story.cancellation.outcome == "used"


def _returned(story: Story) -> tuple[Fact, ...]:
    facts = []
    if units := _units_back(story):
        facts.append(Fact(f"Back in the {'retainer' if story.retainer else 'pack'}", story.units(units)))
    if minor := _money_back_minor(story):
        to = "by hand, as it was paid" if _is_in_hand(story) else f"to {story.card()}"
        facts.append(Fact("Goes back" if _is_in_hand(story) else "Refunded", f"{story.money(minor)} {to}"))
    return tuple(facts)


def _is_in_hand(story: Story) -> bool:
    """It was paid in cash or by transfer: no card gets it back."""
    return story.booking.funding == Funding.RECEIVED


def _decided(story: Story, tz: str) -> tuple[Fact, ...]:
    """The rule's sentence as it was shown, and the moment that counted."""
    decided = story.cancellation
    if decided is None or not _had_a_price(story):
        return ()
    return (
        Fact("Rule", decided.reason),
        Fact("Decided", wall_time(decided.asked_at, tz, story.locale)),
    )


def _had_a_price(story: Story) -> bool:
    return bool(story.by_unit or story.paid_minor or _is_in_hand(story))


def _balance(story: Story, audience: Audience, tz: str) -> tuple[str, ...]:
    if story.pack is None:
        return story.retainer_balance(audience)
    return balance_lines(story.pack, audience=audience, tz=tz, locale=story.locale, now=story.now)


# --- what is next -----------------------------------------------------------------------------------


def _what_next(story: Story) -> tuple[str, ...]:
    if _is_used(story):
        return (f"If something kept you from coming, answer this mail: {story.coach} can decide otherwise.",)
    if not _money_back_minor(story):
        return ()
    if _is_in_hand(story):
        return ()
    return (UNDER_WAY,) if story.cancellation else (WHOLE_IS_OFF, UNDER_WAY)


def _for_the_coach(story: Story) -> tuple[str, ...]:
    if _is_used(story):
        return ("What was paid stays with you. You can still give it back from the booking.",)
    if story.cancellation is None:
        return (WHOLE_IS_OFF,) if story.paid_by and story.booking.ended_reason != REST_UNPAID else ()
    if not _money_back_minor(story):
        return ()
    if _is_in_hand(story):
        return (
            "It was paid by hand, so it is yours to give back. It is listed under Owed until you note it.",
        )
    fee = ", and the platform fee comes back in proportion" if _had_a_fee(story) else ""
    return (f"The refund is on its way through Stripe{fee}.",)


def _had_a_fee(story: Story) -> bool:
    return story.paid_by is not None and story.paid_by.application_fee_minor > 0


def _is_free(story: Story) -> str:
    closed = story.event.data.get("reason") == Cause.WEATHER
    return "" if closed or story.session.starts_at <= story.now else " The time is free again."


def _own_reason(story: Story) -> tuple[Fact, ...]:
    decided: Cancellation | None = story.cancellation
    return (Fact("Your reason", decided.note),) if decided and decided.note.strip() else ()


def _off(story: Story, *, for_client: bool, organizer_email: str) -> Invitation | None:
    """Nobody needs a past session taken off the calendar."""
    if story.session.starts_at <= story.now:
        return None
    return invitation(story, "CANCEL", for_client=for_client, organizer_email=organizer_email)
