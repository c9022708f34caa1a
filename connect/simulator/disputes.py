"""Disputes: a payer's bank takes a payment back, or asks about it first. The coach answers at Stripe."""

from connect.simulator import balance, charges, events, fraud_warnings, listing, rendering
from connect.simulator.money import dispute_fee
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

DAYS_TO_ANSWER = 9
OPEN = ("needs_response", "under_review")
OPEN_INQUIRY = ("warning_needs_response", "warning_under_review")


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def list_disputes(call: Call) -> Document:
    return listing.page(call, "dispute", url="/v1/disputes", filters=("charge", "payment_intent"))


def found(store: Store, dispute_id: str, *, account: str | None) -> Document:
    dispute = store.find(dispute_id, account=account)
    if dispute is None or dispute["object"] != "dispute":
        raise missing("dispute", dispute_id, param="dispute")
    return dispute


def open_for(
    world: World, charge: Document, *, amount: int | None = None, reason: str = "fraudulent", kind: str
) -> Document:
    """`kind` is `chargeback`, `inquiry` (no money moves yet) or `lost` (nothing can be answered any more).

    `amount` is all that was not given back, unless said. Raises Refusal.
    """
    amount = charge["amount_captured"] - charge["amount_refunded"] if amount is None else amount
    if not charge["captured"] or not 1 <= amount <= charge["amount_captured"]:
        raise invalid("Only what was captured can be disputed.", param="amount")
    dispute = _new(world, charge, amount, reason, kind)
    world.store.save(charge, disputed=True)
    _tell(world, dispute, "charge.dispute.created")
    if kind != "inquiry":
        _withdraw(world, dispute)
    if kind == "lost":
        _tell(world, dispute, "charge.dispute.closed")
    fraud_warnings.note_answered(world, charge)
    return dispute


def escalate(world: World, dispute: Document) -> None:
    """The inquiry was not enough: now the money is taken."""
    _must_be(dispute, OPEN_INQUIRY)
    details = {**dispute["payment_method_details"]["card"], "case_type": "chargeback"}
    world.store.save(
        dispute,
        status="needs_response",
        is_charge_refundable=False,
        payment_method_details={"type": "card", "card": details},
    )
    _tell(world, dispute, "charge.dispute.updated")
    _withdraw(world, dispute)


def answer(world: World, dispute: Document) -> None:
    """The coach sends evidence."""
    _must_be(dispute, ("needs_response", "warning_needs_response"))
    said = {"has_evidence": True, "submission_count": 1, "submission_method": "manual"}
    world.store.save(
        dispute,
        status=dispute["status"].replace("needs_response", "under_review"),
        evidence_details={**dispute["evidence_details"], **said},
    )
    _tell(world, dispute, "charge.dispute.updated")


def win(world: World, dispute: Document) -> None:
    """The money comes back, Stripe's fee does not. An inquiry that is won was never more than that."""
    _must_be(dispute, OPEN + OPEN_INQUIRY)
    if dispute["status"] in OPEN_INQUIRY:
        world.store.save(dispute, status="warning_closed")
    else:
        world.store.save(dispute, status="won")
        _reinstate(world, dispute)
    _tell(world, dispute, "charge.dispute.closed")


def lose(world: World, dispute: Document) -> None:
    _must_be(dispute, OPEN)
    world.store.save(dispute, status="lost", is_charge_refundable=False)
    _tell(world, dispute, "charge.dispute.closed")


def forbid_refund(store: Store, charge: Document) -> None:
    """Raises Refusal: what the bank has taken cannot be given back as well."""
    for dispute in store.linked("dispute", "charge", charge["id"]):
        if dispute["status"] in (*OPEN, "lost"):
            message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
            raise invalid(message, code="charge_disputed", param="charge")


def _new(world: World, charge: Document, amount: int, reason: str, kind: str) -> Document:
    now = world.store.now()
    statuses = {"inquiry": "warning_needs_response", "lost": "lost", "chargeback": "needs_response"}
    if kind not in statuses:
        raise ValueError(f"unknown kind of dispute {kind!r}: one of {', '.join(statuses)}")
    brand = charge["payment_method_details"]["card"]["brand"]
    case = "inquiry" if kind == "inquiry" else "chargeback"
    dispute = {
        "id": world.store.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None if kind == "lost" else now + DAYS_TO_ANSWER * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": kind == "inquiry",
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {"brand": brand, "case_type": case, "network": brand},
        },
        "reason": reason,
        "status": statuses[kind],
    }
    return world.store.add(dispute, account=world.store.owner_of(charge["id"]))


def _withdraw(world: World, dispute: Document) -> None:
    account = world.store.owner_of(dispute["id"])
    into = balance.settled(world, account, dispute["currency"])
    fee: Document = {
        "amount": dispute_fee(into.currency),
        "application": None,
        "currency": into.currency,
        "description": "Dispute fee",
        "type": "stripe_fee",
    }
    _move(world, dispute, -1, category="dispute", words="Chargeback withdrawal for", fees=[fee])
    _tell(world, dispute, "charge.dispute.funds_withdrawn")


def _reinstate(world: World, dispute: Document) -> None:
    _move(world, dispute, 1, category="dispute_reversal", words="Chargeback reversal for", fees=[])
    _tell(world, dispute, "charge.dispute.funds_reinstated")


def _move(
    world: World,
    dispute: Document,
    sign: int,
    *,
    category: str,
    words: str,
    fees: list[Document],
) -> None:
    account = world.store.owner_of(dispute["id"])
    into = balance.settled(world, account, dispute["currency"])
    charge = charges.found(world.store, dispute["charge"], account=account)
    entry = balance.write(
        world,
        account=account,
        kind="adjustment",
        category=category,
        amount=sign * into.amount(dispute["amount"]),
        currency=into.currency,
        source=dispute["id"],
        fee_details=fees,
        available_on=balance.available_from(world, charge),
        description=f"{words} {charge['id']}",
        exchange_rate=into.rate,
    )
    lines = [*dispute["balance_transactions"], rendering.render(entry)]
    world.store.save(dispute, balance_transactions=lines)


def _must_be(dispute: Document, statuses: tuple[str, ...]) -> None:
    if dispute["status"] not in statuses:
        raise invalid(f"This dispute is {dispute['status']}; that takes one that is {' or '.join(statuses)}.")


def _tell(world: World, dispute: Document, kind: str) -> None:
    events.emit(world, kind, dispute, account=world.store.owner_of(dispute["id"]))
