"""Mails about products: bought, not paid after all, refunded, and the link once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.database import current_schema
from kit.money import format_money
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client
from tenants.messaging.fees import fee_facts
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.refunds import UNDER_WAY, fee_returned, refunded_facts, this_refund
from tenants.messaging.releases import NOTHING_CHARGED, OTHERWISE, REASONS
from tenants.messaging.story import MONEY_CAME, coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.packs import terms as pack_terms
from tenants.registry.pages import coach_address, dashboard_address
from tenants.shop.fulfilment import PURPOSE
from tenants.shop.links import address_of
from tenants.shop.models import Order, OrderStatus

STAYS = "What you bought stays yours."


@dataclass(frozen=True)
class OrderStory:
    """An order as it stands when the mail is written, with the tries at paying it, newest first."""

    event: Event
    order: Order
    practice: Practice
    coach: str
    attempts: tuple[PaymentAttempt, ...]

    @property
    def what(self) -> str:
        return one_line(self.order.agreed["name"])

    @property
    def client(self) -> Client:
        return self.order.payer

    @property
    def who(self) -> str:
        return one_line(self.client.name)

    @property
    def page(self) -> str:
        return address_of(self.order)

    @property
    def dashboard_url(self) -> str:
        return f"{dashboard_address(current_schema())}clients/{self.order.payer_id}/"

    @property
    def paid_by(self) -> PaymentAttempt | None:
        return next((each for each in self.attempts if each.status in MONEY_CAME), None)

    @property
    def has_files(self) -> bool:
        return bool(self.order.agreed.get("files") or (self.order.product and self.order.product.files))

    def money(self, minor: int) -> str:
        return format_money(minor, self.order.currency, self.practice.locale)

    def card(self) -> str:
        return card_in_words(self.paid_by.card if self.paid_by else "")

    def to_client(self, **said: Any) -> tuple[Letter, str]:
        usual: dict[str, Any] = {
            "action": Link("Open your downloads" if self.has_files else "Open what you bought", self.page),
            "why": f"You get this because you bought this from {self.coach}.",
            "reply_to": self.practice.contact_email,
        }
        return Letter(**{**usual, **said}), self.client.email

    def to_coach(self, **said: Any) -> tuple[Letter, str]:
        usual: dict[str, Any] = {
            "action": Link(f"Open the {called.client}", self.dashboard_url),
            "reply_to": self.client.email,
        }
        return Letter(**{**usual, **said}), ""


def story_of(event: Event) -> OrderStory:
    order = Order.objects.select_related("payer", "product", "pack__offer").get(pk=event.subject_id)
    tries = PaymentAttempt.objects.filter(charge__purpose=PURPOSE, charge__reference=order.pk)
    return OrderStory(
        event=event,
        order=order,
        practice=practice(),
        coach=coach_name(),
        attempts=tuple(tries.select_related("charge").order_by("-created_at", "-pk")),
    )


# --- bought ------------------------------------------------------------------------------------------


def paid_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """What was bought and for how much, with the way to it, and what was agreed to by buying it."""
    del now
    story = story_of(event)
    _is_there(story)
    free = not story.order.price_minor
    return story.to_client(
        subject=f"Here it is: {story.what}" if free else f"Bought: {story.what}",
        fact=f"Here is {story.what} from {story.coach}." if free else _bought(story),
        facts=(*_contents(story), *_paid(story, story.card()), *_receipt(story)),
        paragraphs=(*_agreed(story), _whoever_has_it(story)),
        **({"why": f"You get this because it was asked for on {story.coach}’s page."} if free else {}),
    )


def paid_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """Who bought what, and what the platform takes of it."""
    del now
    story = story_of(event)
    _is_there(story)
    return story.to_coach(
        **_news(story),
        facts=(
            *_contents(story),
            Fact("E-mail", story.client.email),
            *_paid(story, "card"),
            *fee_facts(story),
        ),
        why=f"You get this because {called.a_client} bought one of your products.",
    )


def _news(story: OrderStory) -> dict[str, str]:
    """Subject and first line, for the coach."""
    what, who = story.what, story.who
    if not story.order.price_minor:
        return {"subject": f"Taken: {what} by {who}", "fact": f"{who} took {what}, which costs nothing."}
    price = story.money(story.order.price_minor)
    return {"subject": f"Sold: {what} to {who}", "fact": f"{who} bought {what} for {price}."}


def link_asked(event: Event, now: datetime) -> tuple[Letter, str]:
    """The same link once more, to the address that bought."""
    del now
    story = story_of(event)
    _is_there(story)
    return story.to_client(
        subject=f"The link to {story.what}",
        fact=f"Here is the link to {story.what} from {story.coach}.",
        paragraphs=(_whoever_has_it(story),),
        why="You get this because somebody asked for it on the page of this order. If it was not you, "
        "nothing has happened: the link went to nobody else.",
    )


def _is_there(story: OrderStory) -> None:
    if story.order.status != OrderStatus.PAID:
        raise Outdated("The order does not stand any more.")


def _bought(story: OrderStory) -> str:
    return f"You bought {story.what} from {story.coach}."


def _contents(story: OrderStory) -> tuple[Fact, ...]:
    pack = story.order.pack
    sessions = (Fact("Included", pack_terms.contents(pack.offer)),) if pack else ()
    return (Fact("What", story.what), *sessions)


def _paid(story: OrderStory, card: str) -> tuple[Fact, ...]:
    paid = story.paid_by
    return (Fact("Paid", f"{story.money(paid.captured_minor)} by {card}"),) if paid else ()


def _receipt(story: OrderStory) -> tuple[Fact, ...]:
    return (
        (Fact("Receipt", "Open the receipt", href=address_of(story.order, "receipt")),)
        if story.paid_by
        else ()
    )


def _agreed(story: OrderStory) -> tuple[str, ...]:
    """Which terms; their text stands on the order's page, and would be too long here."""
    names = [one_line(each["name"]) for each in story.order.agreed.get("agreements", ())]
    if not names:
        return ()
    return (f"By buying it you agreed to: {', '.join(names)}. The text stands on the page of the order.",)


def _whoever_has_it(story: OrderStory) -> str:
    del story
    return "Whoever has the link can open what you bought, so keep it to yourself."


# --- not paid, and paid back -------------------------------------------------------------------------


def released_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """Nothing was charged, so nothing was bought; why, and where to try again."""
    del now
    story = story_of(event)
    if story.order.paid_at or story.paid_by:
        raise Outdated("It was paid after all.")
    reason = REASONS.get(event.data.get("reason", ""), OTHERWISE).words.format(coach=story.coach)
    reason = reason.replace(", so the time is free again.", ".")
    reason = reason.replace("The time was no longer free", "The order had ended")
    reason = reason.replace("The booking was not", "The order was not")
    return story.to_client(
        subject=f"Not bought: {story.what}",
        fact=f"{NOTHING_CHARGED} {story.what} from {story.coach} is not bought.",
        paragraphs=tuple(filter(None, (reason, _at_the_bank(story)))),
        action=Link("See it again", _offer_page(story)),
        why=f"You get this because you started to buy this from {story.coach}.",
    )


def _offer_page(story: OrderStory) -> str:
    shop, product = f"{coach_address(current_schema())}/shop/", story.order.product
    return f"{shop}{product.slug}/" if product and product.is_active else shop


def _at_the_bank(story: OrderStory) -> str:
    promised = next((each for each in story.attempts if each.capture_before), None)
    if promised is None:
        return ""
    amount = story.money(promised.amount_minor)
    return (
        f"Your bank may show {amount} as pending for up to 7 days. It is not a payment and disappears by "
        "itself."
    )


def refunded_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """How much is on its way back, and what it means for what was bought."""
    del now
    story = story_of(event)
    amount = this_refund(story)
    ended = story.order.status == OrderStatus.REFUNDED
    meaning = _ended(story, "With the whole price back, {what} ended.") if ended else STAYS
    return story.to_client(
        subject=f"Refund: {amount} for {story.what}",
        fact=f"{amount} for {story.what} from {story.coach} is on its way back to you.",
        facts=refunded_facts(story),
        paragraphs=tuple(filter(None, (meaning, UNDER_WAY))),
        action=Link("See the order", story.page),
        why=f"You get this because you paid {story.coach} by card.",
    )


def refunded_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    del now
    story = story_of(event)
    amount = this_refund(story)
    ended = story.order.status == OrderStatus.REFUNDED
    return story.to_coach(
        subject=f"Refund: {amount} to {story.who}",
        fact=f"{amount} went back to {story.who} for {story.what}.",
        facts=(*refunded_facts(story), *fee_returned(story)),
        paragraphs=tuple(filter(None, [ended and _ended(story, "{what} ended.")])),
        why="You get this because a payment to you was refunded.",
    )


def _ended(story: OrderStory, words: str) -> str:
    """What there was of it; "" for something that was neither downloaded nor counted."""
    parts = (
        "the downloads" if story.has_files else "",
        f"{called.sessions} not used yet" if story.order.pack else "",
    )
    named = " and ".join(filter(None, parts))
    said = words.format(what=f"{named} have") if named else ""
    return said[:1].upper() + said[1:]
