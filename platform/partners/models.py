"""Programs of partners, which many coaches may let in: who let which one in, and to what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed


class Access(Keyed):
    """A coach lets a partner's program into one practice. Every token that follows from it names it.

    Codes and tokens are the OAuth library's rows, tokens by their digest only; ended here, none opens.
    """

    application = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="accesses"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accesses")
    schema_name = models.CharField(max_length=63)
    scopes = models.CharField(max_length=240)
    allowed_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "schema_name"],
                condition=Q(ended_at__isnull=True),
                name="access_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} in {self.schema_name}"
