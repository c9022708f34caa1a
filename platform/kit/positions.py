"""The order of things on a page, which a person changes a place at a time."""

from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from django.db import models

from kit.database import require_transaction


class Placed(Protocol):
    position: int


R = TypeVar("R", bound=Placed)


def move_by_one(*, rows: list[R], chosen: Callable[[R], bool], up: bool) -> None:
    """Step: the chosen row one place up or down, if there is one; then all are numbered as they stand.

    `rows` are all of them in their order, and must be locked.
    """
    require_transaction()
    at = next((i for i, row in enumerate(rows) if chosen(row)), None)
    if at is not None and 0 <= (to := at - 1 if up else at + 1) < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    for position, row in enumerate(rows, start=1):
        row.position = position
    if rows:
        model = cast(type[models.Model], type(rows[0]))
        model._default_manager.bulk_update(cast(list[models.Model], rows), ["position"])
