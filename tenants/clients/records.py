"""Client records: one person, one record, found again by their address."""

from datetime import datetime
from typing import Any, cast

from kit.database import Question, insert_later, read_together
from tenants.clients.models import Client

BY_ADDRESS: Question = ("SELECT c.* FROM clients_client c WHERE lower(c.email) = %(email)s", (Client,))


def find_or_add(*, name: str, email: str, phone: str, timezone: str, now: datetime) -> Client:
    """Step: the record of the person with this address, made on their first booking.

    What the coach has on record is not overwritten by a stranger who types somebody's address.
    """
    named = add_if_new(name=name, email=email, phone=phone, timezone=timezone, now=now)
    [[(client,)]] = read_together(named, BY_ADDRESS)
    return cast(Client, client)


def add_if_new(*, name: str, email: str, phone: str, timezone: str, now: datetime) -> dict[str, Any]:
    """Step: as `find_or_add`, for who asks BY_ADDRESS together with something else; what it names."""
    new = Client(name=name, email=email.lower(), phone=phone, timezone=timezone, created_at=now)
    insert_later(unless_there=[new])
    return {"email": new.email}
