"""What the page of components shows: one made-up coach, her fees and her week."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms

from ui.accents import ACCENTS

ZONE = "Europe/Berlin"
NOW = datetime(2026, 6, 9, 12, 32, tzinfo=UTC)
TODAY = date(2026, 6, 9)
FREE_TIMES = (0, 5, 3, 0, 0, 0, 6, 1, 4, 0, 2, 0, 0, 6)


class SampleForm(forms.Form):
    name = forms.CharField(label="Your name", widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label="E-mail",
        help_text="The confirmation and the link to move or cancel go here.",
        error_messages={"invalid": "This address has no @ sign. Write it like ana@example.org."},
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    goal = forms.CharField(label="What would you like to work on?", widget=forms.Textarea, required=False)
    place = forms.ChoiceField(
        label="Where", choices=[("court", "Court 3, Volkspark"), ("online", "Online, by video")]
    )
    level = forms.ChoiceField(
        label="Level",
        choices=[("new", "New to it"), ("some", "Some years"), ("much", "Competing")],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(
        label="I agree to the cancellation rule: free until 24 hours before, half the price after that."
    )


def everything() -> dict[str, Any]:
    return {
        "accents": ACCENTS,
        "coach": {
            "name": "Ana Marković",
            "tagline": "Tennis, Berlin",
            "contact_url": "mailto:ana@example.org",
        },
        "tz": ZONE,
        "now": NOW,
        "hold_until": NOW + timedelta(seconds=95),
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "Ben Okafor", "email": "ben.example.org", "level": "some"}),
        "days": _days(),
        "chosen_day": TODAY + timedelta(days=1),
        "starts": _starts(),
        "lines": _lines(),
        "history": _history(),
        "payments": _payments(),
        "months": _months(),
    }


def _days() -> list[dict[str, Any]]:
    return [
        {"date": TODAY + timedelta(days=offset), "count": count, "href": "#days"}
        for offset, count in enumerate(FREE_TIMES)
    ]


def _starts() -> list[dict[str, Any]]:
    first = datetime(2026, 6, 10, 7, 0, tzinfo=UTC)
    return [
        {"starts_at": first + timedelta(hours=hours), "href": "#slots"} for hours in (0, 1, 5, 7, 8, 10.5)
    ]


def _lines() -> list[dict[str, Any]]:
    return [
        {"label": "Client paid", "minor": 8000},
        {"label": "Stripe", "minor": -262, "note": "2.9 % + $0.30"},
        {"label": "Platform fee", "minor": -800, "note": "10 %, after ten free sessions"},
    ]


def _history() -> list[dict[str, Any]]:
    return [
        {"at": NOW, "text": "Paid $45.00 by card", "icon": "check", "meaning": "paid", "note": "by Ben Okafor"},
        {"at": NOW - timedelta(minutes=3), "text": "Card declined: not enough money", "icon": "x",
         "meaning": "problem"},
        {"at": NOW - timedelta(minutes=5), "text": "Time kept for ten minutes", "icon": "clock"},
    ]  # fmt: skip


def _payments() -> list[dict[str, Any]]:
    return [
        {"client": "Ben Okafor", "at": NOW, "meaning": "paid", "gross": 8000, "fees": -1062, "net": 6938},
        {"client": "Chloé Lefèvre", "at": NOW - timedelta(days=1), "meaning": "attention", "words": "Owes $40",
         "gross": 4000, "fees": -546, "net": 3454},
        {"client": "Dai Nakamura", "at": NOW - timedelta(days=2), "meaning": "paid", "gross": 12000,
         "fees": -1578, "net": 10422},
    ]  # fmt: skip


def _months() -> list[dict[str, Any]]:
    amounts = {"Jan": 42000, "Feb": 61000, "Mar": 58000, "Apr": 90500, "May": 112000, "Jun": 38000}
    return [{"label": month, "minor": minor} for month, minor in amounts.items()]
