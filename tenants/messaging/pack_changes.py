"""Mails about a pack that is valid longer, was passed on, corrected or paused."""

from datetime import date

from tenants.clients.models import Client
from tenants.messaging.letters import Fact, Letter, Outdated
from tenants.messaging.pack_story import PackStory
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called
from tenants.packs import expiry
from tenants.packs.models import EntryNote, PackEntry, UnitKind

# --- more time --------------------------------------------------------------------------------------


def extended(story: PackStory) -> Letter:
    """Until when it is valid now, and why."""
    _still_the_last_day(story)
    taken_back = story.event.data["cause"] == "taken_back"
    title, again = ("Valid as before", "again") if taken_back else ("Valid longer", "now")
    return story.letter(
        subject=f"{title}: {story.what}",
        fact=f"{story.what} with {story.coach} is {again} valid until {story.last_day}.",
        facts=_before(story),
        balance=story.balance(),
        paragraphs=(_why_extended(story),),
    )


def extended_to_coach(story: PackStory) -> Letter:
    _still_the_last_day(story)
    return story.letter(
        subject=f"Valid longer: {story.what}, {story.who}",
        fact=f"{story.who}’s {story.what} is now valid until {story.last_day}.",
        facts=_before(story),
        balance=story.balance(),
        paragraphs=(f"You extended it, and the {called.client} was told.",),
    )


def _still_the_last_day(story: PackStory) -> None:
    ends, data = story.pack.expires_at, story.event.data
    if ends is None or str(expiry.last_day(ends, story.practice.timezone)) != data["last_day"]:
        raise Outdated("Its last day was changed again; the mail about that says so.")
    if data["cause"] == "closure" and not story.left:
        raise Outdated("Nothing is left of it.")


def _before(story: PackStory) -> tuple[Fact, ...]:
    before = story.event.data.get("last_day_before")
    return (Fact("Before", story.day(date.fromisoformat(before))),) if before else ()


def _why_extended(story: PackStory) -> str:
    if story.event.data["cause"] == "closure":
        days = story.event.data["days"]
        closed = "1 day" if days == 1 else f"{days} days"
        return f"{story.coach} is closed for {closed}, and by the rule for closures that does not count."
    if story.event.data["cause"] == "taken_back":
        return f"{story.coach} took the extension back."
    return f"{story.coach} extended it."


# --- passed on --------------------------------------------------------------------------------------


def sent(story: PackStory) -> Letter:
    """To whoever passed units on: how many went to whom, and what is left."""
    units, other = _passed(story)
    return story.letter(
        subject=f"Passed on: {units} of {story.what}",
        fact=f"You passed {units} of {story.what} with {story.coach} on to {other}.",
        balance=story.balance(),
        paragraphs=(f"They are {other}’s from now on; {other} was told by mail.",),
    )


def sent_to_coach(story: PackStory) -> Letter:
    units, other = _passed(story)
    return story.letter(
        subject=f"Passed on: {units} of {story.what}, {story.who} to {other}",
        fact=f"{story.who} passed {units} of {story.what} on to {other}.",
        balance=story.balance(),
    )


def received(story: PackStory) -> Letter:
    """To whoever got them: what they are good for and until when. No amounts: somebody else paid."""
    units, other = _passed(story)
    return story.letter(
        subject=f"{units} of {story.what} from {other}",
        fact=f"{other} passed {units} of {story.what} with {story.coach} on to you.",
        balance=story.balance(),
        paragraphs=(
            "They are yours from now on, by the same rules. Choose your times from your pack’s page.",
        ),
        why=f"You get this because {other} passed {called.sessions} with {story.coach} on to you.",
    )


def _passed(story: PackStory) -> tuple[str, str]:
    """How much, and the name of the other side."""
    name = Client.objects.values_list("name", flat=True).get(pk=story.event.data["client"])
    return story.counted(story.event.data["units"]), one_line(name)


# --- corrected by hand ------------------------------------------------------------------------------


def corrected(story: PackStory) -> Letter:
    """Never "adjusted": how many, by whom and why."""
    units = story.event.data["units"]
    counted = story.counted(abs(units))
    change = f"{counted} {'was' if abs(units) == 1 else 'were'} {'added to' if units > 0 else 'taken from'}"
    return story.letter(
        subject=f"Corrected: {story.what}",
        fact=f"{change} {story.what} by {story.coach}.",
        facts=_reason(story),
        balance=story.balance(),
        paragraphs=("If that is not right, answer this mail.",),
    )


def _reason(story: PackStory) -> tuple[Fact, ...]:
    entries = PackEntry.objects.filter(pack=story.pack, kind=UnitKind.CORRECTED, at=story.event.at)
    note = EntryNote.objects.filter(entry__in=entries).first()
    return (Fact("Reason", note.text),) if note else ()


# --- paused while a payment is disputed -------------------------------------------------------------


def frozen(story: PackStory) -> Letter:
    """Only what it means for the sessions: what the bank looks into is the payer's business."""
    if story.pack.frozen_at is None:
        raise Outdated("It can be used again.")
    return story.letter(
        subject=f"Paused: {story.what}",
        fact=f"Nothing can be booked with {story.what} for now.",
        balance=story.balance(),
        paragraphs=(
            f"{called.Sessions} that are booked stay booked, and what is left is kept. "
            f"{story.coach} can tell you more.",
        ),
    )


def frozen_to_coach(story: PackStory) -> Letter:
    if story.pack.frozen_at is None:
        raise Outdated("It can be used again.")
    return story.letter(
        subject=f"Paused: {story.who}, {story.what}",
        fact=f"The payment for {story.who}’s {story.what} is disputed, so nothing can be booked with it.",
        balance=story.balance(),
        paragraphs=(
            f"What is left is kept until the bank has decided. {called.Sessions} that are booked "
            "stay booked; whether "
            "they take place is your decision.",
        ),
    )


def unfrozen(story: PackStory) -> Letter:
    if story.pack.frozen_at is not None:
        raise Outdated("It is paused again.")
    return story.letter(
        subject=f"It goes on: {story.what}",
        fact=f"You can book with {story.what} again.",
        balance=story.balance(),
    )


def unfrozen_to_coach(story: PackStory) -> Letter:
    if story.pack.frozen_at is not None:
        raise Outdated("It is paused again.")
    return story.letter(
        subject=f"It goes on: {story.who}, {story.what}",
        fact=f"The dispute is over: {story.who} can book with {story.what} again.",
        balance=story.balance(),
    )
