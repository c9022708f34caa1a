"""Addresses on the coach's pages: made from a name, and one's own."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError
from django.utils.text import slugify

TRIES = 5

Row = TypeVar("Row")


def with_own_address(name: str, *, otherwise: str, create: Callable[[str], Row]) -> Row:
    """What `create`, a transaction of its own, makes at the first address that a constraint lets it have.

    "ten-lessons", "ten-lessons-2", …; `otherwise` serves where nothing of the name can stand in an address.
    """
    base = slugify(name)[:60] or otherwise
    for number in range(1, TRIES):
        try:
            return create(base if number == 1 else f"{base}-{number}")
        except IntegrityError:
            continue
    return create(f"{base}-{uuid.uuid4().hex[:8]}")
