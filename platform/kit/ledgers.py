"""Rows that are written once: ledgers, events, acceptances. A correction is another row."""

from typing import Any

from django.db import models


class AppendOnly(TypeError):
    """Somebody tried to change or delete a row that stands for good. Write a correcting row instead."""


class InsertOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **_changes: Any) -> int:
        raise AppendOnly(f"{self.model.__name__} rows are never changed; write a correcting row.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(f"{self.model.__name__} rows are never deleted; write a correcting row.")


class InsertOnlyModel(models.Model):
    """A model whose rows nobody changes. The grants read this base: the database refuses too."""

    objects = InsertOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises AppendOnly for one that is stored already."""
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} rows are never changed; write a correcting row.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(f"{type(self).__name__} rows are never deleted; write a correcting row.")
