"""Mails about money that went back for a pack, and about the units that went with it."""

from tenants.messaging.letters import Letter, Outdated
from tenants.messaging.pack_story import PackStory
from tenants.messaging.refunds import (
    UNDER_WAY,
    fee_returned,
    refunded_facts,
    this_refund,
    told_with_cancelling,
)
from tenants.offers.vocabulary import called


def units_removed(story: PackStory) -> Letter:
    """For a reader who did not pay: what a refund does to the sessions, and no word about money."""
    units = story.event.data["units"]
    if not units:
        raise Outdated("Nothing was taken from it.")
    are = "is" if units == 1 else "are"
    return story.letter(
        subject=f"Changed: {story.what}",
        fact=f"{story.counted(units)} of {story.what} with {story.coach} {are} no longer included.",
        balance=story.balance(),
        paragraphs=(f"{called.Sessions} that are booked stay booked.",),
    )


def refunded_to_buyer(story: PackStory) -> Letter:
    """How much is on its way back, and what is left of the pack."""
    amount = _this_refund(story)
    return story.letter(
        subject=f"Refund: {amount} for {story.what}",
        fact=f"{amount} for {story.what} with {story.coach} is on its way back to you.",
        facts=refunded_facts(story),
        balance=story.balance(),
        paragraphs=(UNDER_WAY,),
        why=f"You get this because you paid {story.coach} by card.",
    )


def refunded_to_coach(story: PackStory) -> Letter:
    amount = _this_refund(story)
    return story.letter(
        subject=f"Refund: {amount} to {story.buyer}",
        fact=f"{amount} went back to {story.buyer} for {story.what}.",
        facts=(*refunded_facts(story), *fee_returned(story)),
        balance=story.balance(),
        paragraphs=_owed(story),
        why="You get this because a payment to you was refunded.",
    )


def _this_refund(story: PackStory) -> str:
    if told_with_cancelling(story.event):
        raise Outdated("The mail about the cancelled session says so.")
    return this_refund(story)


def _owed(story: PackStory) -> tuple[str, ...]:
    """What was used already and is refunded all the same."""
    owed = story.pack.owed_minor
    if not owed:
        return ()
    return (
        f"Some of what was refunded had been used: {story.money(owed)} is noted as owed. Nothing is asked "
        f"of the {called.client} by itself; that is yours to settle.",
    )
