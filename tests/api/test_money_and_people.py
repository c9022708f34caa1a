"""Money and people over the API: what each scope shows, in every answer that there is."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from payouts.models import BalanceLine, LineClass, Payout, PayoutStatus
from tenants.activity.models import Event
from tenants.billing import by_hand, coach_refunds
from tenants.billing.models import Charge, EntryKind, LedgerEntry, ManualPayment, PaymentAttempt, Tender
from tenants.clients import relations
from tenants.clients.models import Client
from tenants.integrations.scopes import SCOPES
from tenants.offers.practice import practice
from tenants.packs import removals
from tenants.packs.models import Pack
from tenants.packs.statements import statement_of
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.api.test_document import answered, conforms, operation_at
from tests.api.test_every_address import ALL, Address
from tests.api.writes import owed
from tests.paperwork import worlds as papers
from tests.retainers.begun import begun
from tests.worlds import Shop

READS = [each for each in ALL if not each.operation.is_write]
each_read = pytest.mark.parametrize("address", READS, ids=str)
AMOUNT = re.compile(r"amount_minor|_minor|€|EUR|\b\d+[.,]\d\d\b")
OF_PEOPLE = re.compile(r"Petra|Cleo|@example")


@pytest.fixture
def world(shop: Shop) -> dict[str, Any]:
    """Petra paid for the pack that Cleo uses, and half of it went back; ids by the names of paths."""
    kind = worlds.session_type(shop.tenant)
    booked = worlds.sell(shop, kind, at=worlds.hour(30))
    held = worlds.held(shop.tenant, kind, at=worlds.hour(60))
    offer = worlds.pack_offer(shop.tenant, kind)
    pack = worlds.buy_pack(shop, offer)
    petra = papers.client(shop.tenant, email="petra@example.com", name="Petra Payer")
    with tenant_context(shop.tenant):
        with transaction.atomic():
            cleo = pack.client
            relations.relate(payer=petra, beneficiary=cleo, now=clock.now(), actor=SYSTEM)
            Pack.objects.filter(pk=pack.pk).update(buyer=petra)
            payout = _payout()
        removals.correct(pack_id=pack.pk, units=-1, note="Used", now=clock.now(), actor=SYSTEM)
        charge = Charge.objects.get(reference=booked.pk)
        payment = PaymentAttempt.objects.select_related("charge").get(charge=charge)
        refund = coach_refunds.refund(
            attempt_id=payment.pk,
            amount_minor=1000,
            because=coach_refunds.Because.GOODWILL,
            shown=coach_refunds.facts_of(attempt=payment).preview(1000).fingerprint,
            reference=charge.pk,
            now=clock.now(),
            actor=SYSTEM,
        )
        retainer = begun(now=clock.now())
        event = Event.objects.filter(kind="pack.corrected").get()
    return {
        "session_type_id": kind.pk,
        "booking_id": booked.pk,
        "hold_id": held.pk,
        "client_id": cleo.pk,
        "pack_offer_id": offer.pk,
        "pack_id": pack.pk,
        "charge_id": charge.pk,
        "payment_id": payment.pk,
        "received_payment_id": _received(shop).pk,
        "refund_id": refund.pk,
        "retainer_id": retainer.pk,
        "payout_id": payout.pk,
        "event_id": event.pk,
    }


def _received(shop: Shop) -> ManualPayment:
    """Ten of something that is owed otherwise, in cash."""
    charge, today = owed(shop), clock.now().date()
    with tenant_context(shop.tenant):
        return by_hand.record(
            charge_id=charge.pk,
            tender=Tender.CASH,
            amount_minor=1000,
            received_on=today,
            reference="",
            key=uuid4(),
            now=clock.now(),
            actor=SYSTEM,
        )


def _payout() -> Payout:
    now = clock.now()
    payout = Payout.objects.create(
        payout_id="po_1",
        account_id="acct_1",
        status=PayoutStatus.PAID,
        amount_minor=3957,
        currency="eur",
        arrives_on=now.date(),
        itemised_at=now,
        made_at=now,
    )
    BalanceLine.objects.create(
        line_id="txn_1",
        account_id="acct_1",
        payout=payout,
        kind="charge",
        line_class=LineClass.PAYMENT,
        amount_minor=4500,
        fee_minor=543,
        net_minor=3957,
        currency="eur",
        description="Lesson",
        at=now,
        available_on=now,
    )
    return payout


def asked(address: Address, world: dict[str, Any], program: Any) -> Any:
    path = "/" + re.sub(r"<uuid:(\w+)>", lambda found: str(world[found[1]]), address.pattern)
    words = {}
    if address.name == "api_slots":
        words = {
            "session_type_id": world["session_type_id"],
            "from": worlds.hour(1).isoformat(),
            "to": worlds.hour(9).isoformat(),
        }
    return program.get(path, **words)


def everything(world: dict[str, Any], program: Any) -> Iterator[tuple[Address, Any]]:
    for address in READS:
        if all(name in world for name in re.findall(r"<uuid:(\w+)>", address.pattern)):
            yield address, asked(address, world, program)


def test_every_answer_is_as_the_file_says_and_shows_money_to_who_may_see_it(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    whole = program(shop.tenant)
    poor = program(shop.tenant, [scope for scope in SCOPES if scope != "billing:read"])
    shown = 0
    for address, answer in everything(world, whole):
        assert answer.status_code == 200, (address, answer.content)
        conforms(answer.json(), answered(operation_at(address), 200))
        # Where programs are told of it by themselves is tried elsewhere.
        assert address.operation.scope == "webhooks:write" or answer.json().get("data") != [], address
        shown += bool(AMOUNT.search(answer.content.decode()))
    assert shown >= 15
    for address, answer in everything(world, poor):
        if address.operation.scope == "billing:read":
            assert answer.status_code == 403, address
            continue
        if answer.status_code == 200:
            conforms(answer.json(), answered(operation_at(address), 200))
        assert not AMOUNT.search(answer.content.decode()), (address, answer.content)


def test_nobody_is_named_to_who_may_not_see_clients(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    blind = program(shop.tenant, [scope for scope in SCOPES if scope != "clients:read"])
    for address, answer in everything(world, blind):
        assert not OF_PEOPLE.search(answer.content.decode()), (address, answer.content)
    named = program(shop.tenant).get(f"/api/v1/packs/{world['pack_id']}").json()
    assert "Petra Payer bought" in named["balance"]["bought"]


def test_a_balance_is_explained_in_the_sentences_of_the_coachs_page(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    told = program(shop.tenant).get(f"/api/v1/packs/{world['pack_id']}/entries").json()
    with tenant_context(shop.tenant):
        here = practice()
        pack = Pack.objects.select_related("offer", "client", "buyer").get(pk=world["pack_id"])
        page = statement_of(pack=pack, tz=here.timezone, now=clock.now(), locale=here.locale, reader="coach")
    assert told["balance"]["headline"] == page.balance.headline == "Balance: 9 of 10 sessions."
    assert told["balance"]["bought"] == page.balance.bought
    assert [each["text"] for each in told["balance"]["lines"]] == [each.text for each in page.balance.lines]
    assert [each["sentence"] for each in told["entries"]] == [each.sentence for each in page.rows]
    assert told["balance"]["of"] + sum(each["units"] for each in told["balance"]["lines"]) == 9


def test_a_refund_does_what_its_preview_said_and_nothing_else(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    asks, path = program(shop.tenant), f"/api/v1/payments/{world['payment_id']}"
    seen = asks.get(f"{path}/refund-preview", amount_minor=500).json()
    assert seen["amount"] == {"amount_minor": 500, "currency": "eur"}
    said = {"preview": seen["preview"], "because": "goodwill"}
    other = asks.post(f"{path}/refunds", {**said, "amount_minor": 600})
    assert (other.status_code, other.json()["code"]) == (409, "preview-changed")
    made = asks.post(f"{path}/refunds", {**said, "amount_minor": 500})
    assert (made.status_code, made.json()["status"]) == (201, "pending")
    too_much = asks.get(f"{path}/refund-preview", amount_minor=10**6)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "not-refundable")
    worlds.hear_stripe(shop.stripe)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert asks.get(f"/api/v1/refunds/{made.json()['id']}").json()["status"] == "succeeded"


def test_an_address_that_somebody_has_is_not_given_to_another(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    asks = program(shop.tenant)
    refused = asks.post("/api/v1/clients", {"name": "Eve", "email": "PETRA@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (409, "address-taken")
    taken = refused.json()["client_id"]
    [petra] = asks.get("/api/v1/clients", email="petra@example.com").json()["data"]
    assert petra["id"] == taken
    assert petra["pays_for"] == [str(world["client_id"])]
    changed = asks.ask(
        "PATCH", f"/api/v1/clients/{world['client_id']}", {"email": "petra@example.com"}, match="*"
    )
    assert changed.json()["code"] == "address-taken"
    with tenant_context(shop.tenant):
        assert Client.objects.get(pk=world["client_id"]).email == "cleo@example.com"


def test_what_is_not_said_of_a_client_stays(shop: Shop, world: dict[str, Any], program: MakeProgram) -> None:
    asks, path = program(shop.tenant), f"/api/v1/clients/{world['client_id']}"
    seen = asks.get(path)
    changed = asks.ask("PATCH", path, {"phone": "12345"}, match=seen.headers["ETag"]).json()
    assert changed == {**seen.json(), "phone": "12345"}
    assert asks.ask("PATCH", path, {"phone": "1"}, match=seen.headers["ETag"]).status_code == 412


def test_lists_of_events_tell_of_money_to_who_may_see_it(
    shop: Shop, world: dict[str, Any], program: MakeProgram
) -> None:
    whole, poor = program(shop.tenant), program(shop.tenant, ["events:read"])
    told = {each["type"] for each in whole.get("/api/v1/events", limit=100).json()["data"]}
    less = {each["type"] for each in poor.get("/api/v1/events", limit=100).json()["data"]}
    assert "payment.captured" in told - less
    assert "booking.confirmed" in told & less
    about = whole.get("/api/v1/events", about=world["booking_id"], type="booking.confirmed").json()["data"]
    assert [each["data"]["id"] for each in about] == [str(world["booking_id"])]
    [paid] = whole.get("/api/v1/events", about=world["payment_id"]).json()["data"][:1]
    assert poor.get(f"/api/v1/events/{paid['id']}").status_code == 404


def test_cash_is_noted_down_once_and_never_more_than_is_owed(shop: Shop, program: MakeProgram) -> None:
    charge, asks = owed(shop), program(shop.tenant)
    path, today = f"/api/v1/charges/{charge.pk}/received-payments", f"{clock.now():%Y-%m-%d}"
    said = {"tender": "cash", "amount_minor": charge.amount_minor - 500, "received_on": today}
    first, again = (asks.post(path, said, key="one") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    told = asks.get(f"/api/v1/charges/{charge.pk}").json()
    assert (told["status"], told["owed"]["amount_minor"]) == ("partially_paid", 500)
    refused = asks.post(path, {**said, "amount_minor": 501})
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot-record-payment")
    assert asks.get(f"/api/v1/received-payments/{first.json()['id']}").json() == first.json()
    with tenant_context(shop.tenant):
        entry = LedgerEntry.objects.get(kind=EntryKind.RECEIVED)
        assert (entry.amount_minor, entry.sold_id) == (charge.amount_minor - 500, charge.reference)
        assert Event.objects.filter(kind="payment.received").count() == 1


def test_another_price_of_a_retainer_is_announced_and_taken_back(shop: Shop, program: MakeProgram) -> None:
    with tenant_context(shop.tenant):
        retainer = begun(now=clock.now())
    asks, path = program(shop.tenant), f"/api/v1/retainers/{retainer.pk}/price"
    minor = retainer.price_minor + 2000
    told = asks.ask("PUT", path, {"amount_minor": minor}, match="*").json()
    assert told["new_price"]["amount_minor"] == minor
    assert told["price"]["amount_minor"] == retainer.price_minor
    assert told["new_price_from"] > f"{clock.now():%Y-%m-%d}"
    refused = asks.ask("PUT", path, {"amount_minor": 1}, match="*")
    assert (refused.status_code, refused.json()["code"]) == (422, "not-a-price")
    told = asks.ask("PUT", path, {"amount_minor": retainer.price_minor}, match="*").json()
    assert told["new_price"] is told["new_price_from"] is None
