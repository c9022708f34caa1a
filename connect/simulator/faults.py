"""Faults to order: the next calls that match a pattern fail in a chosen way."""

import re
import threading
import time
from dataclasses import dataclass

from connect.simulator.refusals import Refusal, card_error, invalid, server_fault

# Whether the effect of the call happens although the caller does not learn of it.
KINDS = {
    "500": False,
    "500_after": True,
    "429": False,
    "lost": True,
    "unreachable": False,
    "timeout": True,
    "slow": True,
    "refused": False,
}
REFUSALS = {
    "charge_expired_for_capture": "The charge cannot be captured: its authorization has expired.",
    "capture_charge_authorization_expired": "The authorization of this charge has expired.",
    "payment_intent_unexpected_state": "This PaymentIntent's state does not allow that.",
    "amount_too_large": "The amount is more than can be captured.",
    "card_declined": "Your card was declined.",
}


@dataclass
class Fault:
    pattern: str
    kind: str
    count: int = 1
    code: str = ""
    seconds: float = 0

    @property
    def has_effect(self) -> bool:
        return KINDS[self.kind]

    @property
    def changes_answer(self) -> bool:
        return self.kind in ("500", "500_after", "refused")

    def breaks_off(self) -> bool:
        """Wait as ordered; whether the connection then breaks."""
        time.sleep(self.seconds)
        return self.kind in ("lost", "unreachable", "timeout")

    def refusal(self) -> Refusal | None:
        """The error that is answered instead, if this fault answers at all."""
        if self.kind == "429":
            return Refusal(429, "invalid_request_error", "Too many requests.", code="rate_limit")
        if self.kind in ("500", "500_after"):
            return server_fault()
        if self.kind == "refused" and self.code == "card_declined":
            return card_error(REFUSALS[self.code], code=self.code, decline_code="generic_decline")
        return invalid(REFUSALS[self.code], code=self.code) if self.kind == "refused" else None


class Faults:
    def __init__(self) -> None:
        self._ordered: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault) -> None:
        """Raises ValueError for a kind or code that does not exist: a test must not pass by a typo."""
        if fault.kind not in KINDS or (fault.kind == "refused" and fault.code not in REFUSALS):
            raise ValueError(f"unknown fault {fault.kind} {fault.code}")
        re.compile(fault.pattern)
        with self._lock:
            self._ordered.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._ordered.clear()

    def next_for(self, method: str, path: str, *, replay: bool = False) -> Fault | None:
        """The fault that this call meets. A kept answer stands (`replay`): only the way to it can fail."""
        with self._lock:
            for fault in self._ordered:
                if replay and fault.changes_answer:
                    continue
                if re.search(fault.pattern, f"{method} {path}"):
                    fault.count -= 1
                    if fault.count <= 0:
                        self._ordered.remove(fault)
                    return fault
        return None
