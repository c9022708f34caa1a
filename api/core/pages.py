"""Lists by pages: a cursor names the last row that was seen, so that new ones shift nothing."""

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db.models import Model, Q, QuerySet

from api.core import problems
from api.core.problems import Problem

M = TypeVar("M", bound=Model)
MOST: Final = 100
USUAL: Final = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of a list, and from where on."""

    limit: int = USUAL
    cursor: str = ""


def page_of(rows: QuerySet[M], asked: Asked, *, by: str = "created_at") -> dict[str, Any]:
    """The newest first, by the moment in the column `by` and then by key. Raises Problem for a bad cursor.

    What is added meanwhile comes before everything that was seen, and moves nothing to another page.
    """
    if asked.cursor:
        at, key = _read(asked.cursor)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": key}))
    found = list(rows.order_by(f"-{by}", "-pk")[: asked.limit + 1])
    here = found[: asked.limit]
    more = len(found) > asked.limit
    return {
        "data": here,
        "next_cursor": _written(getattr(here[-1], by), here[-1].pk) if more else None,
    }


def _written(at: datetime, key: uuid.UUID) -> str:
    text = json.dumps([at.isoformat(), str(key)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, uuid.UUID(key)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(
            problems.BAD_CURSOR,
            "Use the next_cursor of the page before, as it was, or none to begin at the first page.",
        ) from error
