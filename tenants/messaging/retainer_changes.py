"""Mails about retainers that are paused, go on, end, or cost something else."""

from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.retainer_story import RetainerStory
from tenants.retainers.models import RetainerStatus


def paused(story: RetainerStory) -> Letter:
    """To whoever reads about their own: from when, and how it goes on."""
    if story.event.data.get("because") == "unpaid":
        return _paused_unpaid(story)
    _still_rests(story)
    return story.letter(
        subject=f"Paused: {story.what}",
        fact=f"{story.what} with {story.coach}{story.for_whom} {_from(story)}.",
        balance=story.balance(),
        paragraphs=("What is booked stays booked, and what is paid can be used until then.",),
        action=Link("Take the pause back" if _is_to_come(story) else "Resume it", story.page()),
    )


def _paused_unpaid(story: RetainerStory) -> Letter:
    _still_rests(story)
    return story.letter(
        subject=f"Paused: {story.what}",
        fact=f"{story.what} with {story.coach}{story.for_whom} is paused, because it was not paid.",
        balance=story.balance(),
        paragraphs=("Nothing more is tried at your card. Paid by the link, it goes on the same day.",),
        action=Link("Pay and continue", story.page()),
    )


def paused_to_client(story: RetainerStory) -> Letter:
    """For who does not pay: without a reason, which would be about money."""
    _still_rests(story)
    words = "is paused" if story.event.data.get("because") else _from(story)
    return story.letter(
        subject=f"Paused: {story.what}",
        fact=f"{story.what} with {story.coach} {words}.",
        paragraphs=("What is booked stays booked.",),
    )


def paused_to_coach(story: RetainerStory) -> Letter:
    _still_rests(story)
    unpaid = story.event.data.get("because") == "unpaid"
    fact = (
        f"{story.what} of {story.who} is paused: the card was tried for the last time, and nobody paid."
        if unpaid
        else f"{story.what} of {story.who} {_from(story)}. {_by(story)}"
    )
    return story.letter(
        subject=f"Paused: {story.what}, {story.who}",
        fact=fact,
        balance=story.balance(),
        paragraphs=(
            (f"It goes on as soon as {story.payer} pays, or you record a payment.",) if unpaid else ()
        ),
    )


def resumed(story: RetainerStory) -> Letter:
    if story.event.data.get("kept"):
        return story.letter(
            subject=f"It goes on: {story.what}",
            fact=f"{story.what} with {story.coach}{story.for_whom} goes on as before.",
            balance=story.balance(),
        )
    return story.letter(
        subject=f"Resumed: {story.what}, {story.days}",
        fact=f"{story.what} with {story.coach}{story.for_whom} goes on. You paid {story.price}.",
        facts=(Fact("What", f"{story.what}, {story.days}"), Fact("Paid", story.price)),
        balance=story.balance(),
        choices_title="Whenever you like",
        choices=(Link("Pause it", story.page("pause")), Link("Cancel it", story.page("cancel"))),
    )


def resumed_to_client(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"It goes on: {story.what}",
        fact=f"{story.what} with {story.coach} goes on.",
        balance=story.balance(),
    )


def resumed_to_coach(story: RetainerStory) -> Letter:
    kept = story.event.data.get("kept")
    how = "goes on as before" if kept else f"goes on, and {story.price} was paid"
    return story.letter(
        subject=f"It goes on: {story.what}, {story.who}",
        fact=f"{story.what} of {story.who} {how}.",
        balance=story.balance(),
    )


def cancel_wanted(story: RetainerStory) -> Letter:
    """The receipt of a cancellation: until when it runs, and that nothing more is charged."""
    at = story.moment("at")
    if at is None or not story.retainer.cancel_wanted_at:
        raise Outdated("It was taken back.")
    last = story.last_day(at)
    return story.letter(
        subject=f"Cancelled: {story.what}, until {last}",
        fact=f"{story.what} with {story.coach}{story.for_whom} is cancelled. It runs until {last}.",
        balance=story.balance(),
        paragraphs=("What is booked stays booked, and what is paid can be used until then.",),
        action=Link("Keep it after all", story.page()),
    )


def cancel_wanted_to_coach(story: RetainerStory) -> Letter:
    at = story.moment("at")
    if at is None or not story.retainer.cancel_wanted_at:
        raise Outdated("It was taken back.")
    return story.letter(
        subject=f"Cancelled: {story.what}, {story.who}",
        fact=f"{story.what} of {story.who} ends after {story.last_day(at)}. {_by(story)}",
        balance=story.balance(),
    )


def ended(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"Ended: {story.what}",
        fact=f"{story.what} with {story.coach}{story.for_whom} has ended. Nothing more is charged.",
        balance=story.balance(),
    )


def ended_to_client(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"Ended: {story.what}",
        fact=f"{story.what} with {story.coach} has ended.",
        balance=story.balance(),
    )


def ended_to_coach(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"Ended: {story.what}, {story.who}",
        fact=f"{story.what} of {story.who} has ended.",
        balance=story.balance(),
    )


def price_changed(story: RetainerStory) -> Letter:
    """Before a new price counts: from when, and that it can be cancelled before."""
    data, starts_at = story.event.data, story.moment("starts_at")
    retainer = story.retainer
    price = story.money(data["price_minor"])
    if starts_at is None:
        return story.letter(
            subject=f"The price stays: {story.what}",
            fact=f"The price of {story.what} with {story.coach} stays {price}.",
            balance=story.balance(),
        )
    if retainer.new_price_minor != data["price_minor"] or retainer.status == RetainerStatus.ENDED:
        raise Outdated("It was changed again, or has ended.")
    before = story.money(data["before_minor"])
    return story.letter(
        subject=f"New price for {story.what} from {story.day(starts_at)}",
        fact=f"{story.what} with {story.coach}{story.for_whom} costs {price} instead of {before} from"
        f" {story.day(starts_at)}.",
        balance=story.balance(),
        paragraphs=("There is nothing to do for you if you agree.",),
        choices_title="If you do not",
        choices=(Link("Pause it", story.page("pause")), Link("Cancel it", story.page("cancel"))),
    )


def _still_rests(story: RetainerStory) -> None:
    retainer = story.retainer
    if retainer.status != RetainerStatus.PAUSED and not retainer.pause_wanted_at:
        raise Outdated("It goes on already, or has ended.")


def _is_to_come(story: RetainerStory) -> bool:
    at = story.moment("at")
    return at is not None and at > story.now


def _from(story: RetainerStory) -> str:
    at = story.moment("at")
    if at is None or not _is_to_come(story):
        return "is paused"
    return f"pauses after {story.last_day(at)}"


def _by(story: RetainerStory) -> str:
    if story.event.actor_kind == "coach":
        return "You asked for it."
    return f"{story.payer} asked for it."
