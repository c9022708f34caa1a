"""Files that a coach or a client brought: pictures, downloads, answers. Kept with the coach's other rows."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed

LARGEST_BYTES = 10_000_000


class StoredFile(Keyed):
    """One file. It stands in the coach's schema, so that the wall, the export and the erasure hold for it."""

    name = models.CharField(max_length=140)
    content_type = models.CharField(max_length=80)
    size = models.IntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    content = models.BinaryField()
    client_id = models.UUIDField(null=True, help_text="Who brought it; none: the coach.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=0, size__lte=LARGEST_BYTES), name="file_size")
        ]

    def __str__(self) -> str:
        return self.name
