"""One client's packs: what is left and why, in the words that the client reads, and what is owed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from kit.money import Money
from tenants.clients.models import Client
from tenants.dashboard import balances
from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Badge
from tenants.packs.balance import Balance
from tenants.packs.models import Pack, PackStatus
from tenants.packs.statements import Statement, statements_of


@dataclass(frozen=True, slots=True)
class ClientPack:
    """A pack with its balance; `is_live` while there is something to book with, or to settle."""

    pack: Pack
    balance: Balance
    state: balances.State
    badges: list[Badge]

    @property
    def is_live(self) -> bool:
        return self.state.is_live


@dataclass(frozen=True, slots=True)
class ClientPacks:
    """`now` can be booked with, or needs something; `earlier` is used up or over; `owed` by this client."""

    now: list[ClientPack]
    earlier: list[ClientPack]
    owed: list[Money]
    owed_for: list[Pack]


def packs_of(desk: Desk, client: Client) -> ClientPacks:
    """In the order in which they pay. At most four queries, however many packs there are."""
    rows = Pack.objects.filter(Q(client=client) | Q(buyer=client), status=PackStatus.ACTIVE)
    every = list(balances.oldest_first(rows.select_related("offer", "client", "buyer")))
    held = [each for each in every if each.client_id == client.pk]
    told = _statements(desk, held) if held else []
    packs = [_client_pack(desk, each) for each in told]
    live = [each for each in packs if each.is_live] or _newest(packs)
    owed_for = [each for each in every if _owes(each, client.pk)]
    return ClientPacks(
        now=live,
        earlier=[each for each in packs if each not in live],
        owed=_sums(owed_for),
        owed_for=owed_for,
    )


def _statements(desk: Desk, held: list[Pack]) -> list[Statement]:
    return statements_of(packs=held, tz=desk.tz, now=desk.now, locale=desk.practice.locale, reader="coach")


def _newest(packs: list[ClientPack]) -> list[ClientPack]:
    """That nothing is left is an answer too, as long as it is not an old one."""
    valid = [each for each in packs if each.state.is_valid]
    return [max(valid, key=lambda each: each.pack.bought_at)] if valid else []


def _client_pack(desk: Desk, told: Statement) -> ClientPack:
    state = balances.state_of(told.pack, told.balance.left, desk.now)
    return ClientPack(told.pack, told.balance, state, balances.badges(balances.Held(told.pack, state)))


def _owes(pack: Pack, client_id: uuid.UUID) -> bool:
    return pack.buyer_id == client_id and bool(owed_minor(pack))


def owed_minor(pack: Pack) -> int:
    """What is to be paid for a pack: the rest of its price, and what was used and refunded."""
    return pack.owed_minor + balances.unpaid_of([pack]).get(pack.pk, 0)


def _sums(packs: Sequence[Pack]) -> list[Money]:
    """One amount for each currency."""
    amounts = [Money(owed_minor(each), each.currency) for each in packs]
    return [
        sum((each for each in amounts if each.currency == currency), Money(0, currency))
        for currency in dict.fromkeys(each.currency for each in amounts)
    ]
