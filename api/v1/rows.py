"""The row that an id names."""

import uuid
from typing import TypeVar

from django.db.models import Model, QuerySet

from api.core.resources import missing

Row = TypeVar("Row", bound=Model)


def one_of(rows: QuerySet[Row], row_id: uuid.UUID) -> Row:
    """That one of these rows. Raises the Problem that there is nothing under the address."""
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise missing()
    return row
