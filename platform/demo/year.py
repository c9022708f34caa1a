"""A world of three coaches in three currencies and a whole past year, out of weekly habits.

Everything follows from the habits and the days alone, so that each seeding is the same year.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, Literal

from demo import year_coaches
from demo.world import Bill, Coach, Later, Mishap, Sale, Subscription, Visit, World, email_of
from demo.year_coaches import ANNA, BLOCK, CAMP, COURSE, GRACE, LESSON, MONTHLY, PACK, TALK, TRIAL, YUKI

DAYS = 365
_TO_COME = 8
_TO_SEE = (
    ("Anna, in euros", "Deposits and rests, packs that renew and expire, refunds, disputes won and lost"),
    (
        "Anna: payouts",
        "One failed and was mended; costs of Stripe’s and a sale elsewhere stand among the lines",
    ),
    (
        "Grace, in dollars",
        "Retainers: one failed and recovered, one was paused, one ended; a week without cards",
    ),
    ("Yuki, in yen", "Amounts without cents"),
    ("All three", "./run verify_money compares every figure with Stripe’s own books"),
)


@dataclass(frozen=True)
class Habit:
    """A client who comes every so many days from the `first` day of the past on, at the same time of day, and
    books so many days ahead.

    Each n-th time they call it off late or early, do not come, or the coach closes the day or moves them.
    """

    client: str
    offer: str
    at: time | None
    first: int = 2
    every: int = 7
    ahead: int = 2
    late: int = 0
    early: int = 0
    missed: int = 0
    closed: int = 0
    moved: int = 0
    until: int = DAYS * 2
    usual: dict[str, Any] | None = None


def visits_of(habit: Habit, *, days: int) -> Iterator[Visit]:
    """From the world's beginning, so many days ago, to a few days ahead."""
    last = min(days + _TO_COME, habit.until)
    for nth, on in enumerate(range(habit.first, last, habit.every), start=1):
        day, usual = on - days, habit.usual or {}
        visit = Visit(habit.client, habit.offer, day - habit.ahead, day, at=habit.at, **usual)
        yield replace(visit, **_unusual(habit, nth, day))


def _unusual(habit: Habit, nth: int, day: int) -> dict[str, Any]:
    if _is_nth(nth, habit.late):
        return {"called_off_hours_before": 3}
    if _is_nth(nth, habit.early):
        return {"called_off_hours_before": 30}
    if _is_nth(nth, habit.closed):
        return {"closed_because": "thunderstorm"}
    if _is_nth(nth, habit.moved):
        return {"moved_on": day - 1}
    return {"came": not _is_nth(nth, habit.missed)}


def _is_nth(nth: int, every: int) -> bool:
    return every > 0 and nth % every == every - 1


def _answered(visits: Iterable[Visit]) -> Iterator[Visit]:
    """Two yeses, then a no."""
    for nth, visit in enumerate(visits):
        yield replace(visit, answered="declined" if nth % 3 == 1 else "accepted")


def _happening(visits: Iterable[Visit], happenings: dict[int, Later]) -> list[Visit]:
    """What becomes of the n-th payment; its days are counted from the booking."""
    rows = list(visits)
    for nth, later in happenings.items():
        visit = rows[nth]
        on, ends_on = visit.booked_on + later.on, visit.booked_on + later.ends_on
        rows[nth] = replace(visit, later=(replace(later, on=on, ends_on=ends_on),))
    return rows


# --- Anna, tennis, euro ---------------------------------------------------------------------------------


def _anna(days: int) -> Coach:
    renewing = {"pack": PACK, "renews": True}
    habits = [
        Habit("Cleo Brandt", LESSON, time(10), first=3, late=9, missed=14, usual=renewing),
        Habit("Nora Falk", LESSON, time(14), first=4, closed=6, early=11, usual=renewing),
        Habit(
            "Tom Adler",
            LESSON,
            time(16),
            first=5,
            every=14,
            usual={"pack": year_coaches.SMALL_PACK, "renews": True},
        ),
        Habit("Felix Kern", LESSON, time(8), first=3, moved=7, usual={"with_extras": True}),
        Habit("Jonas Weber", LESSON, time(12), first=6, late=8, missed=6),
        Habit("Mats Vogel", CAMP, None, first=8, every=21, ahead=7, early=5),
        Habit("Hugo Stein", LESSON, time(17), first=8, every=28, usual={"coupon": "SERVE-10"}),
        Habit("Oskar Jung", LESSON, time(18), first=7, every=14, missed=9, usual={"desk": "cash"}),
        Habit("Lotte Bergmann", LESSON, time(15), first=9, every=35, usual={"desk": "gift"}),
        Habit("Sofie Kurz", LESSON, time(13), first=5, every=14, until=90, usual={"pack": COURSE}),
    ]
    return replace(
        ANNA,
        diary=[
            *(visit for habit in habits for visit in visits_of(habit, days=days)),
            *_newcomers(ANNA, days=days),
            *_happening(
                visits_of(Habit("Mara Lindt", LESSON, time(9), first=5, early=10), days=days),
                {
                    0: Later(4, "refund_at_stripe", 1500),
                    1: Later(6, "dispute", ends="won", ends_on=16),
                    2: Later(5, "refund"),
                    3: Later(4, "dispute", ends="lost", ends_on=14),
                    4: Later(3, "inquiry", ends="won", ends_on=9),
                    5: Later(3, "refund", 2000),
                },
            ),
            *_answered(
                visits_of(Habit("Paul Behrens", year_coaches.TOURNAMENT, None, first=9, every=14), days=days)
            ),
            Visit(
                "Vera Klein", CAMP, 10 - days, 17 - days, card_fails=True, later=(Later(19 - days, "link"),)
            ),
        ],
        sales=[
            Sale("Sofie Kurz", COURSE, 2 - days),
            Sale("Karl Brehm", COURSE, 3 - days, card_fails=True, card_mended_on=38 - days),
            Sale("Ines Roth", PACK, 4 - days, later=(Later(20 - days, "refund_at_stripe", 20000),)),
            Sale("Mara Lindt", PACK, 12 - days, unpaid=True, later=_in_hand(12 - days, 10000)),
            Sale("Lena Adler", PACK, 6 - days, coupon="SERVE-10"),
        ],
        bills=_bills("Petra Winkler", "Guest training at the club", 24000, days=days),
        mishaps=[
            Mishap("payout_fails", 20 - days, mended_on=24 - days),
            Mishap("cost", 25 - days, minor=700),
            Mishap("sold_elsewhere", 26 - days, minor=8000),
        ],
    )


def _newcomers(coach: Coach, *, days: int) -> Iterator[Visit]:
    """Every third week somebody comes for the first talk, which costs nothing."""
    for nth, on in enumerate(range(8, days, 21)):
        name = year_coaches.NEWCOMERS[nth % len(year_coaches.NEWCOMERS)]
        yield Visit(f"{name}-{coach.slug}-{nth} Vogt", TRIAL, on - 3 - days, on - days)


def _in_hand(on: int, part_minor: int) -> tuple[Later, ...]:
    """A part in cash, one that was noted by mistake, and the rest by transfer."""
    return (
        Later(on + 3, "cash", part_minor),
        Later(on + 5, "cash", part_minor, ends="taken_back", ends_on=on + 6),
        Later(on + 9, "transfer"),
    )


def _bills(client: str, text: str, minor: int, *, days: int) -> list[Bill]:
    """Every four weeks one, paid by link ten days later or, at last, by transfer; the second is cancelled."""
    rows = []
    for nth, on in enumerate(range(6, days, 28)):
        how: Literal["link", "transfer"] = "transfer" if nth % 3 == 2 else "link"
        paid = (Later(on + 10 - days, how),)
        cancelled = on + 4 - days if nth == 1 else None
        rows.append(Bill(client, text, minor, on - days, cancelled, () if nth == 1 else paid))
    return rows


# --- Grace, coaching, dollars; Yuki, piano, yen --------------------------------------------------------


def _grace(days: int) -> Coach:
    on_retainer = {"retainer": MONTHLY}
    habits = [
        Habit("Priya Nair", TALK, time(10), first=4, every=14, usual=on_retainer),
        Habit("Sam Cole", TALK, time(12), first=5, every=14, late=6, usual=on_retainer),
        Habit("Ada Park", TALK, time(14), first=6, every=14, usual=on_retainer),
        Habit("Ruth Diaz", TALK, time(16), first=3, missed=12, early=9),
        Habit("Omar Haddad", TALK, time(11), first=4, every=14, late=7, moved=9),
        Habit("Lin Chao", TALK, time(15), first=6, usual={"pack": PACK, "renews": True}),
        Habit("Eva Stone", TALK, time(17), first=9, every=28, usual={"desk": "transfer"}),
    ]
    happenings = {1: Later(5, "refund", 5000), 3: Later(9, "dispute", 6000, ends="lost", ends_on=20)}
    return replace(
        GRACE,
        diary=[
            *(visit for habit in habits for visit in visits_of(habit, days=days)),
            *_newcomers(GRACE, days=days),
            *_happening(visits_of(Habit("Noa Levi", TALK, time(13), first=5), days=days), happenings),
        ],
        sales=[
            Sale(
                "Kim Bauer",
                COURSE,
                4 - days,
                later=(Later(12 - days, "dispute", ends="won", ends_on=30 - days),),
            )
        ],
        subscriptions=[
            Subscription("Priya Nair", MONTHLY, 2 - days),
            Subscription("Sam Cole", MONTHLY, 3 - days, card_fails_on=27 - days, card_mended_on=33 - days),
            Subscription("Ada Park", MONTHLY, 4 - days, paused_on=14 - days, resumed_on=45 - days),
            Subscription("Ian Frost", MONTHLY, 5 - days, ended_on=20 - days),
        ],
        bills=_bills("Northwind Labs", "Workshop for new leads", 90000, days=days),
        mishaps=[Mishap("restricted", 46 - days, mended_on=53 - days)],
    )


def _yuki(days: int) -> Coach:
    habits = [
        Habit("Haruto Abe", LESSON, time(10), first=3, missed=11),
        Habit("Sora Ito", LESSON, time(12), first=4, early=7),
        Habit("Mei Tanaka", LESSON, time(14), first=5, every=14, late=4),
        Habit("Ren Kato", LESSON, time(16), first=6, every=14),
        Habit("Aoi Mori", LESSON, time(18), first=4, usual={"pack": BLOCK, "renews": True}),
        Habit("Rin Ueda", CAMP, None, first=9, every=28, ahead=7),
    ]
    happenings = {0: Later(5, "refund", 1500), 2: Later(6, "refund_at_stripe")}
    return replace(
        YUKI,
        diary=[
            *(visit for habit in habits for visit in visits_of(habit, days=days)),
            *_newcomers(YUKI, days=days),
            *_happening(visits_of(Habit("Kai Endo", LESSON, time(11), first=5), days=days), happenings),
        ],
        sales=[Sale("Yui Ogawa", COURSE, 5 - days)],
        bills=_bills("Sakura School", "A term of class concerts", 60000, days=days),
    )


def world(*, days: int) -> World:
    """The same habits for as many days; with 56 of them everything has happened once."""
    coaches = [_anna(days), _grace(days), _yuki(days)]
    shown = (coaches[0], email_of("Cleo Brandt"), PACK)
    return World(name="year", coaches=coaches, days_of_past=days, shown_pack=shown, to_see=_TO_SEE)


WORLD = world(days=DAYS)
