"""How each write is asked, by the name of its address and its method: a new one needs a line here.

A line makes what the request is about, and says what may be there twice if it is done twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from tenants.activity.models import Event
from tenants.billing import coach_refunds
from tenants.billing.models import Charge, EntryKind, LedgerEntry, ManualPayment, PaymentAttempt, Refund
from tenants.clients.models import Client
from tenants.integrations import deliveries, endpoints
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.packs import selling
from tenants.packs.models import Pack, PackEntry
from tenants.retainers import standing
from tenants.retainers.models import Retainer, RetainerPeriod
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cancellation, Cause
from tests import worlds
from tests.api.programs import Program
from tests.paperwork import worlds as papers
from tests.retainers import begun
from tests.worlds import Shop

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105


@dataclass(frozen=True)
class Ask:
    """A request that is good, and what there is of its effect, to be counted before and after."""

    path: str
    body: dict[str, Any] | None = None
    counts: Callable[[], object] = lambda: None


def bookings() -> object:
    """How many there are, and how each stands."""
    rows = Booking.objects.order_by("pk").values_list("pk", "status", "renewals", "session__starts_at")
    cancellations = Cancellation.objects.order_by("pk").values_list("pk", "status")
    return list(rows), list(cancellations), Event.objects.count()


def hold(shop: Shop) -> Ask:
    kind = worlds.session_type(shop.tenant)
    return Ask("holds", {"session_type_id": str(kind.pk), "starts_at": _at(3)}, bookings)


def hold_renewal(shop: Shop) -> Ask:
    held = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(3))
    return Ask(f"holds/{held.pk}/renewal", None, bookings)


def hold_end(shop: Shop) -> Ask:
    held = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(3))
    return Ask(f"holds/{held.pk}", None, bookings)


def booking(shop: Shop) -> Ask:
    kind = worlds.session_type(shop.tenant, price_minor=0)
    client = {"name": "Cleo", "email": "cleo@example.com"}
    return Ask("bookings", {"session_type_id": str(kind.pk), "starts_at": _at(3), "client": client}, bookings)


def cancellation(shop: Shop) -> Ask:
    return Ask(f"bookings/{_confirmed(shop).pk}/cancellation", {"cause": "coach"}, bookings)


def cancellation_undo(shop: Shop) -> Ask:
    booked = _confirmed(shop)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booked.pk, cause=Cause.COACH, now=clock.now(), actor=SYSTEM)
    return Ask(f"bookings/{booked.pk}/cancellation", None, bookings)


def move(shop: Shop) -> Ask:
    return Ask(f"bookings/{_confirmed(shop).pk}/time", {"starts_at": _at(60)}, bookings)


def attendance(shop: Shop) -> Ask:
    booked = _confirmed(shop)
    with tenant_context(shop.tenant), transaction.atomic():
        begun = clock.now() - timedelta(hours=1)
        booked.session.starts_at, booked.session.ends_at = begun, begun + timedelta(hours=2)
        booked.session.save()
    return Ask(f"bookings/{booked.pk}/attendance", {"came": True}, bookings)


def answer(shop: Shop) -> Ask:
    return Ask(f"bookings/{requested(shop).pk}/answer", {"accepted": True}, bookings)


def waiver(shop: Shop) -> Ask:
    return Ask(f"bookings/{kept_by_the_rule(shop).pk}/waiver", {"because": "She was ill."}, bookings)


def retainer_pause(shop: Shop) -> Ask:
    return Ask(f"retainers/{retainer(shop).pk}/pause", None, retainers)


def retainer_pause_undo(shop: Shop) -> Ask:
    return Ask(f"retainers/{_with(shop, standing.pause).pk}/pause", None, retainers)


def retainer_end(shop: Shop) -> Ask:
    return Ask(f"retainers/{retainer(shop).pk}/end", None, retainers)


def retainer_end_undo(shop: Shop) -> Ask:
    return Ask(f"retainers/{_with(shop, standing.cancel).pk}/end", None, retainers)


def retainer_price(shop: Shop) -> Ask:
    return Ask(f"retainers/{retainer(shop).pk}/price", {"amount_minor": 22000}, retainers)


def retainer_resumption(shop: Shop) -> Ask:
    return Ask(f"retainers/{paused(shop).pk}/resumption", None, retainers)


def retainers() -> object:
    """How each stands, and what was opened and charged."""
    rows = Retainer.objects.order_by("pk").values_list("pk", "status", "pause_wanted_at", "cancel_wanted_at")
    return list(rows), RetainerPeriod.objects.count(), Charge.objects.count(), Event.objects.count()


def client(shop: Shop) -> Ask:
    return Ask("clients", {"name": "Dora", "email": "dora@example.com"}, clients)


def client_change(shop: Shop) -> Ask:
    return Ask(f"clients/{_client(shop).pk}", {"name": "Cleo Client"}, clients)


def client_archive(shop: Shop) -> Ask:
    return Ask(f"clients/{_client(shop).pk}/archive", {"is_archived": True}, clients)


def clients() -> object:
    return list(Client.objects.order_by("pk").values_list("name", "archived_at")), Event.objects.count()


def _client(shop: Shop) -> Client:
    return papers.client(shop.tenant)


def pack(shop: Shop) -> Ask:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    return Ask("packs", {"pack_offer_id": str(offer.pk), "client_id": str(_client(shop).pk)}, packs)


def correction(shop: Shop) -> Ask:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    client = _client(shop)
    with tenant_context(shop.tenant):
        sold = selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=SYSTEM)
    return Ask(f"packs/{sold.pk}/corrections", {"units": -1, "note": "One was used in October."}, packs)


def packs() -> object:
    return Pack.objects.count(), PackEntry.objects.count(), Charge.objects.count()


def refund(shop: Shop) -> Ask:
    paid = worlds.attempt_for(
        shop.tenant, worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))
    )
    with tenant_context(shop.tenant):
        fresh = PaymentAttempt.objects.select_related("charge").get(pk=paid.pk)
        told = coach_refunds.facts_of(attempt=fresh).preview(1000)
    body = {"preview": told.fingerprint, "amount_minor": 1000, "because": "goodwill"}
    return Ask(f"payments/{paid.pk}/refunds", body, refunds)


def refunds() -> object:
    return list(Refund.objects.order_by("pk").values_list("pk", "amount_minor"))


def received(shop: Shop) -> Ask:
    said = {"tender": "cash", "amount_minor": 1000, "received_on": f"{clock.now():%Y-%m-%d}"}
    return Ask(f"charges/{owed(shop).pk}/received-payments", said, in_hand)


def owed(shop: Shop) -> Charge:
    """A pack that the coach sold, and nobody has paid yet."""
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    client = _client(shop)
    with tenant_context(shop.tenant):
        sold = selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=SYSTEM)
        return Charge.objects.get(reference=sold.pk)


def in_hand() -> object:
    """What was received, entered and told."""
    paid = ManualPayment.objects.order_by("pk").values_list("pk", "amount_minor")
    entries = LedgerEntry.objects.filter(kind=EntryKind.RECEIVED).count()
    return list(paid), entries, Event.objects.count()


def endpoints_there() -> object:
    """What there is, and how often something was asked of it."""
    rows = WebhookEndpoint.objects.order_by("pk").values_list("pk", "url", "secret", "off_at")
    return list(rows), WebhookDelivery.objects.count(), Event.objects.count()


def endpoint(shop: Shop) -> Ask:
    said = {"url": "https://books.example.com/new", "kinds": "booking.*", "secret": SECRET}
    return Ask("webhook-endpoints", said, endpoints_there)


def endpoint_change(shop: Shop) -> Ask:
    path = f"webhook-endpoints/{_endpoint(shop).pk}"
    return Ask(path, {"url": "https://books.example.com/other"}, endpoints_there)


def endpoint_secret(shop: Shop) -> Ask:
    return Ask(f"webhook-endpoints/{_endpoint(shop).pk}/secret", {"secret": SECRET}, endpoints_there)


def endpoint_state(shop: Shop) -> Ask:
    return Ask(f"webhook-endpoints/{_endpoint(shop).pk}/state", {"is_on": False}, endpoints_there)


def endpoint_test(shop: Shop) -> Ask:
    return Ask(f"webhook-endpoints/{_endpoint(shop).pk}/test", None, endpoints_there)


def replay(shop: Shop) -> Ask:
    return Ask(f"webhook-deliveries/{tested(shop).pk}/replay", None, endpoints_there)


WRITES: dict[tuple[str, str], Callable[[Shop], Ask]] = {
    ("api_holds", "POST"): hold,
    ("api_hold", "DELETE"): hold_end,
    ("api_hold_renewal", "POST"): hold_renewal,
    ("api_bookings", "POST"): booking,
    ("api_booking_cancellation", "POST"): cancellation,
    ("api_booking_cancellation", "DELETE"): cancellation_undo,
    ("api_booking_time", "PUT"): move,
    ("api_booking_attendance", "PUT"): attendance,
    ("api_booking_answer", "PUT"): answer,
    ("api_booking_waiver", "POST"): waiver,
    ("api_retainer_pause", "POST"): retainer_pause,
    ("api_retainer_pause", "DELETE"): retainer_pause_undo,
    ("api_retainer_end", "POST"): retainer_end,
    ("api_retainer_end", "DELETE"): retainer_end_undo,
    ("api_retainer_price", "PUT"): retainer_price,
    ("api_retainer_resumption", "POST"): retainer_resumption,
    ("api_webhook_endpoints", "POST"): endpoint,
    ("api_webhook_endpoint", "PUT"): endpoint_change,
    ("api_webhook_secret", "PUT"): endpoint_secret,
    ("api_webhook_state", "PUT"): endpoint_state,
    ("api_webhook_test", "POST"): endpoint_test,
    ("api_webhook_replay", "POST"): replay,
    ("api_clients", "POST"): client,
    ("api_client", "PATCH"): client_change,
    ("api_client_archive", "PUT"): client_archive,
    ("api_packs", "POST"): pack,
    ("api_pack_corrections", "POST"): correction,
    ("api_payment_refunds", "POST"): refund,
    ("api_charge_received", "POST"): received,
}


def sent(program: Program, method: str, ask: Ask, **said: Any) -> Any:
    """The request as its line says it, in whatever state the thing is now."""
    return program.ask(method, f"/api/v1/{ask.path}", ask.body, match="*", **said)


def tested(shop: Shop) -> WebhookDelivery:
    """A message to a program that wants nothing but tests."""
    made = _endpoint(shop)
    with tenant_context(shop.tenant):
        endpoints.test(endpoint_id=made.pk, now=clock.now(), actor=SYSTEM)
        with transaction.atomic():
            event = Event.objects.get(kind="webhook.tested", subject_id=made.pk)
            deliveries.plan(event=event, now=clock.now())
        return WebhookDelivery.objects.get(endpoint=made)


def requested(shop: Shop, **fields: Any) -> Booking:
    """A booking that waits for the coach's yes."""
    kind = worlds.session_type(shop.tenant, needs_approval=True, **{"price_minor": 0, **fields})
    held = worlds.held(shop.tenant, kind, at=worlds.hour(60))
    worlds.book(shop.tenant, held)
    return worlds.reread(shop.tenant, held)


def kept_by_the_rule(shop: Shop) -> Booking:
    """Cancelled by the client too late, and the minute in which that is undone is over."""
    kind = worlds.session_type(shop.tenant)
    sold = worlds.sell(shop, kind, at=worlds.hour(3))
    late = sold.session.starts_at - timedelta(hours=1)
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=sold.pk, cause=Cause.CLIENT, now=late, actor=SYSTEM)
        asked = Cancellation.objects.get(booking=sold)
        cancelling.carry_out(reference=asked.pk, now=late + timedelta(minutes=2))
    return worlds.reread(shop.tenant, sold)


def retainer(shop: Shop) -> Retainer:
    """One whose first period was paid a week ago."""
    with tenant_context(shop.tenant):
        return begun.begun(now=clock.now() - timedelta(days=7))


def paused(shop: Shop) -> Retainer:
    """A pause that has come."""
    made = retainer(shop)
    with tenant_context(shop.tenant):
        asked_at = clock.now() - timedelta(days=6)
        standing.pause(retainer_id=made.pk, now=asked_at, actor=begun.COACH)
        begun.turned(made, now=asked_at + timedelta(days=40))
        return begun.reread(made)


def _with(shop: Shop, wish: Callable[..., Any]) -> Retainer:
    made = retainer(shop)
    with tenant_context(shop.tenant):
        wish(retainer_id=made.pk, now=clock.now(), actor=begun.COACH)
    return made


def _endpoint(shop: Shop) -> WebhookEndpoint:
    said: dict[str, Any] = {"kinds": "webhook.*", "shows_money": False, "now": clock.now(), "actor": SYSTEM}
    with tenant_context(shop.tenant):
        return endpoints.make(url="https://books.example.com/", name="Books", **said)


def _at(number: int) -> str:
    return worlds.hour(number).isoformat()


def _confirmed(shop: Shop) -> Booking:
    held = worlds.held(shop.tenant, worlds.session_type(shop.tenant, price_minor=0), at=worlds.hour(30))
    worlds.book(shop.tenant, held)
    return worlds.reread(shop.tenant, held)
