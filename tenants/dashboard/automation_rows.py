"""The page of automations and its log, row by row, as the coach reads them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenants.clients.models import Client
from tenants.dashboard.automation_words import DEEDS, GROUPS, MAILS, WORDS, Words
from tenants.dashboard.desk import Desk
from tenants.dashboard.rule_words import reminders_in_words
from tenants.earnings.deeds import Deed, Done, Tally
from tenants.messaging.models import Audience
from tenants.messaging.sequence_names import names_of
from tenants.messaging.switches import SWITCHES, Automation, is_on
from tenants.offers.models import IfRestFails, SessionType

ABOUT_BOOKINGS = frozenset({Deed.BOOKED, Deed.FREED, Deed.CALLED_OFF})
ABOUT_PAYMENTS = frozenset({Deed.PAID, Deed.CHARGED, Deed.RETRIED, Deed.RETURNED})
PAGES = {Deed.PAPERS: "paper", Deed.EXPIRED: "pack", Deed.EXPLAINED: "payout"}
PAGES |= dict.fromkeys(ABOUT_BOOKINGS, "booking") | dict.fromkeys(ABOUT_PAYMENTS, "payment")
# By how the kind of a mail begins: what it is about is what its event is about.
PAGES_OF_MAILS = {"booking": "booking", "pack": "pack", "retainer": "retainer", "invoice": "paper"}
PAGES_OF_THE_PRACTICE = {"payout_failed": "payouts", "fees_stated": "fees"}
# Those whose event is about something else: money that went back, or the client.
ABOUT_CLIENTS = frozenset(
    {"pack_payment_refunded", "pack_link_asked", "retainer_refunded", "invoice_refunded"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """An automation as it stands: `can_switch` it, and how often it did its work."""

    key: str
    words: Words
    state: str
    can_switch: bool
    is_on: bool
    tally: Tally
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the log."""

    at: datetime
    title: str
    whom: str
    href: str
    minor: int | None
    currency: str


# --- the page -----------------------------------------------------------------------------------------


def groups_of(desk: Desk, tallies: dict[str, Tally]) -> list[tuple[str, str, list[Row]]]:
    """Key, title and rows of each group."""
    states = _states(desk)
    return [
        (group.key, group.title, [_row(desk, each, states, tallies) for each in group.automations])
        for group in GROUPS
    ]


def _row(desk: Desk, automation: str, states: dict[str, str], tallies: dict[str, Tally]) -> Row:
    words = WORDS[automation]
    return Row(
        key=str(automation),
        words=words,
        state=states.get(automation, ""),
        can_switch=automation in SWITCHES,
        is_on=is_on(automation, desk.practice),
        tally=tallies.get(str(automation), Tally()),
        href=desk.address(words.page) if words.page else "",
    )


def _states(desk: Desk) -> dict[str, str]:
    """What is set elsewhere, as it is set. One question."""
    deposits = SessionType.objects.exclude(deposit_minor=0, deposit_bp=0).filter(is_active=True)
    rows = list(deposits.values_list("rest_by_card", "if_rest_fails"))
    if not rows:
        return {Automation.REMINDERS: f"{reminders_in_words(desk.practice)}."}
    by_card = sum(is_by_card for is_by_card, _fails in rows)
    called_off = sum(fails == IfRestFails.CANCEL for _by_card, fails in rows)
    of_all = f"of {len(rows)} session type{'' if len(rows) == 1 else 's'} with a deposit"
    return {
        Automation.REMINDERS: f"{reminders_in_words(desk.practice)}.",
        Deed.CHARGED: f"The rest is charged for {by_card} {of_all}.",
        Deed.CALLED_OFF: f"On for {called_off} {of_all}.",
    }


# --- the log ------------------------------------------------------------------------------------------


def shown(desk: Desk, rows: Iterable[Done]) -> list[Shown]:
    """Lines of the log with names and pages: one question, and three more for mails of sequences."""
    every = list(rows)
    ids = {each.client_id for each in every if each.client_id}
    names = dict(Client.objects.filter(pk__in=ids).values_list("pk", "name"))
    steps = names_of([each.row_id for each in every if each.what == "sequence_mail"])
    return [
        Shown(
            at=each.at,
            title=steps.get(each.row_id) or title_of(each),
            whom=_whom(each, names.get(each.client_id) if each.client_id else None),
            href=_page(desk, each, names),
            minor=each.minor,
            currency=each.currency,
        )
        for each in every
    ]


def title_of(done: Done) -> str:
    """What it was: "Session reminded of", "Declined card tried again, and charged"."""
    if done.audience:
        return MAILS.get(done.what, done.what.replace("_", " ").capitalize())
    if done.automation == Deed.RETRIED:
        ended = {"captured": ", and charged", "declined": ", and declined"}.get(done.what, "")
        return f"Declined card tried again{ended}"
    if done.automation == Deed.PAPERS:
        return "Receipt written" if done.what == "receipt" else "Credit note written"
    return DEEDS[done.automation]


def _whom(done: Done, name: str | None) -> str:
    if done.audience == Audience.COACH:
        return f"Mail to you, about {name}" if name else "Mail to you"
    if done.audience == Audience.BUYER:
        return f"Mail to whoever pays for {name}" if name else "Mail to whoever pays"
    return f"Mail to {name or 'a client'}" if done.audience else name or ""


def _page(desk: Desk, done: Done, names: dict[uuid.UUID, str]) -> str:
    """What it is about, or else the client."""
    if not done.audience:
        return desk.address(PAGES[done.automation], done.subject_id)  # type: ignore[index]
    page = PAGES_OF_MAILS.get(done.what.partition("_")[0])
    if page and done.what not in ABOUT_CLIENTS:
        return desk.address(page, done.subject_id)
    if done.client_id in names:
        return desk.address("client", done.client_id)
    return desk.address(PAGES_OF_THE_PRACTICE.get(done.what, "stripe"))
