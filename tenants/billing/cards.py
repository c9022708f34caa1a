"""Cards that payers let the coach keep: at Stripe; here only what a person tells them apart by.

A card is kept only with the words that its payer agreed to (a `Mandate`), and forgotten when a payment that
was to keep it comes to nothing.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from connect import gateway
from connect.accounts import require_chargeable
from kit.actors import STRIPE, Actor
from kit.database import current_schema, insert_unless_there, require_transaction
from kit.ids import uuid7
from tenants.activity import events
from tenants.billing.models import (
    Charge,
    InstalmentKind,
    Mandate,
    MandatePurpose,
    PaymentAttempt,
    SavedCard,
    StripeCustomer,
)
from tenants.billing.sales import Mandated
from tenants.clients.models import Client
from tenants.registry import wakeups

SETUP_LIFE = timedelta(hours=1)
# What a mandate must be for, for the card to be charged for a part of this kind.
NEEDED = {
    InstalmentKind.REST: MandatePurpose.REST,
    InstalmentKind.INSTALMENT: MandatePurpose.INSTALMENT,
    InstalmentKind.PERIOD: MandatePurpose.RETAINER,
}


@dataclass(frozen=True)
class Ready:
    """A card that can pay now, as its bank has it, and whom it belongs to at Stripe."""

    card: SavedCard
    customer_id: str


# --- what was agreed --------------------------------------------------------------------------------


def agree(mandated: Mandated, *, client_id: uuid.UUID, charge_id: uuid.UUID, now: datetime) -> None:
    """Step: keep the words under which a card is kept. The same words for the same thing are kept once."""
    require_transaction()
    insert_unless_there(
        Mandate(
            client_id=client_id,
            purpose=mandated.purpose,
            reference=mandated.reference or charge_id,
            text=mandated.text,
            sha256=sha256(mandated.text.encode()).hexdigest(),
            address=mandated.address,
            at=now,
        )
    )


def may_charge(charge: Charge, kind: str) -> bool:
    """Whether the payer has agreed that a card is charged by itself for such a part of this charge."""
    purpose = NEEDED.get(InstalmentKind(kind))
    agreed = Mandate.objects.filter(client_id=charge.client_id, purpose=purpose)
    if purpose != MandatePurpose.RETAINER:
        agreed = agreed.filter(reference__in=[charge.pk, charge.reference])
    return purpose is not None and agreed.exists()


# --- which cards there are --------------------------------------------------------------------------


def cards_of(client_id: uuid.UUID) -> list[SavedCard]:
    """The cards that this payer lets the coach keep, the newest first."""
    kept = SavedCard.objects.filter(client_id=client_id, removed_at=None)
    return list(kept.order_by("-created_at", "-pk"))


def usable_card(
    *, client_id: uuid.UUID, account_id: str, card_id: uuid.UUID | None = None
) -> SavedCard | None:
    """The card that is charged for this payer: the newest that is kept on the coach's present account and
    that its bank has not refused for good. With a `card_id`, that one, if it can be charged."""
    kept = SavedCard.objects.filter(client_id=client_id, removed_at=None, account_id=account_id, refused="")
    chosen = kept.filter(pk=card_id) if card_id else kept
    return chosen.order_by("-created_at", "-pk").first()


def ready(*, client_id: uuid.UUID, now: datetime, card_id: uuid.UUID | None = None) -> Ready | None:
    """The card that would pay, or the one that the payer chose, looked at afresh; None when none can.

    Called with no transaction open. Raises `connect.accounts.CannotCharge` and the gateway's errors.
    """
    account_id = require_chargeable(schema_name=current_schema()).account_id or ""
    while card := usable_card(client_id=client_id, account_id=account_id, card_id=card_id):
        if view := _look_at(card, now):
            return Ready(card, view.customer_id or "")
    return None


def known_customer(client_id: uuid.UUID, account_id: str) -> str:
    """What the payer is called at Stripe, or "" as long as nobody has asked."""
    known = StripeCustomer.objects.filter(client_id=client_id, account_id=account_id)
    return known.values_list("customer_id", flat=True).first() or ""


def customer_of(*, client: Client, account_id: str, now: datetime) -> str:
    """Use case: the same, made known to Stripe on the first call. Raises the gateway's errors."""
    if known := known_customer(client.pk, account_id):
        return known
    with transaction.atomic(durable=True):
        insert_unless_there(StripeCustomer(client=client, account_id=account_id, created_at=now))
        row = StripeCustomer.objects.get(client=client, account_id=account_id)
    if not row.customer_id:
        row.customer_id = gateway.create_customer(
            account_id=account_id,
            key=f"cus-{row.pk}",
            email=client.email,
            name=client.name,
            metadata={"tenant": current_schema(), "client": str(client.pk)},
        )
        with transaction.atomic(durable=True):
            StripeCustomer.objects.filter(pk=row.pk, customer_id="").update(customer_id=row.customer_id)
    return known_customer(client.pk, account_id)


# --- a card that a payment keeps --------------------------------------------------------------------


def is_to_be_kept(attempt: PaymentAttempt) -> bool:
    """Whether the page of this payment keeps the card that is typed there."""
    return "setup_future_usage" in attempt.parameters.get("payment_intent_data", {})


def remember(attempt: PaymentAttempt, charge: Charge, intent: gateway.IntentView, *, now: datetime) -> None:
    """Step: the card of a captured payment is kept, where its page said so."""
    if not (is_to_be_kept(attempt) and intent.method_id and intent.customer_id and intent.charge):
        return
    paid = intent.charge
    view = gateway.CardView(
        id=intent.method_id,
        customer_id=intent.customer_id,
        brand=paid.card_brand,
        last4=paid.card_last4,
        exp_month=paid.card_exp_month or 12,
        exp_year=paid.card_exp_year or now.year,
    )
    keep(view, client_id=charge.client_id, account_id=attempt.account_id, now=now)


def keep(view: gateway.CardView, *, client_id: uuid.UUID, account_id: str, now: datetime) -> SavedCard:
    """Step: a card is kept, once; what waits for a card is then tried with it."""
    card = SavedCard(
        client_id=client_id,
        account_id=account_id,
        method_id=view.id,
        brand=view.brand[:20],
        last4=view.last4[:4],
        exp_month=view.exp_month,
        exp_year=view.exp_year,
        created_at=now,
    )
    if not insert_unless_there(card):
        return SavedCard.objects.get(account_id=account_id, method_id=view.id, removed_at=None)
    if view.customer_id:
        insert_unless_there(
            StripeCustomer(
                client_id=client_id, account_id=account_id, customer_id=view.customer_id, created_at=now
            )
        )
    _tell("card.saved", card, now, Actor("client", str(client_id)))
    wakeups.ask(kind="card", reference=card.pk, due_at=now, now=now)
    return card


def let_go(attempt: PaymentAttempt, intent: gateway.IntentView | None) -> None:
    """Forget the card of a payment that came to nothing, unless it is kept for something else.

    Called with no transaction open, before the end of the payment is written down: so it is done at least
    once. Raises the gateway's errors.
    """
    if intent is None or not intent.method_id or not is_to_be_kept(attempt):
        return
    kept = SavedCard.objects.filter(
        account_id=attempt.account_id, method_id=intent.method_id, removed_at=None
    )
    if not kept.exists():
        gateway.detach_card(account_id=attempt.account_id, method_id=intent.method_id)


def _tell(kind: str, card: SavedCard, now: datetime, actor: Actor) -> None:
    events.record(
        kind=kind,
        subject_id=card.pk,
        client_id=card.client_id,
        actor=actor,
        now=now,
        data={"brand": card.brand, "last4": card.last4},
    )


# --- removed, replaced ------------------------------------------------------------------------------


def remove(*, card_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: the card is forgotten, at Stripe first. What it would have paid is then asked for by link.

    Raises the gateway's errors; the card is kept then, and it can be asked again.
    """
    card = SavedCard.objects.get(pk=card_id)
    if card.removed_at is None:
        # Of an account that is out of our reach nothing here can charge the card any more.
        with suppress(gateway.GatewayDisconnected):
            gateway.detach_card(account_id=card.account_id, method_id=card.method_id)
        with transaction.atomic(durable=True):
            _gone(card, now, actor)


def _gone(card: SavedCard, now: datetime, actor: Actor) -> None:
    if SavedCard.objects.filter(pk=card.pk, removed_at=None).update(removed_at=now):
        _tell("card.removed", card, now, actor)


def setup_page(
    *,
    client_id: uuid.UUID,
    currency: str,
    links: Callable[[], tuple[str, str]],
    now: datetime,
    mandated: Mandated | None = None,
) -> str:
    """Use case: where a payer types another card; nothing is charged there.

    `links` gives the pages to return to (kept, not kept); the first gets `?cs=` for `kept_on_page`. The new
    card pays from then on. Raises `connect.accounts.CannotCharge` and the gateway's errors.
    """
    client = Client.objects.get(pk=client_id)
    account_id = require_chargeable(schema_name=current_schema()).account_id or ""
    customer_id = customer_of(client=client, account_id=account_id, now=now)
    if mandated:
        with transaction.atomic(durable=True):
            agree(mandated, client_id=client_id, charge_id=client_id, now=now)
    success_url, cancel_url = links()
    params = gateway.setup_params(
        customer_id=customer_id,
        currency=currency,
        client_reference=str(client_id),
        metadata={"tenant": current_schema(), "client": str(client_id)},
        expires_at=(now + SETUP_LIFE).replace(microsecond=0),
        success_url=success_url,
        cancel_url=cancel_url,
    )
    # Pages that take no money may be made twice: each press makes its own.
    page = gateway.create_checkout(account_id=account_id, key=f"setup-{uuid7()}", params=params)
    return page.url or ""


def kept_on_page(*, checkout_id: str, client_id: uuid.UUID, now: datetime) -> SavedCard | None:
    """Use case: a payer comes back from a page that keeps a card; None when it has kept none (yet).

    Raises the gateway's errors; Stripe's event does the same a little later.
    """
    account_id = require_chargeable(schema_name=current_schema()).account_id or ""
    page = gateway.fetch_checkout(account_id=account_id, checkout_id=checkout_id)
    if not page.setup_intent_id:
        return None
    card = _kept_by_setup(account_id, page.setup_intent_id, now)
    return card if card and card.client_id == client_id else None


def _kept_by_setup(account_id: str, setup_id: str, now: datetime) -> SavedCard | None:
    setup = gateway.fetch_setup(account_id=account_id, setup_id=setup_id)
    client_id = _client_named(setup.metadata)
    if setup.status != "succeeded" or not setup.method_id or client_id is None:
        return None
    view = gateway.fetch_card(account_id=account_id, method_id=setup.method_id)
    if view.customer_id is None:
        return None  # Forgotten again meanwhile.
    with transaction.atomic(durable=True):
        return keep(view, client_id=client_id, account_id=account_id, now=now)


def _client_named(metadata: dict[str, str]) -> uuid.UUID | None:
    try:
        client_id = uuid.UUID(metadata.get("client", ""))
    except ValueError:
        return None
    ours = metadata.get("tenant") == current_schema()
    return client_id if ours and Client.objects.filter(pk=client_id).exists() else None


# --- what Stripe tells ------------------------------------------------------------------------------


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> str:
    """Use case of the inbox: a card was kept, replaced by its bank, or forgotten. Answers why nothing is
    done."""
    try:
        if object_id.startswith("seti_"):
            return "" if _kept_by_setup(account_id, object_id, now) else "no card was kept by Upfront"
        if object_id.startswith("cus_"):
            return _forget_customer(account_id, object_id, now)
        card = SavedCard.objects.filter(account_id=account_id, method_id=object_id, removed_at=None).first()
        if card is None:
            return "not a card that is kept here"
        _look_at(card, now)
    except gateway.GatewayDisconnected:
        return "of an account that was disconnected"
    return ""


def _look_at(card: SavedCard, now: datetime) -> gateway.CardView | None:
    """The card as its bank has it now, and written down; None when it is not kept any more."""
    try:
        view = gateway.fetch_card(account_id=card.account_id, method_id=card.method_id)
    except gateway.GatewayMissing:
        view = None
    with transaction.atomic(durable=True):
        if view is None or view.customer_id is None:
            _gone(card, now, STRIPE)
            return None
        _replaced(card, view, now)
    return view


def _forget_customer(account_id: str, customer_id: str, now: datetime) -> str:
    """The coach has deleted a payer in Stripe's dashboard, and their cards with them.

    The next page that keeps a card makes the payer known anew.
    """
    known = StripeCustomer.objects.filter(account_id=account_id, customer_id=customer_id).first()
    if known is None:
        return "not a payer who is known here"
    for card in SavedCard.objects.filter(account_id=account_id, client=known.client_id, removed_at=None):
        _look_at(card, now)
    with transaction.atomic(durable=True):
        known.delete()
    return ""


def _replaced(card: SavedCard, view: gateway.CardView, now: datetime) -> None:
    """The bank gave the cardholder another card under the same name: what was refused may be tried again."""
    seen = {"last4": view.last4, "exp_month": view.exp_month, "exp_year": view.exp_year}
    if any(getattr(card, name) != value for name, value in seen.items()):
        SavedCard.objects.filter(pk=card.pk).update(**seen, refused="", tries_in_a_row=0)
        wakeups.ask(kind="card", reference=card.pk, due_at=now, now=now)
