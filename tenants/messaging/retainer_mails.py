"""Which mails are written about retainers, by whom, and who gets one of each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from tenants.messaging import retainer_changes, retainers
from tenants.messaging.letters import Letter
from tenants.messaging.models import Audience
from tenants.messaging.retainer_story import RetainerStory

CLIENT, PAYER, COACH = Audience.CLIENT, Audience.BUYER, Audience.COACH
ALL = (CLIENT, PAYER, COACH)

# What happened -> the kind of mail, and who may get one. The client only where somebody else pays.
MAILS: Final[Mapping[str, tuple[str, tuple[Audience, ...]]]] = MappingProxyType(
    {
        "retainer.invited": ("retainer_invited", (PAYER,)),
        "retainer.started": ("retainer_started", ALL),
        "retainer.released": ("retainer_released", (PAYER,)),
        "retainer.upcoming": ("retainer_upcoming", (PAYER,)),
        "retainer.renewed": ("retainer_renewed", ALL),
        "retainer.past_due": ("retainer_past_due", ALL),
        "retainer.asks_client": ("retainer_asks_client", (PAYER,)),
        "retainer.paused": ("retainer_paused", ALL),
        "retainer.resumed": ("retainer_resumed", ALL),
        "retainer.cancel_wanted": ("retainer_cancel_wanted", ALL),
        "retainer.ended": ("retainer_ended", ALL),
        "retainer.price_changed": ("retainer_price_changed", (PAYER,)),
    }
)
REFUNDED: Final = ("retainer_refunded", ALL)
"""Money that went back for a period."""

WRITERS: Final[Mapping[tuple[str, str], Callable[[RetainerStory], Letter]]] = MappingProxyType(
    {
        ("retainer_invited", PAYER): retainers.invited,
        ("retainer_started", CLIENT): retainers.started_to_client,
        ("retainer_started", PAYER): retainers.started,
        ("retainer_started", COACH): retainers.started_to_coach,
        ("retainer_released", PAYER): retainers.released,
        ("retainer_upcoming", PAYER): retainers.upcoming,
        ("retainer_renewed", CLIENT): retainers.renewed_to_client,
        ("retainer_renewed", PAYER): retainers.renewed,
        ("retainer_renewed", COACH): retainers.renewed_to_coach,
        ("retainer_past_due", CLIENT): retainers.past_due_to_client,
        ("retainer_past_due", PAYER): retainers.past_due,
        ("retainer_past_due", COACH): retainers.past_due_to_coach,
        ("retainer_asks_client", PAYER): retainers.asks_client,
        ("retainer_paused", CLIENT): retainer_changes.paused_to_client,
        ("retainer_paused", PAYER): retainer_changes.paused,
        ("retainer_paused", COACH): retainer_changes.paused_to_coach,
        ("retainer_resumed", CLIENT): retainer_changes.resumed_to_client,
        ("retainer_resumed", PAYER): retainer_changes.resumed,
        ("retainer_resumed", COACH): retainer_changes.resumed_to_coach,
        ("retainer_cancel_wanted", CLIENT): retainer_changes.cancel_wanted,
        ("retainer_cancel_wanted", PAYER): retainer_changes.cancel_wanted,
        ("retainer_cancel_wanted", COACH): retainer_changes.cancel_wanted_to_coach,
        ("retainer_ended", CLIENT): retainer_changes.ended_to_client,
        ("retainer_ended", PAYER): retainer_changes.ended,
        ("retainer_ended", COACH): retainer_changes.ended_to_coach,
        ("retainer_price_changed", PAYER): retainer_changes.price_changed,
        ("retainer_refunded", CLIENT): retainers.refunded_to_client,
        ("retainer_refunded", PAYER): retainers.refunded,
        ("retainer_refunded", COACH): retainers.refunded_to_coach,
    }
)
