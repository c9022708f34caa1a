"""Client records: one person, one record, found again by their address."""

from datetime import datetime

from django.db.models.functions import Lower

from kit.database import insert_unless_there
from tenants.clients.models import Client


def find_or_add(*, name: str, email: str, phone: str, timezone: str, now: datetime) -> Client:
    """Step: the record of the person with this address, made on their first booking.

    What the coach has on record is not overwritten by a stranger who types somebody's address.
    """
    new = Client(name=name, email=email.lower(), phone=phone, timezone=timezone, created_at=now)
    if insert_unless_there(new):
        return new
    return Client.objects.annotate(lower=Lower("email")).get(lower=email.lower())
