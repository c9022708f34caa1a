"""What a program may do for a coach: each a word for programs, and a sentence for who gives it."""

from collections.abc import Collection

SCOPES = {
    "catalogue:read": "See what can be booked: session types, packs on offer and free times.",
    "bookings:read": "See bookings: who comes when, and how each session went.",
    "bookings:write": "Hold times, book, move and cancel sessions, answer requests, and note who came.",
    "clients:read": "See clients: names, e-mail addresses and phone numbers.",
    "clients:write": "Add clients and change their details.",
    "packs:read": "See packs: how many sessions are left, and what they were used for.",
    "packs:write": "Sell packs and correct balances.",
    "billing:read": "See amounts: prices, charges, payments, refunds and retainers.",
    "billing:write": "Give money back, and pause, resume and end retainers.",
    "payouts:read": "See what Stripe paid out, and what was in it.",
    "events:read": "See what happened, in order.",
    "webhooks:write": "Have events sent to an address of its own.",
}


class UnknownScope(ValueError):
    """No such scope, or none at all. Its message is for people."""


def written(scopes: Collection[str]) -> str:
    """As a key keeps them, in the order of the table. Raises UnknownScope."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise UnknownScope(f"There is no scope “{unknown[0]}”. Choose among {', '.join(SCOPES)}.")
    if not scopes:
        raise UnknownScope("A key without scopes opens nothing. Choose at least one.")
    return " ".join(scope for scope in SCOPES if scope in scopes)
