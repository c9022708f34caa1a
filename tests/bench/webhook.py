"""An event of Stripe's, as it really looks: verified, stored, handed to a worker, answered."""

import json
import time
from collections.abc import Callable
from functools import cache, partial
from itertools import count

from django.conf import settings

from connect.simulator.client import start_simulator
from connect.simulator.postings import sign
from tenants.registry.models import Tenant
from tests import worlds
from tests.bench.measuring import Batch, Batches, Finding, cpu_ms, over_floor, times_ms
from tests.bench.serving import CENTRAL, Browser
from tests.bench.stages import Stage, expect

MUST, AIM = 2, 1.3
WANTED = "payment_intent.amount_capturable_updated"
_numbers = count()


def webhook(stage: Stage) -> Callable[[], Batch]:
    browser, body = stage.site.browser(CENTRAL), real_event(stage.other)
    return lambda: stage.site.batch(partial(_post, browser, body), stage.size.batch)


@cache
def real_event(tenant: Tenant) -> dict[str, object]:
    """What Stripe says when somebody has paid on its page."""
    with start_simulator(settle_seconds=0) as stripe:
        settings.STRIPE_API_BASE = stripe.url
        stripe.event_form("snapshot")
        shop = worlds.open_shop(tenant, stripe)
        kind = worlds.session_type(tenant)
        worlds.ask_and_pay(shop, kind, at=worlds.hour(3))
        bodies = [json.loads(event.body) for event in stripe.pending_events()]
    return next(body for body in bodies if body["type"] == WANTED)


def _post(browser: Browser, body: dict[str, object]) -> float:
    return expect(browser.send("/stripe/events/accounts", *_signed(body)), 200).seconds


def _signed(body: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    """The event under an id of its own: one that came before is not stored again."""
    text = json.dumps({**body, "id": f"evt_bench_{next(_numbers)}"}).encode()
    signature = sign(text, secret=settings.STRIPE_WEBHOOK_SECRET_ACCOUNTS, at=int(time.time()))
    return text, {"Stripe-Signature": signature, "Content-Type": "application/json"}


def found(stage: Stage, batches: Batches, floor: Batches) -> Finding:
    browser, body = stage.site.browser(CENTRAL, counting=True), real_event(stage.other)
    queries = expect(browser.send("/stripe/events/accounts", *_signed(body)), 200).queries
    limits = over_floor(batches, floor, floor_name="insert", must=MUST, aim=AIM)
    return Finding("Webhook verified and stored", times_ms(batches), cpu_ms(batches), queries, limits)
