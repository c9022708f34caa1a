"""State machines: a `MOVES` table on the model, and one guarded UPDATE per move."""

from typing import Any

from django.db import models

from kit.database import require_transaction, update_if, update_later


class IllegalMove(Exception):
    """The row is not in a state that this move may start from, or somebody moved it first."""


def move(row: models.Model, to: str, **changes: Any) -> None:
    """Move `row` to the state `to`, with `changes`, if its state in the database still allows it.

    The model's `MOVES` maps a state to the states it may be reached from. Raises IllegalMove when the
    row was moved meanwhile; nothing is changed then.
    """
    if not try_move(row, to, **changes):
        raise IllegalMove(f"{type(row).__name__} {row.pk} cannot become {to}")


def try_move(row: models.Model, to: str, **changes: Any) -> bool:
    """As `move`, but answers False where `move` raises."""
    origins = type(row).MOVES[to]  # type: ignore[attr-defined]
    if not update_if(row, status=origins, changes={"status": to, **changes}):
        return False
    _set(row, status=to, **changes)
    return True


def move_locked(row: models.Model, to: str, **changes: Any) -> None:
    """As `move`, for a row that was locked and then read in this transaction, so that nobody else moves it.

    What it is in memory it is in the database: the UPDATE needs no answer, and goes with the next message.
    """
    origins = type(row).MOVES[to]  # type: ignore[attr-defined]
    if row.status not in origins:  # type: ignore[attr-defined]
        raise IllegalMove(f"{type(row).__name__} {row.pk} cannot become {to}")
    update_later(row, status=origins, changes={"status": to, **changes})
    _set(row, status=to, **changes)


def change(row: models.Model, **changes: Any) -> None:
    """Step: change a locked row, whatever its state, in the database and in memory."""
    require_transaction()
    type(row)._default_manager.filter(pk=row.pk).update(**changes)
    _set(row, **changes)


def _set(row: models.Model, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
