"""Mails about money that went back for a session that is not called off with it."""

from tenants.activity.models import Event
from tenants.billing.models import Refund, RefundStatus
from tenants.billing.refunds import fee_target_minor
from tenants.messaging.fees import Paid
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import Story, previously_refunded_minor
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called
from tenants.scheduling.models import BookingStatus, Cause

UNDER_WAY = "Banks usually need 5 to 10 working days to show it."


def refunded_to_client(story: Story, *, organizer_email: str) -> Letter:
    """How much went back, and what it means for the session: mostly nothing."""
    del organizer_email
    _not_told_already(story)
    tz = story.client_zone
    return Letter(
        subject=f"Refund: {this_refund(story)} for {story.what}, {story.brief(tz)}",
        fact=f"{this_refund(story)} for {story.what} with {story.coach} is on its way back to you.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            *refunded_facts(story),
        ),
        paragraphs=(_meaning(story), UNDER_WAY),
        action=Link("See your booking", story.booking_url),
        why=f"You get this because you paid {story.coach} by card.",
        reply_to=story.practice.contact_email,
    )


def refunded_to_coach(story: Story, *, organizer_email: str) -> Letter:
    """How much went back to whom, and what came back of the platform's fee."""
    del organizer_email
    _not_told_already(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"Refund: {this_refund(story)} to {who}",
        fact=f"{this_refund(story)} went back to {who} for {story.what}, {story.brief(tz)}.",
        facts=(story.what_fact(), *_when_of_coach(story, who), *refunded_facts(story), *fee_returned(story)),
        paragraphs=(_meaning(story),),
        action=Link("Open the booking", story.dashboard_url),
        why="You get this because a payment to you was refunded.",
        reply_to=story.client.email,
    )


def _when_of_coach(story: Story, who: str) -> tuple[Fact, ...]:
    return story.when_facts(story.coach_zone, other=story.client_zone, whose=who)


def _not_told_already(story: Story) -> None:
    whole_and_off = story.event.data["whole"] and story.booking.ended_reason == "refunded"
    if whole_and_off or told_with_cancelling(story.event):
        raise Outdated("The mail about the cancelled session says so.")


def told_with_cancelling(event: Event) -> bool:
    """Whether this is the money of which the mail about a cancelled session says that it goes back."""
    # One decision may be several refunds, of as many payments.
    decided = Refund.objects.filter(attempt__charge__reference=event.subject_id, cause__in=Cause.values)
    amounts = decided.exclude(status=RefundStatus.REFUSED).values_list("amount_minor", flat=True)
    return event.data["refunded_minor"] - previously_refunded_minor(event) in amounts


def this_refund(story: Paid) -> str:
    """How much it is this time."""
    return story.money(story.event.data["refunded_minor"] - previously_refunded_minor(story.event))


def refunded_facts(story: Paid) -> tuple[Fact, ...]:
    """This refund, what was paid, and the sum of all refunds where there were several."""
    paid = story.paid_by
    so_far = story.event.data["refunded_minor"]
    facts = [Fact("Refunded now", f"{this_refund(story)} to {story.card()}")]
    if previously_refunded_minor(story.event):
        facts.append(Fact("Refunded in all", story.money(so_far)))
    if paid:
        facts.append(Fact("Paid", story.money(paid.captured_minor)))
    return tuple(facts)


def fee_returned(story: Paid) -> tuple[Fact, ...]:
    """The share of the fee that belongs to all refunds so far."""
    paid = story.paid_by
    minor = fee_target_minor(paid) if paid else 0
    return (Fact("Platform fee returned", story.money(minor)),) if minor else ()


def _meaning(story: Story) -> str:
    if story.booking.status == BookingStatus.CANCELLED:
        return f"The {called.session} was cancelled before; this refund comes on top."
    if not story.stands:
        return f"The time was not free any more when the payment arrived, so there is no {called.session}."
    if story.session.starts_at > story.now:
        return f"The {called.session} stays booked as it is."
    return f"The refund is about the money only; the {called.session} stays in the records as it was."
