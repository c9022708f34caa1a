"""The roster of balances: everybody's packs, the most urgent first, with filters, a search and a file."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from kit.states import change
from tenants.billing import charges, checkout
from tenants.clients.models import Client
from tenants.dashboard import balances
from tenants.offers.models import SessionType
from tenants.packs import ledger, removals, selling
from tenants.packs.models import Pack, UnitKind
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES
from tests.packs import sold
from tests.scheduling import booked

ROSTER = "clients/balances/"


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    return worlds.session_type(anna)


def give(tenant: Tenant, who: str, *, left: int = 10, ends_in: int | None = 100, **terms: Any) -> Pack:
    """A pack of somebody's with so many units left, which ends in so many days."""
    now = clock.now()
    with tenant_context(tenant):
        pack = sold.bought(email=f"{who.lower()}@example.com", **{"covers": {"lesson": 1}, **terms})
        with transaction.atomic():
            Client.objects.filter(pk=pack.client_id).update(name=who)
            change(
                ledger.locked(pack.pk),
                expires_at=now + timedelta(days=ends_in, minutes=5) if ends_in else None,
            )
            if left != pack.units:
                _take(pack, pack.units - left)
    return pack


def _take(pack: Pack, units: int) -> None:
    ledger.enter(
        pack=ledger.locked(pack.pk),
        kind=UnitKind.CORRECTED,
        units=-units,
        cause="correction",
        rule="by_hand",
        actor=booked.COACH,
        reference=f"{pack.pk}:taken",
        now=clock.now(),
        note="For the test",
    )


@pytest.fixture
def everybody(anna: Tenant) -> Tenant:
    """One of each kind, in an order that is not the roster's."""
    give(anna, "Iris")
    give(anna, "Ed", ends_in=20)
    give(anna, "Lou", left=2)
    give(anna, "Uma", paid=False)
    give(anna, "Lea", ends_in=5)
    give(anna, "Gil", left=3, ends_in=-1)
    give(anna, "Una", left=0)
    return anna


def names(tenant: Tenant, **asked: Any) -> list[str]:
    with tenant_context(tenant):
        return [held.pack.client.name for held in balances.roster(now=clock.now(), **asked)]


def test_what_is_most_urgent_stands_first_and_what_is_over_not_at_all(everybody: Tenant) -> None:
    assert names(everybody) == ["Lea", "Uma", "Lou", "Una", "Ed", "Iris"]
    page = Coach(everybody).read(ROSTER)
    places = [page.index(f">{name}</a>") for name in names(everybody)]
    assert places == sorted(places)
    assert ">Gil</a>" not in page


@pytest.mark.parametrize(
    ("show", "kept"),
    [
        ("low", ["Lou", "Una"]),
        ("expiring", ["Lea", "Ed"]),
        ("unpaid", ["Uma"]),
        ("nonsense", ["Lea", "Uma", "Lou", "Una", "Ed", "Iris"]),
    ],
)
def test_a_filter_keeps_what_it_names(everybody: Tenant, show: str, kept: list[str]) -> None:
    page = Coach(everybody).read(f"{ROSTER}?show={show}")
    shown = [name for name in names(everybody) if f">{name}</a>" in page]
    assert shown == kept


def test_each_row_says_what_is_left_until_when_and_what_of_it_is_urgent(everybody: Tenant) -> None:
    page = Coach(everybody).read(ROSTER)
    for words in (
        "2 of 10 sessions",
        "Low: 2 left",
        "Used up",
        "Unpaid, €450.00",
        "Expires in 20 days",
        "In order",
    ):
        assert words in page, words


def test_of_a_pack_that_is_paid_in_part_the_rest_is_unpaid(anna: Tenant) -> None:
    pack = give(anna, "Nora", paid=False)
    with tenant_context(anna), transaction.atomic():
        sale = replace(
            selling.sale_of(Pack.objects.select_related("offer", "buyer").get(pk=pack.pk)), parts=()
        )
        charges.apply(checkout.open_charge(sale=sale), paid_minor=20000, now=clock.now(), actor=booked.COACH)
    page = Coach(anna).read(ROSTER)
    assert "Unpaid, €250.00" in page
    assert "€450.00" not in page


def test_what_was_refunded_after_use_is_owed_and_a_dispute_freezes(anna: Tenant) -> None:
    pack = give(anna, "Refunded")
    with tenant_context(anna), transaction.atomic():
        change(ledger.locked(pack.pk), owed_minor=4500)
        removals.freeze(pack_id=pack.pk, reference="du_1", now=clock.now(), actor=booked.COACH)
    page = Coach(anna).read(f"{ROSTER}?show=unpaid")
    assert "Owes €45.00" in page
    assert "Frozen: disputed" in page


def test_a_used_up_pack_goes_when_there_is_another_or_after_a_while(anna: Tenant) -> None:
    give(anna, "Una", left=0)
    assert names(anna) == ["Una"]
    with clock.travel(61 * 86400):
        assert names(anna) == []
    give(anna, "Una")
    assert names(anna) == ["Una"]
    with tenant_context(anna):
        assert [held.state.left for held in balances.roster(now=clock.now())] == [10]


def test_a_search_looks_at_names_and_addresses_within_the_filter(everybody: Tenant) -> None:
    assert names(everybody, wanted="LOU") == ["Lou"]
    assert names(everybody, wanted="uma@example") == ["Uma"]
    assert names(everybody, wanted="lou", show="unpaid") == []
    page = Coach(everybody).read(f"{ROSTER}?q=nobody%00")
    assert "No pack like this" in page


def test_the_file_has_the_rows_of_the_filter(anna: Tenant) -> None:
    give(anna, "Lou", left=1, name='=HYPERLINK("x")')
    give(anna, "Iris")
    answer = Coach(anna).get("clients/balances.csv?show=low")
    text = answer.content.decode("utf-8-sig")
    heading, row = text.splitlines()
    assert heading.startswith("Client,E-mail,Pack,Left,Of,Valid until")
    assert row.startswith('Lou,lou@example.com,"\'=HYPERLINK(""x"")",1,10,20')
    assert row.endswith(",EUR,0.00,0.00,Low: 1 left")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_hundred_clients_take_one_query(anna: Tenant) -> None:
    for number in range(100):
        give(anna, f"Client{number}", left=number % 10 + 1)
    with tenant_context(anna), CaptureQueriesContext(connection) as asked:
        assert len(balances.roster(now=clock.now())) == 100
    assert len([each for each in asked if "SELECT" in each["sql"]]) == 1
    with CaptureQueriesContext(connection) as asked:
        assert Coach(anna).get(ROSTER).status_code == 200
    queries = [each["sql"] for each in asked if "packs_" in each["sql"]]
    assert len(queries) == 1, "\n".join(queries)


# --- Today -------------------------------------------------------------------------------------------


def test_today_counts_what_needs_a_look_in_one_row(everybody: Tenant) -> None:
    coach = Coach(everybody)
    with CaptureQueriesContext(connection) as asked:
        page = " ".join(coach.get().content.decode().split())
    assert len(asked) <= MOST_QUERIES + 4, "BEGIN and COMMIT of two transactions apart"
    assert page.count("See the balances") == 1
    assert "5 packs need a look" in page
    assert "1 not paid, 2 ending within 30 days and 2 low or used up." in page
    assert f'href="{coach.base}{ROSTER}"' in page


def test_today_says_nothing_of_packs_that_are_in_order(anna: Tenant, ben: Tenant) -> None:
    give(anna, "Iris")
    give(ben, "Lou", left=1)
    assert "need a look" not in Coach(anna).read()
    assert "1 pack needs a look" in Coach(ben).read()


def test_one_desk_shows_no_balance_of_another(anna: Tenant, ben: Tenant) -> None:
    give(anna, "Cleo")
    assert "Cleo" not in Coach(ben).read(ROSTER)
    assert "Cleo" not in Coach(ben).get("clients/balances.csv").content.decode()
