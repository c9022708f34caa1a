"""The words in which the demo's worlds are written: people and what they do, not how it comes about.

Days are counted from the day on which a world is first opened: yesterday is -1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Literal

from tenants.scheduling.slots import WeeklyHours

PASSWORD = "demo-demo-demo"  # noqa: S105  (printed for everybody)
OPERATOR = ("operator@example.com", "Olga Braun")
# Of the operator's authenticator app: anybody may be the operator of a demo.
OPERATOR_SECRET = "UPFRONTDEMOOPERATOR23456ABCDEFGH"  # noqa: S105
# A world's mailbox is as old as this: nobody wants to leaf through all of it.
DAYS_OF_MAIL = 6


# Whose address does not work, so that the carrier sends back what they are written.
MISTYPED = {"Ira Vogel": "bounce+ira@example.com"}


def email_of(name: str) -> str:
    return MISTYPED.get(name) or f"{name.split()[0].lower()}@example.com"


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One product: `terms` are the name and the text of an agreement, `files` names with what is in them."""

    fields: Mapping[str, Any]
    terms: tuple[str, str] | None = None
    files: Mapping[str, str] | None = None
    pack: str = ""


@dataclass(frozen=True, kw_only=True)
class Sequel:
    """Mails that follow an event by themselves: each some hours after it, with a subject and a text."""

    name: str
    starts_on: str
    mails: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Coach:
    """`packs` and `plans` name session types in their `covers`, with the units that each takes."""

    name: str
    slug: str
    email: str
    timezone: str
    country: str
    currency: str
    teaches: str
    practice: dict[str, Any]
    hours: list[WeeklyHours]
    offers: list[dict[str, Any]]
    packs: list[dict[str, Any]] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)
    coupons: list[dict[str, Any]] = field(default_factory=list)
    products: list[Shelved] = field(default_factory=list)
    sequels: list[Sequel] = field(default_factory=list)
    diary: list["Visit"] = field(default_factory=list)
    sales: list["Sale"] = field(default_factory=list)
    families: list["Family"] = field(default_factory=list)
    subscriptions: list["Subscription"] = field(default_factory=list)
    bills: list["Bill"] = field(default_factory=list)
    mishaps: list["Mishap"] = field(default_factory=list)
    # The currency of the bank account where it is another one, and what one whole of ours is in it.
    settled_in: tuple[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class World:
    """A past of so many days, and what of it is worth a look: where, and what stands there.

    `shown_pack` is whose pack is shown first: coach, client's address, pack.
    """

    name: str
    coaches: list[Coach]
    days_of_past: int
    shown_pack: tuple[Coach, str, str] | None = None
    to_see: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Later:
    """What becomes of a payment, or of what is owed, on a day after it.

    By card: `refund` by the coach here, `refund_at_stripe`, `dispute` or `inquiry` by the payer's bank.
    Of what is owed: `cash` and `transfer` that the coach notes, `link`, by which the payer pays with another
    card. `minor` is all, unless said. On `ends_on` it ends so: a dispute is `won` or `lost`, an inquiry
    `won`, and cash that was noted by mistake `taken_back`.
    """

    on: int
    what: Literal["refund", "refund_at_stripe", "dispute", "inquiry", "cash", "transfer", "link"]
    minor: int = 0
    ends: Literal["", "won", "lost", "taken_back"] = ""
    ends_on: int = 0


@dataclass(frozen=True)
class Visit:
    """A client books `offer` on `booked_on`, for the first free time from `day` on.

    `at` is the wall time, where it matters. `pack` is the client's pack that pays, `buys` one that is bought
    with it, `renews` says that another is bought where nothing is left; `retainer` is the plan that pays.
    At the `desk` the coach books it for cash, a transfer (of `part_minor`, where it is a part) or as a gift,
    which has a reason. With `card_fails` the kept card is declined from then on.

    It can be called off by the client so many hours before, or by the coach who closes the day; the coach can
    move it by a day. Where the coach decides, it is `answered` some hours after it was asked for.
    """

    client: str
    offer: str
    booked_on: int
    day: int
    came: bool = True
    at: time | None = None
    pack: str = ""
    renews: bool = False
    buys: str = ""
    retainer: str = ""
    coupon: str = ""
    desk: Literal["", "cash", "transfer", "gift"] = ""
    part_minor: int = 0
    card_fails: bool = False
    with_extras: bool = False
    message: str = ""
    called_off_hours_before: int = 0
    closed_because: str = ""
    moved_on: int | None = None
    answered: Literal["", "accepted", "declined"] = ""
    later: tuple[Later, ...] = ()

    @property
    def email(self) -> str:
        return email_of(self.client)


@dataclass(frozen=True)
class Sale:
    """A pack that a client buys on a day, or that the coach sells to them `unpaid`.

    What is passed on goes to `receiver`. With `card_fails` the kept card is declined from then on, until it
    is taken again on `card_mended_on`.
    """

    client: str
    pack: str
    on: int
    unpaid: bool = False
    coupon: str = ""
    card_fails: bool = False
    card_mended_on: int | None = None
    passed_on: int | None = None
    units: int = 0
    receiver: str = ""
    later: tuple[Later, ...] = ()

    @property
    def email(self) -> str:
        return email_of(self.client)


@dataclass(frozen=True)
class Family:
    """A pack for each of several people, which one of them pays for; `children` have no address."""

    payer: str
    pack: str
    on: int
    others: tuple[str, ...]
    children: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Subscription:
    """A retainer that a client begins on a day. The card fails from one day until another; it is paused and
    resumed, or ended, by the client."""

    client: str
    plan: str
    on: int
    card_fails_on: int | None = None
    card_mended_on: int | None = None
    paused_on: int | None = None
    resumed_on: int | None = None
    ended_on: int | None = None

    @property
    def email(self) -> str:
        return email_of(self.client)


@dataclass(frozen=True)
class Bill:
    """An invoice that the coach sends for something that was never booked here, due after two weeks."""

    client: str
    text: str
    minor: int
    on: int
    cancelled_on: int | None = None
    later: tuple[Later, ...] = ()

    @property
    def email(self) -> str:
        return email_of(self.client)


@dataclass(frozen=True)
class Mishap:
    """What happens to the coach's account at Stripe on a day, and is put right on another.

    A payout that the bank sends back, or a question of Stripe's, until whose answer no card is charged. Costs
    and sales made without us need no mending.
    """

    what: Literal["payout_fails", "restricted", "cost", "sold_elsewhere"]
    on: int
    mended_on: int = 0
    minor: int = 0


def weekly(days: range, *ranges: tuple[int, int]) -> list[WeeklyHours]:
    return [WeeklyHours(day, time(start), time(end)) for day in days for start, end in ranges]
