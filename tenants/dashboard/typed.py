"""What forms send along beside what is typed."""

import uuid

from django.http import HttpRequest


def key_of(request: HttpRequest, name: str = "key") -> uuid.UUID | None:
    """The key that a form was given, so that a button that is pressed twice acts once."""
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def number_of(request: HttpRequest, name: str) -> int | None:
    """A small number that a form was given; None for what is none."""
    sent = request.POST.get(name, "")
    return int(sent) if sent.isdecimal() and len(sent) <= 4 else None
