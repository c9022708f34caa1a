"""Mails about packs that were bought, sold by the coach, paid, or not paid after all."""

from kit.database import current_schema
from tenants.messaging.fees import fee_facts
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.pack_story import PackStory
from tenants.messaging.releases import NOTHING_CHARGED, OTHERWISE, REASONS
from tenants.messaging.wording import one_line
from tenants.offers.vocabulary import called
from tenants.packs.links import address_of
from tenants.packs.models import PackStatus, Unpaid
from tenants.registry.pages import coach_address


def bought_to_client(story: PackStory) -> Letter:
    """For whoever uses it: what it is and how long it is good; what it cost only if they paid."""
    _is_there(story)
    if not story.reads_amounts:
        return story.letter(
            subject=f"{story.what} from {story.giver or story.coach}",
            fact=f"{story.giver or 'Somebody'} bought {story.what} with {story.coach} for you.",
            facts=_contents(story),
            balance=story.balance(),
        )
    return _receipt(story, f"You bought {story.what} from {story.coach}.")


def bought_to_buyer(story: PackStory) -> Letter:
    """For whoever paid for somebody else."""
    _is_there(story)
    return _receipt(story, f"You bought {story.what} from {story.coach} for {story.who}.")


def _receipt(story: PackStory, fact: str) -> Letter:
    return story.letter(
        subject=f"Bought: {story.what}",
        fact=fact,
        facts=(*_contents(story), *_paid(story, story.card()), *_papers(story)),
        balance=story.balance(),
        paragraphs=(*_first_session(story), *_rules(story)),
    )


def bought_to_coach(story: PackStory) -> Letter:
    """Who bought what, and what the platform takes of it."""
    _is_there(story)
    by = story.buyer if story.is_gift else story.who
    whom = f" for {story.who}" if story.is_gift else ""
    return story.letter(
        subject=f"Pack sold: {story.what} to {by}",
        fact=f"{by} bought {story.what}{whom} for {story.money(story.pack.price_minor)}.",
        facts=(*_contents(story), *_contact(story), *_paid(story, "card"), *fee_facts(story)),
        balance=story.balance(),
        paragraphs=_first_session(story),
    )


def sold_to_client(story: PackStory) -> Letter:
    """The coach has set it up: what is to be paid, where, and what can be booked before that."""
    _still_unpaid(story)
    amount = story.money(story.pack.price_minor)
    return story.letter(
        subject=f"{story.what} with {story.coach}: {amount} to pay",
        fact=f"{story.coach} set up {story.what} for you. {amount} is still to be paid.",
        facts=_contents(story),
        balance=story.balance(),
        paragraphs=(_before_it_is_paid(story),),
        action=Link(f"Pay {amount}", story.page),
    )


def sold_to_coach(story: PackStory) -> Letter:
    _still_unpaid(story)
    amount = story.money(story.pack.price_minor)
    return story.letter(
        subject=f"Not paid yet: {story.what} for {story.who}",
        fact=f"You sold {story.what} to {story.who}. {amount} is still to be paid.",
        facts=(*_contents(story), *_contact(story)),
        balance=story.balance(),
        paragraphs=(f"{story.who} got a mail with a link to pay by card.",),
    )


def paid_to_buyer(story: PackStory) -> Letter:
    """The receipt for a pack that was there before its payment."""
    return story.letter(
        subject=f"Paid: {story.what}",
        fact=f"You paid {story.money(story.pack.price_minor)} for {story.what} with {story.coach}.",
        facts=(*_paid(story, story.card()), *_papers(story)),
        balance=story.balance(),
    )


def paid_to_coach(story: PackStory) -> Letter:
    return story.letter(
        subject=f"Paid: {story.what}, {story.buyer}",
        fact=f"{story.buyer} paid {story.money(story.pack.price_minor)} for {story.what}.",
        facts=(*_paid(story, "card"), *fee_facts(story)),
        balance=story.balance(),
    )


def released_to_buyer(story: PackStory) -> Letter:
    """Nothing was charged, so there is no pack; why, and where to try again."""
    pack = story.pack
    if pack.first_booking:
        raise Outdated("The mail about the session that it was ordered with says so.")
    if pack.paid_at or story.paid_by:
        raise Outdated("It was paid after all.")
    reason = REASONS.get(story.event.data.get("reason", ""), OTHERWISE)
    again = Link("Pay for it", story.page)
    if pack.status == PackStatus.VOID:
        again = Link("See what is on offer", f"{coach_address(current_schema())}/")
    return story.letter(
        subject=f"Not paid: {story.what}",
        fact=f"{NOTHING_CHARGED} {story.what} with {story.coach} is not paid.",
        paragraphs=tuple(filter(None, (_without_time(reason.words, story), _at_the_bank(story)))),
        action=again,
        why=f"You get this because you started to pay for a pack with {story.coach}.",
    )


def _without_time(words: str, story: PackStory) -> str:
    """The reasons of bookings, less the time that is free again: a pack keeps none."""
    said = words.replace(", so the time is free again.", ".")
    return said.replace("The time was no longer free", "The order had ended").format(coach=story.coach)


def _at_the_bank(story: PackStory) -> str:
    promised = next((each for each in story.attempts if each.capture_before), None)
    if promised is None:
        return ""
    return (
        f"Your bank may show {story.money(promised.amount_minor)} as pending for up to 7 days. It is not a "
        "payment and disappears by itself."
    )


# --- what a pack is ---------------------------------------------------------------------------------


def _is_there(story: PackStory) -> None:
    if story.pack.status != PackStatus.ACTIVE:
        raise Outdated("The pack is not there any more.")


def _still_unpaid(story: PackStory) -> None:
    _is_there(story)
    if story.pack.paid_at or not story.pack.price_minor:
        raise Outdated("It was paid before the mail could be sent.")


def _contents(story: PackStory) -> tuple[Fact, ...]:
    return (Fact("What", f"{story.what}, {story.counted(story.pack.units)}"),)


def _paid(story: PackStory, card: str) -> tuple[Fact, ...]:
    paid = story.paid_by
    if paid is None:
        return ()
    beside = story.money(paid.charge.extras_minor) if paid.charge.extras_minor else ""
    extras = (Fact(f"Of it, extras of the first {called.session}", beside),) if beside else ()
    return (Fact("Paid", f"{story.money(paid.captured_minor)} by {card}"), *extras)


def _papers(story: PackStory) -> tuple[Fact, ...]:
    """The pack's link opens its receipt only where nobody but who paid has that link."""
    if story.paid_by is None or story.pack.buyer_id != story.pack.client_id:
        return ()
    return (Fact("Receipt", "Open the receipt", href=address_of(story.pack, "receipt")),)


def _contact(story: PackStory) -> tuple[Fact, ...]:
    phone = one_line(story.pack.buyer.phone)
    return (Fact("E-mail", story.pack.buyer.email), *((Fact("Phone", phone),) if phone else ()))


def _first_session(story: PackStory) -> tuple[str, ...]:
    if not story.pack.first_booking:
        return ()
    return (f"The first {called.session} is booked with it; another mail is about that.",)


def _rules(story: PackStory) -> tuple[str, ...]:
    """The rules in the very words that were agreed to."""
    text = str(story.pack.accepted.get("text", "")).strip()
    return (f"What you agreed to:\n{text}",) if text else ()


def _before_it_is_paid(story: PackStory) -> str:
    offer = story.pack.offer
    if offer.unpaid == Unpaid.FREELY:
        return "You can book with it right away, and pay later."
    if offer.unpaid == Unpaid.SOME:
        return f"You can book {story.counted(offer.unpaid_units)} with it before it is paid."
    return "You can book with it as soon as it is paid."
