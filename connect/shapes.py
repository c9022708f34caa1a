"""What the gateway answers: small frozen values in our words, never Stripe's own objects.

Amounts are integers in the minor unit of the currency that stands beside them. Times are aware, in UTC.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

READY = "active"


@dataclass(frozen=True)
class Requirement:
    """One thing that Stripe still asks the coach for."""

    what: str
    deadline_status: str


@dataclass(frozen=True)
class AccountView:
    """A coach's Stripe account. `closed` means that we can no longer act on it: closed or disconnected."""

    id: str
    card_payments_status: str
    requirements: tuple[Requirement, ...] = ()
    closed: bool = False
    livemode: bool = False

    @property
    def can_sell(self) -> bool:
        return self.card_payments_status == READY and not self.closed


@dataclass(frozen=True)
class CheckoutView:
    """A hosted page: `open`, `complete` or `expired`. `url` is None unless it is open.

    A page that only keeps a card has a `setup_intent_id` and takes 0. `customer_id` is whom the card is kept
    for: the payer that the page was made for, or one that Stripe made up when a card was to be kept.
    """

    id: str
    status: str
    url: str | None
    payment_intent_id: str | None
    expires_at: datetime
    amount_total_minor: int
    setup_intent_id: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class CardView:
    """A card as the network has it now. `customer_id` is None when it is not (or no longer) kept."""

    id: str
    customer_id: str | None
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True)
class SetupView:
    """A try at keeping a card without a payment. `succeeded` means that `method_id` is kept."""

    id: str
    status: str
    customer_id: str | None
    method_id: str | None
    error_code: str | None
    decline_code: str | None
    metadata: dict[str, str]


@dataclass(frozen=True)
class RefundView:
    """`pending`, `requires_action`, `succeeded`, `failed` or `canceled`. What succeeded can fail later."""

    id: str
    amount_minor: int
    status: str
    created: datetime
    metadata: dict[str, str] = field(default_factory=dict)
    failure_reason: str | None = None


@dataclass(frozen=True)
class ChargeView:
    """One charge of a card. Only `captured` is money; before it, nothing was taken.

    The processor's fee, net, rate and date are None until Stripe has written the balance transaction.
    They and `settled_minor` are in `settlement_currency`, which need not be the currency of the price.
    """

    id: str
    captured: bool
    amount_captured_minor: int
    amount_refunded_minor: int
    capture_before: datetime | None
    application_fee_id: str | None
    application_fee_minor: int
    card_brand: str
    card_last4: str
    failure_code: str | None
    disputed: bool
    refunds: tuple[RefundView, ...]
    settled_minor: int | None
    processor_fee_minor: int | None
    settled_application_fee_minor: int | None
    net_minor: int | None
    settlement_currency: str | None
    exchange_rate: Decimal | None
    available_on: datetime | None
    intent_id: str | None
    currency: str
    created: datetime
    card_exp_month: int | None
    card_exp_year: int | None


@dataclass(frozen=True)
class IntentView:
    """A payment, as Stripe has it now. `application_fee_minor` is what is preset, or what was taken.

    `method_id` is the card that is charged, or that was refused last. `next_url`: where to send the client
    while the payment is `requires_action`. `advice_code`: what the bank that refused advises of another try.
    """

    id: str
    status: str
    amount_minor: int
    currency: str
    amount_received_minor: int
    application_fee_minor: int
    cancellation_reason: str | None
    error_code: str | None
    decline_code: str | None
    under_review: bool
    metadata: dict[str, str]
    charge: ChargeView | None
    customer_id: str | None = None
    method_id: str | None = None
    next_url: str | None = None
    advice_code: str = ""


@dataclass(frozen=True)
class FeeView:
    """The platform's fee on one charge, and how much of it went back already."""

    id: str
    amount_minor: int
    amount_refunded_minor: int
    currency: str
    charge_id: str
    account_id: str


@dataclass(frozen=True)
class FeeReturnView:
    id: str
    fee_id: str
    amount_minor: int


def read_account(account: Any) -> AccountView:
    return AccountView(
        id=account.id,
        card_payments_status=_card_payments_status(account),
        requirements=tuple(
            Requirement(what=entry.description, deadline_status=entry.minimum_deadline.status)
            for entry in given(account, "requirements", "entries") or ()
            if entry.awaiting_action_from == "user"
        ),
        closed=bool(given(account, "closed")),
        livemode=account.livemode,
    )


def _card_payments_status(account: Any) -> str:
    path = ("configuration", "merchant", "capabilities", "card_payments", "status")
    return given(account, *path) or "unsupported"


def read_checkout(session: Any) -> CheckoutView:
    return CheckoutView(
        id=session.id,
        status=session.status,
        url=session.url,
        payment_intent_id=id_of(session.payment_intent),
        expires_at=moment(session.expires_at),
        amount_total_minor=session.amount_total or 0,
        setup_intent_id=id_of(given(session, "setup_intent")),
        customer_id=id_of(given(session, "customer")),
    )


def read_card(method: Any) -> CardView:
    return CardView(
        id=method.id,
        customer_id=id_of(given(method, "customer")),
        brand=method.card.brand,
        last4=method.card.last4 or "",
        exp_month=method.card.exp_month,
        exp_year=method.card.exp_year,
    )


def read_setup(intent: Any) -> SetupView:
    return SetupView(
        id=intent.id,
        status=intent.status,
        customer_id=id_of(given(intent, "customer")),
        method_id=_method_of(intent, "last_setup_error"),
        error_code=given(intent, "last_setup_error", "code"),
        decline_code=given(intent, "last_setup_error", "decline_code"),
        metadata=_metadata(intent),
    )


def _method_of(intent: Any, error: str) -> str | None:
    """Stripe takes a refused card off the payment, and names it in the error alone."""
    return id_of(given(intent, "payment_method") or given(intent, error, "payment_method"))


def read_intent(intent: Any) -> IntentView:
    charge = given(intent, "latest_charge")
    return IntentView(
        id=intent.id,
        status=intent.status,
        amount_minor=intent.amount,
        currency=intent.currency,
        amount_received_minor=intent.amount_received,
        application_fee_minor=given(intent, "application_fee_amount") or 0,
        cancellation_reason=given(intent, "cancellation_reason"),
        error_code=given(intent, "last_payment_error", "code"),
        decline_code=given(intent, "last_payment_error", "decline_code"),
        under_review=bool(given(intent, "review", "open")),
        metadata=_metadata(intent),
        charge=read_charge(charge) if charge else None,
        customer_id=id_of(given(intent, "customer")),
        method_id=_method_of(intent, "last_payment_error"),
        next_url=given(intent, "next_action", "redirect_to_url", "url"),
        advice_code=given(intent, "last_payment_error", "advice_code") or "",
    )


def _metadata(thing: Any) -> dict[str, str]:
    return dict(thing.metadata.to_dict()) if thing.metadata else {}


def read_charge(charge: Any) -> ChargeView:
    return ChargeView(
        id=charge.id,
        captured=charge.captured,
        amount_captured_minor=charge.amount_captured,
        amount_refunded_minor=charge.amount_refunded,
        capture_before=moment_or_none(given(charge, "payment_method_details", "card", "capture_before")),
        application_fee_id=id_of(given(charge, "application_fee")),
        application_fee_minor=given(charge, "application_fee_amount") or 0,
        card_brand=given(charge, "payment_method_details", "card", "brand") or "",
        card_last4=given(charge, "payment_method_details", "card", "last4") or "",
        failure_code=given(charge, "failure_code"),
        disputed=charge.disputed,
        refunds=tuple(read_refund(refund) for refund in given(charge, "refunds", "data") or ()),
        intent_id=id_of(given(charge, "payment_intent")),
        currency=charge.currency,
        created=moment(charge.created),
        card_exp_month=given(charge, "payment_method_details", "card", "exp_month"),
        card_exp_year=given(charge, "payment_method_details", "card", "exp_year"),
        **_settlement(given(charge, "balance_transaction")),
    )


def _settlement(entry: Any) -> dict[str, Any]:
    """The balance transaction's figures; all None while Stripe has not written it.

    The processor's fee is everything that is not ours (Stripe may add taxes to its own), so that
    settled − processor fee − application fee = net holds by Stripe's own arithmetic.
    """
    ours = sum(d.amount for d in entry.fee_details if d.type == "application_fee") if entry else None
    return {
        "settled_minor": entry.amount if entry else None,
        "processor_fee_minor": entry.fee - ours if entry else None,
        "settled_application_fee_minor": ours,
        "net_minor": entry.net if entry else None,
        "settlement_currency": entry.currency if entry else None,
        "exchange_rate": Decimal(str(entry.exchange_rate)) if entry and entry.exchange_rate else None,
        "available_on": moment(entry.available_on) if entry else None,
    }


def read_refund(refund: Any) -> RefundView:
    return RefundView(
        id=refund.id,
        amount_minor=refund.amount,
        status=refund.status or "pending",
        created=moment(refund.created),
        metadata=_metadata(refund),
        failure_reason=given(refund, "failure_reason"),
    )


def read_fee(fee: Any) -> FeeView:
    return FeeView(
        id=fee.id,
        amount_minor=fee.amount,
        amount_refunded_minor=fee.amount_refunded,
        currency=fee.currency,
        charge_id=id_of(fee.charge) or "",
        account_id=id_of(fee.account) or "",
    )


def read_fee_return(refund: Any) -> FeeReturnView:
    return FeeReturnView(id=refund.id, fee_id=id_of(refund.fee) or "", amount_minor=refund.amount)


def given(thing: Any, *path: str) -> Any:
    """Follow names through Stripe's objects; None where one is absent (the SDK's raise, dicts do not fit)."""
    for name in path:
        if thing is None or isinstance(thing, str):
            return None
        thing = getattr(thing, name, None)
    return thing


def id_of(reference: Any) -> str | None:
    """Stripe gives an id, or the whole object when asked to expand it."""
    return reference if reference is None or isinstance(reference, str) else reference.id


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
