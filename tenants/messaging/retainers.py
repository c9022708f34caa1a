"""Mails about retainers that were offered, begun, paid, or could not be charged."""

from kit.database import current_schema
from tenants.billing.links import payments_address
from tenants.billing.tenders import card_in_words
from tenants.messaging.fees import fee_facts
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.pack_sales import NOTHING_CHARGED
from tenants.messaging.refunds import UNDER_WAY, this_refund
from tenants.messaging.releases import PAPERS_MISSING, REASONS
from tenants.messaging.retainer_story import RetainerStory
from tenants.offers.vocabulary import called
from tenants.registry.pages import coach_address
from tenants.retainers.models import PeriodStatus, RetainerStatus
from tenants.retainers.terms import contents, price_in_words

AT_ANY_TIME = "Pause or cancel at any time; either takes effect when the paid period ends."


# --- begun ------------------------------------------------------------------------------------------


def invited(story: RetainerStory) -> Letter:
    """To whoever is to pay: what it is, and where to begin."""
    retainer = story.retainer
    if retainer.status != RetainerStatus.PENDING:
        raise Outdated("It was begun, or taken back.")
    ends = f" The link is good until {story.day(retainer.next_at)}." if retainer.next_at else ""
    return story.letter(
        subject=f"{story.what} with {story.coach}: begin when you like",
        fact=f"{story.coach} has set up {story.what}{story.for_whom} for you to begin.",
        facts=(
            Fact("What", contents(retainer)),
            Fact("Price", price_in_words(retainer, story.practice.locale)),
        ),
        paragraphs=(f"Nothing is charged before you agree to it on the page.{ends}", AT_ANY_TIME),
        action=Link("See the terms and begin", story.page()),
        why=f"You get this because {story.coach} has sent you this offer.",
    )


def started(story: RetainerStory) -> Letter:
    """The receipt for the first period, with what comes next, what was agreed to, and how to end it."""
    agreed = str(story.retainer.accepted.get("mandate", "")).strip()
    return story.letter(
        subject=f"Begun: {story.what}",
        fact=f"{story.what} with {story.coach}{story.for_whom} has begun. You paid {story.price}.",
        facts=_paid(story),
        balance=story.balance(),
        paragraphs=((f"What you agreed to:\n{agreed}",) if agreed else ()),
        choices_title="Whenever you like",
        choices=_choices(story),
    )


def started_to_client(story: RetainerStory) -> Letter:
    """For who uses it and does not pay: what there is to book."""
    return story.letter(
        subject=f"Begun: {story.what}",
        fact=f"{story.what} with {story.coach} has begun.",
        balance=story.balance(),
    )


def started_to_coach(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"New retainer: {story.what}, {story.who}",
        fact=f"{story.payer} began {story.what}{story.for_whom} and paid {story.price}.",
        facts=(*_paid(story), *fee_facts(story)),
        balance=story.balance(),
    )


def released(story: RetainerStory) -> Letter:
    """An order that was not paid: nothing was charged, and where to try again."""
    if story.retainer.status != RetainerStatus.VOID:
        raise Outdated("It was paid after all.")
    reason = story.event.data.get("reason")
    return story.letter(
        subject=f"Not begun: {story.what}",
        fact=f"{NOTHING_CHARGED} {story.what} with {story.coach} has not begun.",
        paragraphs=(REASONS[PAPERS_MISSING].words,) if reason == PAPERS_MISSING else (),
        action=Link("See what is on offer", f"{coach_address(current_schema())}/"),
        why=f"You get this because you started to pay for a retainer with {story.coach}.",
    )


# --- told before, and paid --------------------------------------------------------------------------


def upcoming(story: RetainerStory) -> Letter:
    """A week before the first charge that comes by itself: when, how much, and how not to have it."""
    charge_at, data = story.moment("charge_at"), story.event.data
    following = story.statement.next_facts
    goes_on = story.retainer.status == RetainerStatus.ACTIVE and not (
        following.cancel_wanted or following.pause_wanted
    )
    if not goes_on or charge_at is None or charge_at <= story.now:
        raise Outdated("The charge has come, or will not come.")
    amount, day = story.money(data["amount_minor"]), story.day(charge_at)
    return story.letter(
        subject=f"{amount} on {day} for {story.what}",
        fact=f"Your card is charged {amount} on {day} for the next period of {story.what}{story.for_whom}.",
        balance=story.balance(),
        paragraphs=("There is nothing to do for you if you want to continue.",),
        choices_title="If you do not",
        choices=_choices(story),
    )


def renewed(story: RetainerStory) -> Letter:
    """The receipt for a period, with the link to cancel."""
    return story.letter(
        subject=f"Paid: {story.what}, {story.days}",
        fact=f"You paid {story.price} for {story.what} with {story.coach}{story.for_whom}, {story.days}.",
        facts=_paid(story),
        balance=story.balance(),
        choices_title="Whenever you like",
        choices=_choices(story),
    )


def renewed_to_client(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"New period: {story.what}, {story.days}",
        fact=f"{story.what} with {story.coach} goes on: {story.days}.",
        balance=story.balance(),
    )


def renewed_to_coach(story: RetainerStory) -> Letter:
    return story.letter(
        subject=f"Paid: {story.what}, {story.payer}",
        fact=f"{story.payer} paid {story.price} for {story.what}{story.for_whom}, {story.days}.",
        facts=(*_paid(story), *fee_facts(story)),
        balance=story.balance(),
    )


# --- late -------------------------------------------------------------------------------------------


def past_due(story: RetainerStory) -> Letter:
    """Told at once: what could not be charged, when it is tried again, and how to pay or change the card."""
    _is_still_owed(story)
    return story.letter(
        subject=f"Not paid: {story.price} for {story.what}",
        fact=f"Your card could not be charged {story.price} for {story.what}{story.for_whom}, {story.days}.",
        facts=_refusal(story),
        paragraphs=(_tried_again(story), _meanwhile(story)),
        choices_title="What helps at once",
        choices=(
            Link(f"Pay {story.price} now", story.pay_page()),
            Link("Use another card", payments_address(story.retainer.payer)),
        ),
        action=None,
    )


def past_due_to_client(story: RetainerStory) -> Letter:
    """For who does not pay: what it means for the sessions, and no word about money."""
    _is_still_owed(story)
    return story.letter(
        subject=f"For now nothing new can be booked: {story.what}",
        fact=f"New {called.sessions} cannot be booked with {story.what} for now. What is booked "
        "stays booked.",
    )


def past_due_to_coach(story: RetainerStory) -> Letter:
    _is_still_owed(story)
    return story.letter(
        subject=f"Not paid: {story.what}, {story.payer}",
        fact=f"{story.payer}’s card could not be charged {story.price} for {story.what}, {story.days}.",
        facts=_refusal(story),
        paragraphs=(
            _tried_again(story),
            f"{story.payer} was told, with links to pay and to change the card. "
            f"{called.Sessions} that are booked"
            " stay; new ones wait until it is paid. If nobody pays within a week, the retainer is paused.",
        ),
    )


def asks_client(story: RetainerStory) -> Letter:
    """The bank wants to hear it from the payer: a link, and nothing is tried blindly."""
    _is_still_owed(story)
    return story.letter(
        subject=f"Please confirm {story.price} for {story.what}",
        fact=f"Your bank asks you to confirm the payment of {story.price} for {story.what}{story.for_whom}.",
        facts=(Fact("For", story.days),),
        paragraphs=("Nothing was charged. Your bank asks while you pay on the page.", _meanwhile(story)),
        action=Link(f"Confirm and pay {story.price}", story.pay_page()),
    )


def _is_still_owed(story: RetainerStory) -> None:
    if story.period is None or story.period.status != PeriodStatus.OPEN:
        raise Outdated("It was paid, or is not asked for any more.")


def _refusal(story: RetainerStory) -> tuple[Fact, ...]:
    data = story.event.data
    card = (Fact("Card", card_in_words(data["card"])),) if data.get("card") else ()
    why = (Fact("The bank says", data["decline"].replace("_", " ")),) if data.get("decline") else ()
    return (*card, *why)


def _tried_again(story: RetainerStory) -> str:
    again_at = story.moment("next_try_at")
    if again_at is None:
        return "This card is not tried again: another one, or a payment by the link, is needed."
    return f"It is tried again on {story.day(again_at)}."


def _meanwhile(story: RetainerStory) -> str:
    return (
        f"{called.Sessions} that are booked stay booked; new ones can be booked as soon as it is "
        "paid. If it is not"
        " paid within a week, the retainer is paused."
    )


# --- refunds ----------------------------------------------------------------------------------------


def refunded(story: RetainerStory) -> Letter:
    amount, what = this_refund(story), f"{story.what} with {story.coach}{story.for_whom}, {story.days}"
    return story.letter(
        subject=f"Refund: {amount} for {story.what}",
        fact=f"{amount} for {what}, is on its way back to you.",
        facts=(Fact("Refunded now", f"{amount} to {story.card()}"),),
        balance=story.balance(),
        paragraphs=(UNDER_WAY,),
    )


def refunded_to_client(story: RetainerStory) -> Letter:
    """For who does not pay: what it does to the sessions."""
    line = next((each for each in story.statement.lines if each.period == story.period), None)
    if line is None or not line.facts.refunded:
        raise Outdated("Nothing was taken from it.")
    return story.letter(
        subject=f"Changed: {story.what}",
        fact=f"Not all {called.sessions} of {story.what} with {story.coach}, {story.days}, are "
        "included any more.",
        balance=story.balance(),
        paragraphs=(f"{called.Sessions} that are booked stay booked.",),
    )


def refunded_to_coach(story: RetainerStory) -> Letter:
    amount = this_refund(story)
    return story.letter(
        subject=f"Refund: {amount} to {story.payer}",
        fact=f"{amount} went back to {story.payer} for {story.what}, {story.days}.",
        facts=(Fact("Refunded now", f"{amount} to card"),),
        balance=story.balance(),
        why="You get this because a payment to you was refunded.",
    )


# --- parts of letters -------------------------------------------------------------------------------


def _choices(story: RetainerStory) -> tuple[Link, ...]:
    """As easy as it was to begin."""
    return (Link("Pause it", story.page("pause")), Link("Cancel it", story.page("cancel")))


def _paid(story: RetainerStory) -> tuple[Fact, ...]:
    paid = story.paid_by
    how = f" by {story.card()}" if paid else ""
    return (Fact("What", f"{story.what}, {story.days}"), Fact("Paid", f"{story.price}{how}"))
