"""Mails about one purchase of a pack for several people: to who pays, to the coach, and to each of them."""

from dataclasses import dataclass
from datetime import datetime

from kit.database import current_schema
from kit.money import format_money
from kit.words import listing, long_date
from tenants.activity.models import Event
from tenants.billing.models import Document, DocumentKind, PaymentAttempt
from tenants.billing.paper_links import address_of as paper_address
from tenants.billing.tenders import card_in_words
from tenants.messaging.fees import fee_facts
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.pack_story import PackStory
from tenants.messaging.refunds import UNDER_WAY, fee_returned, this_refund
from tenants.messaging.releases import NOTHING_CHARGED, PAPERS_MISSING, REASONS
from tenants.messaging.story import MONEY_CAME, coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.packs.links import address_of as pack_link
from tenants.packs.terms import contents
from tenants.paperwork.links import address_of as paper_link
from tenants.paperwork.models import ClientPaper, ClientPaperStatus
from tenants.registry.pages import coach_address, dashboard_address
from tenants.shop import packs_for_people, packs_given
from tenants.shop.models import Order, OrderStatus
from tenants.shop.packs_for import PURPOSE, charge_of, described
from tenants.shop.packs_for_links import address_of


@dataclass(frozen=True)
class OrderStory:
    """An order as its payer and the coach are told of it."""

    event: Event
    order: Order
    practice: Practice
    coach: str
    paid_by: PaymentAttempt | None
    names: tuple[str, ...]

    @property
    def payer(self) -> str:
        return one_line(self.order.payer.name)

    @property
    def what(self) -> str:
        return one_line(described(self.order))

    @property
    def for_whom(self) -> str:
        """ "Mia, Tom and yourself", as its payer reads it."""
        return listing(list(self.names), self.practice.locale)

    @property
    def price(self) -> str:
        return self.money(self.order.price_minor)

    def money(self, minor: int) -> str:
        return format_money(minor, self.order.currency, self.practice.locale)

    @property
    def dashboard_page(self) -> str:
        return f"{dashboard_address(current_schema())}packs-for/{self.order.pk}/"

    def card(self) -> str:
        return card_in_words(self.paid_by.card if self.paid_by else "")

    def to_payer(self, subject: str, fact: str, **said: object) -> tuple[Letter, str]:
        usual: dict[str, object] = {
            "why": f"You get this because you pay for packs with {self.coach}. Nobody else reads amounts.",
            "reply_to": self.practice.contact_email,
        }
        return Letter(subject=subject, fact=fact, **{**usual, **said}), self.order.payer.email  # type: ignore[arg-type]

    def to_coach(self, subject: str, fact: str, **said: object) -> tuple[Letter, str]:
        usual: dict[str, object] = {
            "why": f"You get this because {called.a_client} bought packs for others.",
            "reply_to": self.order.payer.email,
            "action": Link("Open the order", self.dashboard_page),
        }
        return Letter(subject=subject, fact=fact, **{**usual, **said}), ""  # type: ignore[arg-type]


def story_of(event: Event) -> OrderStory:
    """The order that an event speaks of, with the payment that took money for it."""
    order = Order.objects.select_related("payer", "pack_offer").get(pk=event.subject_id)
    tries = PaymentAttempt.objects.select_related("charge").filter(
        charge__purpose=PURPOSE, charge__reference=order.pk, status__in=MONEY_CAME
    )
    return OrderStory(
        event=event,
        order=order,
        practice=practice(),
        coach=coach_name(),
        paid_by=tries.order_by("-created_at", "-pk").first(),
        names=tuple(_names(order)),
    )


def _names(order: Order) -> list[str]:
    """Who gets one; who pays is "you"."""
    return ["you" if each.is_payer else one_line(each.name) for each in packs_for_people.people_of(order)]


# --- to who pays -------------------------------------------------------------------------------------


def bought(event: Event, now: datetime) -> tuple[Letter, str]:
    """The one mail with amounts: what was bought for whom, what was paid, the receipt."""
    story = story_of(event)
    return story.to_payer(
        f"Bought: {story.what}",
        f"You bought {story.what} from {story.coach} for {story.for_whom}.",
        facts=(*_each(story), *_paid(story, story.card()), *_receipts(story), *_own(story)),
        paragraphs=(_who_is_told(story), *_rules(story)),
        action=Link("See the order", address_of(story.order)),
    )


def offered(event: Event, now: datetime) -> tuple[Letter, str]:
    """The coach has set it up: what for whom, and where it is paid."""
    story = story_of(event)
    if story.order.status != OrderStatus.PENDING:
        raise Outdated("It was paid before the mail could be sent.")
    return story.to_payer(
        f"{story.what} with {story.coach}: {story.price} to pay",
        f"{story.coach} set up {story.what} for {story.for_whom}. {story.price} is to be paid.",
        facts=_each(story),
        paragraphs=("Everybody has their own as soon as it is paid. " + _privately(story),),
        action=Link(f"See it and pay {story.price}", address_of(story.order)),
    )


def released(event: Event, now: datetime) -> tuple[Letter, str]:
    """Nothing was charged, so nobody has anything; where to try again."""
    story = story_of(event)
    if story.order.paid_at is not None or story.paid_by:
        raise Outdated("It was paid after all.")
    again = Link("See what is on offer", f"{coach_address(current_schema())}/")
    if story.order.status == OrderStatus.PENDING:
        again = Link("Pay for it", address_of(story.order))
    return story.to_payer(
        f"Not paid: {story.what}",
        f"{NOTHING_CHARGED} {story.what} with {story.coach} is not paid, and nobody was told of it.",
        paragraphs=_why_it_ended(event),
        action=again,
        why=f"You get this because you started to pay for packs with {story.coach}.",
    )


def _why_it_ended(event: Event) -> tuple[str, ...]:
    waited = event.data.get("reason") == PAPERS_MISSING
    return (REASONS[PAPERS_MISSING].words,) if waited else ()


def refunded(event: Event, now: datetime) -> tuple[Letter, str]:
    story = story_of(event)
    amount = this_refund(story)
    return story.to_payer(
        f"Refund: {amount} for {story.what}",
        f"{amount} for {story.what} with {story.coach} is on its way back to you.",
        facts=(Fact("Refunded now", f"{amount} to {story.card()}"),),
        paragraphs=(UNDER_WAY, f"Whose {called.sessions} became fewer was told so, without the amount."),
        action=Link("See the order", address_of(story.order)),
    )


# --- to the coach ------------------------------------------------------------------------------------


def bought_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    story = story_of(event)
    whom = listing(["themselves" if each == "you" else each for each in story.names], story.practice.locale)
    return story.to_coach(
        f"Packs sold: {story.what} to {story.payer}",
        f"{story.payer} bought {story.what} for {whom}, and paid {story.price}.",
        facts=(*_contact(story), *_paid(story, "card"), *fee_facts(story, whose="the")),
        paragraphs=(f"Only {story.payer} and you read what it cost.",),
    )


def refunded_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    story = story_of(event)
    amount = this_refund(story)
    return story.to_coach(
        f"Refund: {amount} to {story.payer}",
        f"{amount} went back to {story.payer} for {story.what}.",
        facts=fee_returned(story),
        why="You get this because a payment to you was refunded.",
    )


# --- to each who gets one ------------------------------------------------------------------------------


def given(story: PackStory) -> Letter:
    """To who uses it: what it is, how long it is good, perhaps from whom; nothing of what it cost."""
    order = packs_given.order_of(story.pack.pk)
    message = packs_given.message_of(order, story.pack.pk) if order else ""
    giver = story.giver
    by = f"{giver} bought {story.what} with {story.coach} for you." if giver else ""
    return story.letter(
        subject=f"{story.what} from {giver}" if giver else f"{story.what} with {story.coach}, for you",
        fact=by or f"You were given {story.what} with {story.coach}.",
        facts=(Fact("What", f"{story.what}, {story.counted(story.pack.units)}"), *_to_sign(order, story)),
        balance=story.balance(),
        paragraphs=(f"{giver or 'They'} wrote:\n{message}",) if message else (),
        action=Link("Choose your times", story.page),
    )


def _to_sign(order: Order | None, story: PackStory) -> tuple[Fact, ...]:
    """What is to be read and accepted before a first session: the version that names no price."""
    if order is None:
        return ()
    papers = ClientPaper.objects.select_related("paper").filter(
        client=story.client, reference=order.pk, hides_prices=True, status=ClientPaperStatus.OPEN
    )
    return tuple(
        Fact(f"Before your first {called.session}", each.paper.name, href=paper_link(each)) for each in papers
    )


# --- words -------------------------------------------------------------------------------------------


def _each(story: OrderStory) -> tuple[Fact, ...]:
    offer = story.order.pack_offer
    assert offer is not None
    return (Fact("Each has", contents(offer)), Fact("For", story.for_whom), Fact("Price", story.price))


def _paid(story: OrderStory, card: str) -> tuple[Fact, ...]:
    paid = story.paid_by
    return (Fact("Paid", f"{story.money(paid.captured_minor)} by {card}"),) if paid else ()


def _receipts(story: OrderStory) -> tuple[Fact, ...]:
    """Those that are there when the mail is written; else where they will be."""
    charge = charge_of(story.order)
    papers = Document.objects.select_related("charge__client").filter(
        charge=charge, kind=DocumentKind.RECEIPT
    )
    there = [(each.label, paper_address(each)) for each in papers.order_by("number")]
    ahead = [("On the page of the order", address_of(story.order))]
    return tuple(Fact("Receipt", label, href=href) for label, href in there or ahead)


def _own(story: OrderStory) -> tuple[Fact, ...]:
    """The payer's own pack, where one of them is theirs."""
    own = [each for each in packs_given.packs_of(story.order) if each.client_id == story.order.payer_id]
    return tuple(Fact("Your own", "Choose your times", href=pack_link(each)) for each in own)


def _who_is_told(story: OrderStory) -> str:
    if all(each == "you" for each in story.names):
        return "You can book with it right away."
    at = packs_given.told_at(story.order)
    if at and at > story.event.at:
        day = long_date(at.date(), story.practice.locale)
        return f"They are told by mail on {day}. {_privately(story)}"
    return f"They are told by mail, each with a link of their own. {_privately(story)}"


def _privately(story: OrderStory) -> str:
    named = "" if story.order.agreed.get("names_payer", True) else ", nor who paid it"
    return f"None of them reads what it cost{named}. You do not see their notes and forms."


def _rules(story: OrderStory) -> tuple[str, ...]:
    """The rules in the very words that were agreed to."""
    text = str(story.order.agreed.get("text", "")).strip()
    return (f"What you agreed to:\n{text}",) if text else ()


def _contact(story: OrderStory) -> tuple[Fact, ...]:
    return (Fact("E-mail", story.order.payer.email),)
