"""Client records: one person, one record, found again by their address."""

from datetime import datetime
from typing import Any, cast

from kit.database import Question, insert_later, new, read_together
from tenants.clients.models import Client

BY_ADDRESS: Question = (
    # Said as the index says it, for the planner to use it: who has no address is not found by one.
    # Kept from being erased meanwhile; whoever is just being erased is waited for, and not found any more.
    "SELECT c.* FROM clients_client c WHERE lower(c.email) = %(email)s AND c.email <> '' FOR KEY SHARE",
    (Client,),
)


def find_or_add(*, name: str, email: str, phone: str, timezone: str, now: datetime) -> Client:
    """Step: the record of the person with this address, made on their first booking.

    What the coach has on record is not overwritten by a stranger who types somebody's address.
    """
    add_if_new(name=name, email=email, phone=phone, timezone=timezone, now=now)
    [[(client,)]] = read_together(named(email), BY_ADDRESS)
    return cast(Client, client)


def named(email: str) -> dict[str, Any]:
    """The values that BY_ADDRESS names."""
    return {"email": email.lower()}


def add_if_new(*, name: str, email: str, phone: str, timezone: str, now: datetime) -> Client:
    """Step: a record with the transaction's next message, unless somebody has made one for the address.

    A row that names the one that is answered is refused then: whoever has looked before tries once more.
    """
    client = new(Client, name=name, email=email.lower(), phone=phone, timezone=timezone, created_at=now)
    insert_later(unless_there=[client])
    return client
