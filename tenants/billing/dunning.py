"""When a card that was refused is tried again, and when it is given up: pure.

A bank says no for a reason. Some reasons pass, so the card is tried again after 1, 3, 5 and 7 days. Some stay
until the card is another one; and some are a question to the cardholder, whom only the client can answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
RETRY_DAYS: Final = (1, 3, 5, 7)
GRACE: Final = timedelta(days=RETRY_DAYS[-1])
"""For how long after the first try, or after the client was first asked, a part may still be paid."""
MOST_TRIES: Final = 8
WINDOW: Final = timedelta(days=30)

# The bank wants to ask the cardholder, who is not there.
ASKS: Final = frozenset({"authentication_required", "authentication_not_handled"})
NO_MORE_ADVICE: Final = frozenset({"do_not_try_again", "confirm_card_data"})
# Reasons that stay for as long as the card does: the bank's, and Stripe's own.
ENDS_THE_CARD: Final = frozenset(
    {
        "lost_card",
        "stolen_card",
        "expired_card",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stop_payment_order",
        "invalid_account",
        "incorrect_number",
        "invalid_number",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "card_not_supported",
        "resource_missing",
        "payment_method_unactivated",
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a card was refused, in Stripe's words."""

    code: str = ""
    decline_code: str = ""
    advice: str = ""

    @property
    def in_short(self) -> str:
        return self.decline_code or self.code

    @property
    def asks_client(self) -> bool:
        """Only the client can go on, present, on a page."""
        return not ASKS.isdisjoint({self.code, self.decline_code})

    @property
    def ends_card(self) -> bool:
        """This card is not tried again, for anything, until it changes."""
        return self.advice in NO_MORE_ADVICE or not ENDS_THE_CARD.isdisjoint({self.code, self.decline_code})


def next_try(
    *, refusal: Refusal, first_try_at: datetime, now: datetime, tries_at_card: Collection[datetime]
) -> datetime | None:
    """When to try the same card again for a part that was refused just now; None when never.

    `tries_at_card` are all tries at the card that failed, for whatever it was to pay, this one included.
    """
    if refusal.asks_client or refusal.ends_card:
        return None
    days = (first_try_at + day * DAY for day in RETRY_DAYS)
    return next((at for at in days if at > now and may_try(tries_at_card, at)), None)


def may_try(tries_at_card: Collection[datetime], at: datetime) -> bool:
    """Whether a try then would be one of at most 8 within any 30 days, over all debts of the card."""
    return sum(at - WINDOW < tried <= at for tried in tries_at_card) < MOST_TRIES


def free_again(tries_at_card: Sequence[datetime], now: datetime) -> datetime:
    """From when on the card may be tried once more."""
    within = sorted(tried for tried in tries_at_card if now - WINDOW < tried <= now)
    return now if len(within) < MOST_TRIES else within[-MOST_TRIES] + WINDOW


def given_up_at(told_at: datetime) -> datetime:
    """When a part that nobody pays is given up, after the first try or since the client was asked."""
    return told_at + GRACE
