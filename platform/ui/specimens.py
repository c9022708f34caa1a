"""What the page of components shows: one made-up coach, her fees and her week."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms

from ui.accents import ACCENTS

ZONE = "Europe/Berlin"
NOW = datetime(2026, 6, 9, 12, 32, tzinfo=UTC)
TODAY = date(2026, 6, 9)
COACH = {"name": "Ana Marković", "tagline": "Tennis, Berlin", "contact_url": "mailto:ana@example.org"}
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
    """The context of the page of components."""
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
        "wrong_form": SampleForm(
            {"name": "Ben Okafor", "email": "ben.example.org", "level": "some"}, auto_id="wrong_%s"
        ),
        "days": _days(),
        "chosen_day": TODAY + timedelta(days=1),
        "starts": _starts(),
        "lines": _lines(),
        "history": _history(),
        "payments": _payments(),
        "months": _months(),
        "shares": [
            {"name": "Private lesson", "minor": 54000, "share_bp": 6000},
            {"name": "10-session pack", "minor": 36000, "share_bp": 4000},
        ],
    }


def _days() -> list[dict[str, Any]]:
    return [
        {"date": TODAY + timedelta(days=offset), "count": count, "href": "#days"}
        for offset, count in enumerate(FREE_TIMES)
    ]


def _starts() -> list[dict[str, Any]]:
    first = datetime(2026, 6, 10, 7, 0, tzinfo=UTC)
    hours = (0, 1, 5, 7, 8, 10.5)
    return [{"starts_at": first + timedelta(hours=after), "href": "#slots"} for after in hours]


def _lines() -> list[dict[str, Any]]:
    return [
        {"label": "Client paid", "minor": 8000},
        {"label": "Stripe", "minor": -262, "note": "2.9% + $0.30"},
        {"label": "Platform fee", "minor": -800, "note": "10%, after ten free sessions"},
    ]


def _history() -> list[dict[str, Any]]:
    paid = {"text": "Paid $45.00 by card", "icon": "check", "meaning": "paid", "note": "by Ben Okafor"}
    declined = {"text": "Card declined: not enough money", "icon": "x", "meaning": "problem"}
    kept = {"text": "Time kept for ten minutes", "icon": "clock"}
    return [
        {"at": NOW, **paid},
        {"at": NOW - timedelta(minutes=3), **declined},
        {"at": NOW - timedelta(minutes=5), **kept},
    ]


def _payments() -> list[dict[str, Any]]:
    whole = {"client": "Ben Okafor", "meaning": "paid", "gross": 8000, "net": 6938}
    part = {
        "client": "Chloé Lefèvre",
        "meaning": "attention",
        "words": "Owes $40",
        "gross": 4000,
        "net": 3454,
    }
    credit = {"client": "Dai Nakamura", "meaning": "paid", "words": "Credit", "gross": 0, "net": 0}
    return [{"at": NOW - timedelta(days=days), **row} for days, row in enumerate((whole, part, credit))]


def _months() -> list[dict[str, Any]]:
    amounts = {"Jan": 42000, "Feb": 61000, "Mar": 58000, "Apr": 90500, "May": 112000, "Jun": 38000}
    return [{"label": month, "minor": minor} for month, minor in amounts.items()]
