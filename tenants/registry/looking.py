"""Looking at a practice without changing anything: an operator for half an hour, or its coach while it is
suspended.

An operator sees the pages named here and no others. They show no notes, no answers to forms, no mails, no
links of clients, no keys, and nothing is given out as a file.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from kit import clock
from tenants.registry.models import Tenant, TenantStatus

LASTS = timedelta(minutes=30)
_KEPT_AS = "looking"

# By the names of their addresses.
SHOWN_TO_OPERATORS = frozenset(
    f"dashboard_{page}"
    for page in (
        *("today", "calendar", "clients", "balances", "money", "matched", "payment", "payouts", "payout"),
        "fees",
        *("papers", "retainers", "offers", "offer", "coupons", "coupon", "pack_offer", "retainer_plan"),
        *("products", "product", "settings", "practice", "brand", "brand_picture", "words", "widget"),
        *("cancelling", "reminders", "automations", "automation_log", "hours", "dates", "time_off"),
        *("stripe", "on_papers", "by_operators"),
    )
)


@dataclass(frozen=True, slots=True)
class Looking:
    """That a request may see, and not act. `leaves` where somebody can stop looking."""

    title: str
    words: str
    by_operator: bool
    leaves: bool = False
    reads_only: bool = False

    def may(self, *, method: str | None, route: str, view: Any) -> bool:
        """Whether the page is shown, or the act allowed, all the same."""
        reads = method in ("GET", "HEAD") and not getattr(view, "writes_on_get", False)
        if self.by_operator:
            return reads and route in SHOWN_TO_OPERATORS
        return reads or (not self.reads_only and getattr(view, "open_while_suspended", False))


def while_suspended(reason: str) -> Looking:
    """What a coach may do whose practice is suspended."""
    return Looking(
        title="Your practice is suspended",
        words=f"{reason} You can look at everything and save it as files, but change nothing. Write to us "
        "under Help to have it opened again.",
        by_operator=False,
    )


def while_closed(until: datetime) -> Looking:
    """What a coach may do who has closed the practice, and clients on their own pages."""
    return Looking(
        title="This practice is closed",
        words=f"Until {until:%Y-%m-%d} everything can be looked at and saved as files. Until then its coach "
        "can open it again, too, under Settings.",
        by_operator=False,
    )


def while_moving(tenant: Tenant) -> Looking:
    """What a coach may do whose practice is on its way to another installation, or there."""
    title, words = _MOVES[TenantStatus(tenant.status)]
    return Looking(title=title, words=words.format(to=tenant.moving_to), by_operator=False, reads_only=True)


_MOVES = {
    TenantStatus.MOVING: (
        "Your practice is moving",
        "It goes to {to}, and is back soon. Your pages say so. Booked sessions stand, payments under way are "
        "settled first, and nothing new is taken. You can look at everything, but change nothing.",
    ),
    TenantStatus.PACKED: (
        "Your practice is moving",
        "It goes to {to}, and is back soon. Your pages say so, and all is packed: mails and charges go on "
        "there. You can look at everything, but change nothing.",
    ),
    TenantStatus.MOVED: (
        "Your practice has moved",
        "It is at {to} now, and your clients are led there. What you see here is a copy of the day it moved, "
        "in which nothing changes: work there.",
    ),
    TenantStatus.ARRIVING: (
        "Your practice is arriving",
        "All of it is here. It opens when the place that it comes from has let go of it; until then you can "
        "look at everything, but change nothing.",
    ),
}


def open_while_suspended(view: Any) -> Any:
    """Mark a view that a coach may use all the same, such as writing to us."""
    view.open_while_suspended = True
    return view


# --- an operator's look ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Which practice an operator looks at, and until when at the most."""

    look_id: uuid.UUID
    tenant_id: uuid.UUID
    until: datetime


def begin(session: SessionBase, look: Look) -> None:
    """This session may look. One look at a time: another one ends the first."""
    ids = {"look": str(look.look_id), "tenant": str(look.tenant_id)}
    session[_KEPT_AS] = {**ids, "until": look.until.isoformat()}


def end(session: SessionBase) -> Look | None:
    """What was looked at, even if its time was over before; None when the session looked at nothing."""
    kept = session.pop(_KEPT_AS, None)
    if kept is None:
        return None
    until = datetime.fromisoformat(kept["until"])
    return Look(uuid.UUID(kept["look"]), uuid.UUID(kept["tenant"]), until)


def of_operator(session: SessionBase, *, tenant_id: uuid.UUID, name: str) -> Looking | None:
    """The look of this session at this practice, while it lasts."""
    kept = session.get(_KEPT_AS)
    if not kept or kept["tenant"] != str(tenant_id):
        return None
    left = datetime.fromisoformat(kept["until"]) - clock.now()
    if left <= timedelta():
        return None
    minutes = int(left.total_seconds() // 60) + 1
    return Looking(
        title=f"You look at {name} as its coach",
        words=f"Nothing can be changed. It ends by itself in {minutes} minute{'s' * (minutes != 1)}; the "
        "coach sees that you were here, and why.",
        by_operator=True,
        leaves=True,
    )
