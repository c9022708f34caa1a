"""How a lower room reaches a higher one: by a name in these tables, never by an import."""

from tenants.integrations.public_events import PUBLIC_EVENTS as _PUBLIC_EVENTS

# What a charge was for -> the module with the steps of `tenants.billing.fulfilment.Fulfilment`.
FULFILMENTS = {
    "booking": "tenants.scheduling.fulfilment",
    "pack": "tenants.packs.fulfilment",
    "pack_and_booking": "tenants.scheduling.pack_fulfilment",
    "pack_debt": "tenants.packs.debt_fulfilment",
    "retainer": "tenants.retainers.fulfilment",
    "invoice": "tenants.billing.invoice_fulfilment",
    "brought": "tenants.billing.invoice_fulfilment",
    "order": "tenants.shop.fulfilment",
    "packs_for": "tenants.shop.packs_for_fulfilment",
}

# The same -> step(reference=) that says in lines what it is, for papers: it names nobody.
PAPER_LINES = {
    "booking": "tenants.scheduling.paper_lines.of_booking",
    "pack": "tenants.packs.paper_lines.of_pack",
    "pack_and_booking": "tenants.scheduling.paper_lines.of_pack_and_booking",
    "pack_debt": "tenants.packs.paper_lines.of_debt",
    "retainer": "tenants.retainers.paper_lines.of_period",
    "invoice": "tenants.billing.invoices.lines_of",
    "order": "tenants.shop.paper_lines.of_order",
    "packs_for": "tenants.shop.packs_for_fulfilment.lines_of",
}

# Work that was asked for with a due time -> handler(reference=, now=) -> when to come back, or None.
WAKEUPS = {
    "event": "tenants.activity.events.announce",
    "attempt": "tenants.billing.decisions.look_after",
    "refund": "tenants.billing.refunding.send",
    "dispute": "tenants.billing.disputes.look_after",
    "instalment": "tenants.billing.collecting.look_after",
    "card": "tenants.billing.new_cards.try_what_waits",
    "invoice": "tenants.billing.invoices.remind",
    "hold": "tenants.scheduling.holds.expire_if_lapsed",
    "request": "tenants.scheduling.answers.lapse",
    "cancellation": "tenants.scheduling.cancelling.carry_out",
    "reminder": "tenants.scheduling.reminders.remind",
    "mail": "tenants.messaging.outbox.send",
    "sequence": "tenants.messaging.sequence_runs.turn",
    "pack_expiry": "tenants.packs.expiry.expire",
    "pack_nudge": "tenants.packs.expiry.nudge",
    "pack_papers": "tenants.packs.waiting.lapse",
    "order_papers": "tenants.shop.waiting.lapse",
    "gift": "tenants.shop.packs_given.hand_over",
    "proposal": "tenants.shop.proposals.expire",
    "retainer": "tenants.retainers.schedule.turn",
    "patrol": "tenants.registry.patrols.patrol",
    "domain": "tenants.registry.domains.look_after",
    "payouts": "payouts.mirroring.follow",
    "statement": "tenants.earnings.statements.state",
    "figures": "tenants.earnings.for_operators.state",
    "fee_statement": "tenants.earnings.fee_statements.state",
    "export": "tenants.people.taking_out.make",
    "api_requests": "tenants.integrations.requests.forget",
    "webhook": "tenants.integrations.sending.visit",
    "webhook_log": "tenants.integrations.deliveries.forget",
    "look": "operators.looks.run_out",
}
# Of these, what waits for servers that nobody here answers for: on a queue of its own, so that no other work
# waits with it.
OUTWARD = frozenset({"webhook"})

# How a program's token begins -> function(token, now=) -> `tenants.integrations.keys.Caller`, or None.
API_CREDENTIALS = {
    "upfk_": "tenants.integrations.keys.opener",
    "upfa_": "partners.accesses.opener",
}

# What should never be found at a practice -> steps(now=) that look for it, each answering with `Missed`.
PATROL = {
    "unpaid_booking": "tenants.scheduling.patrol.unpaid_bookings",
    "refunded_booking": "tenants.scheduling.patrol.refunded_bookings",
    "payment_without_booking": "tenants.scheduling.patrol.payments_without_booking",
    "booking_without_unit": "tenants.scheduling.patrol.bookings_without_unit",
    "unit_without_booking": "tenants.scheduling.patrol.units_without_booking",
    "forgotten_hold": "tenants.scheduling.patrol.forgotten_holds",
    "forgotten_request": "tenants.scheduling.patrol.forgotten_requests",
    "forgotten_cancellation": "tenants.scheduling.patrol.forgotten_cancellations",
    "forgotten_reminder": "tenants.scheduling.patrol.forgotten_reminders",
    "forgotten_payment": "tenants.billing.patrol.forgotten_payments",
    "forgotten_refund": "tenants.billing.patrol.forgotten_refunds",
    "forgotten_dispute": "tenants.billing.patrol.forgotten_disputes",
    "forgotten_instalment": "tenants.billing.patrol.forgotten_instalments",
    "payment_without_order": "tenants.shop.patrol.payments_without_order",
    "order_without_goods": "tenants.shop.patrol.orders_without_goods",
    "forgotten_order": "tenants.shop.patrol.forgotten_orders",
    "forgotten_pack_order": "tenants.packs.patrol.forgotten_orders",
    "altered_acceptance": "tenants.paperwork.patrol.altered_acceptances",
    "late_mail": "tenants.messaging.patrol.late_mails",
}

# What proves one practice against the outside -> use cases(schema_name=, now=), run once a week.
PROOFS = {
    "money": "tenants.earnings.proofs.prove",
}

_MAIL = "tenants.messaging.outbox.plan"
_PAPERS = "tenants.billing.receipts"
_PAYOUTS = "payouts.mirroring.begin"
_STATEMENT = "tenants.earnings.statements.begin"
_FEES = "tenants.earnings.fee_statements.begin"
_FIGURES = "tenants.earnings.for_operators.begin"
_DEBTS = "tenants.packs.debts.follow"
_LATE = "tenants.retainers.late.follow"
_CLOSURES = "tenants.scheduling.closing.stand_still"
_REMINDERS = "tenants.scheduling.reminders.watch"
_PACKETS = "tenants.paperwork.packets.follow"
_WELCOME = "tenants.people.welcoming.on_sold"
_PROPOSALS = "tenants.shop.proposals.on_paper"
_BUYER = "tenants.people.stages.on_paid"
_SEQUENCES = "tenants.messaging.sequences.begin"
_WEBHOOKS = "tenants.integrations.deliveries.plan"

# What happened at a practice -> steps(event=, now=) that run in the transaction of its announcement, in the
# order in which rows are locked: a client before packs, retainers and papers' numbers.
EVENT_SUBSCRIBERS = {
    "booking.confirmed": [_MAIL, _REMINDERS, _STATEMENT, _SEQUENCES, _FIGURES, _WELCOME],
    "series.confirmed": [_MAIL, _FIGURES],
    "booking.requested": [_MAIL],
    "booking.released": [_MAIL],
    "booking.moved": [_MAIL, _REMINDERS],
    "booking.upcoming": [_MAIL],
    "booking.cancelled": ["tenants.scheduling.fulfilment.on_called_off", _MAIL],
    "instalment.upcoming": [_MAIL],
    "instalment.due": [_LATE, _MAIL],
    "instalment.failed": [_LATE, _MAIL],
    "instalment.asks_client": [_LATE, _MAIL],
    "instalment.unpaid": [_MAIL],
    "instalment.paid": ["tenants.packs.fulfilment.on_instalment_paid", _MAIL],
    "card.removed": [_MAIL],
    "booking.completed": [_SEQUENCES],
    "booking.waived": [_MAIL],
    "charge.waived": [_DEBTS],
    "payment.captured": [_BUYER, f"{_PAPERS}.on_captured", _PAYOUTS, _STATEMENT, _FEES, _FIGURES],
    "payment.received": [_BUYER, _DEBTS, f"{_PAPERS}.on_received", _MAIL, _STATEMENT, _FIGURES],
    "payment.taken_back": [_DEBTS, f"{_PAPERS}.on_taken_back", _MAIL, _FIGURES],
    "payment.given_back": [f"{_PAPERS}.on_given_back", _MAIL, _FIGURES],
    "payment.refunded": [_MAIL, f"{_PAPERS}.on_refunded", _PAYOUTS, _FIGURES],
    "refund.refused": [_MAIL, f"{_PAPERS}.on_refunded"],
    "invoice.sent": [_MAIL],
    "invoice.overdue": [_MAIL],
    "invoice.paid": [_MAIL],
    "invoice.cancelled": [_MAIL],
    "dispute.opened": [_MAIL, _PAYOUTS],
    "dispute.closed": [_MAIL, f"{_PAPERS}.on_dispute_closed", _PAYOUTS],
    "payment.warned": [_MAIL],
    "pack.bought": [_CLOSURES, _MAIL, _SEQUENCES, _WELCOME],
    "pack.sold": [_CLOSURES, _MAIL],
    "pack.given": [_CLOSURES, _MAIL],
    "pack.handed_over": [_MAIL],
    "packs.bought": [_MAIL],
    "packs.offered": [_MAIL],
    "packs.released": [_MAIL],
    "pack.paid": [_MAIL],
    "pack.released": [_MAIL],
    "pack.low": [_MAIL],
    "pack.expiring": [_MAIL],
    "pack.expired": [_MAIL],
    "pack.extended": [_CLOSURES, _MAIL],
    "pack.sent": [_MAIL],
    "pack.received": [_MAIL],
    "pack.corrected": [_MAIL],
    "pack.frozen": [_MAIL],
    "pack.unfrozen": [_MAIL],
    "pack.refunded": [_MAIL],
    "pack.link_asked": [_MAIL],
    "payments.link_asked": [_MAIL],
    "order.paid": ["tenants.shop.fulfilment.on_paid", _MAIL, _SEQUENCES, _WELCOME],
    "order.released": [_MAIL],
    "order.link_asked": [_MAIL],
    "card.saved": [_MAIL],
    "portal.code_asked": [_MAIL],
    "paper.sent": [_MAIL],
    "paper.reminded": [_MAIL],
    "paper.handed_over": [_MAIL],
    "paper.asked_again": [_MAIL],
    "paper.accepted": [_PROPOSALS, _PACKETS, _MAIL, _SEQUENCES],
    "paper.declined": [_PROPOSALS, _MAIL],
    "proposal.sent": [_MAIL],
    "proposal.accepted": [_MAIL],
    "proposal.declined": [_MAIL],
    "proposal.expired": [_MAIL],
    "proposal.withdrawn": [_MAIL],
    "sequence.due": [_MAIL],
    "sequence.tested": [_MAIL],
    "paper.done": [_PACKETS],
    "retainer.invited": [_MAIL],
    "retainer.started": [_MAIL, _SEQUENCES, _WELCOME],
    "retainer.released": [_MAIL],
    "retainer.upcoming": [_MAIL],
    "retainer.renewed": [_MAIL],
    "retainer.past_due": [_MAIL],
    "retainer.asks_client": [_MAIL],
    "retainer.paused": [_MAIL],
    "retainer.resumed": [_MAIL],
    "retainer.cancel_wanted": [_MAIL],
    "retainer.ended": [_MAIL],
    "retainer.price_changed": [_MAIL],
    "stripe.restricted": [_MAIL],
    "stripe.disconnected": [_MAIL],
    "domain.failing": [_MAIL],
    "payout.failed": [_MAIL],
    "fees.stated": [_MAIL],
    "practice.suspended": [_MAIL],
    "practice.reopened": [_MAIL],
    "practice.closed": ["tenants.retainers.practice_closed.on_closed", _MAIL],
    "practice.opened_again": [_MAIL],
    "practice.arrived": [_MAIL],
    "export.ready": [_MAIL],
    "webhook.switched_off": [_MAIL],
}
# What programs may be told of, they are told of after everybody here.
EVENT_SUBSCRIBERS |= {kind: [*EVENT_SUBSCRIBERS.get(kind, []), _WEBHOOKS] for kind in _PUBLIC_EVENTS}

# What happened in the shared plane to one coach -> use cases(kind=, schema_name=, now=) inside the tenant.
SHARED_EVENTS = {
    "stripe.restricted": ["tenants.activity.events.record_shared"],
    "stripe.disconnected": ["tenants.activity.events.record_shared"],
}

# What was done to a practice from outside -> steps(kind=, now=, actor=, data=) inside it, with the deed.
PRACTICE_CHANGED = ["tenants.activity.of_practice.record"]

# Run once inside a new tenant, with tenant_id and now.
TENANT_CREATED = [
    "fees.accounts.open_account",
    "tenants.offers.practice.open_practice",
    "tenants.scheduling.hours.start_with_office_hours",
]

# What an archive of a practice holds for people to open -> steps(now=) that name its parts.
EXPORTS = ["tenants.people.take_out.parts"]

# What is open at a practice that its coach wants to close -> steps(now=) that answer with `Matter`s.
CLOSING = ["tenants.people.closing_matters.matters"]
# What is under way at a practice that moves to another installation -> the same.
MOVING = ["tenants.people.moving_matters.matters"]

_ATTEMPT = "tenants.billing.decisions.on_stripe_event"
_DISPUTE = "tenants.billing.disputes.on_stripe_event"
_WARNING = "tenants.billing.fraud_warnings.on_stripe_event"
_CARD = "tenants.billing.cards.on_stripe_event"
_ACCOUNT = "connect.accounts.on_stripe_event"
_PAYOUT = "payouts.mirroring.on_stripe_event"

# Stripe's event -> handler(account_id=, schema_name=, object_id=, now=). The inbox enters the tenant.
STRIPE_EVENTS = {
    "checkout.session.completed": _ATTEMPT,
    "checkout.session.expired": _ATTEMPT,
    "checkout.session.async_payment_succeeded": _ATTEMPT,
    "checkout.session.async_payment_failed": _ATTEMPT,
    "payment_intent.amount_capturable_updated": _ATTEMPT,
    "payment_intent.succeeded": _ATTEMPT,
    "payment_intent.payment_failed": _ATTEMPT,
    "payment_intent.canceled": _ATTEMPT,
    "payment_intent.requires_action": _ATTEMPT,
    "charge.succeeded": _ATTEMPT,
    "charge.captured": _ATTEMPT,
    "charge.expired": _ATTEMPT,
    "charge.updated": _ATTEMPT,
    "charge.refunded": _ATTEMPT,
    "refund.created": _ATTEMPT,
    "refund.updated": _ATTEMPT,
    "refund.failed": _ATTEMPT,
    "review.opened": _ATTEMPT,
    "review.closed": _ATTEMPT,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.updated": _DISPUTE,
    "charge.dispute.closed": _DISPUTE,
    "charge.dispute.funds_withdrawn": _DISPUTE,
    "charge.dispute.funds_reinstated": _DISPUTE,
    "radar.early_fraud_warning.created": _WARNING,
    "radar.early_fraud_warning.updated": _WARNING,
    "payout.created": _PAYOUT,
    "payout.updated": _PAYOUT,
    "payout.paid": _PAYOUT,
    "payout.failed": _PAYOUT,
    "payout.canceled": _PAYOUT,
    "payout.reconciliation_completed": _PAYOUT,
    "customer.deleted": _CARD,
    "setup_intent.succeeded": _CARD,
    "payment_method.detached": _CARD,
    "payment_method.automatically_updated": _CARD,
    "account.application.deauthorized": _ACCOUNT,
    "v2.core.account[configuration.merchant].capability_status_updated": _ACCOUNT,
    "v2.core.account[requirements].updated": _ACCOUNT,
    "v2.core.account.closed": _ACCOUNT,
}
# Known, and of no effect here: the fee's own record is read with the charge.
STRIPE_EVENTS_IGNORED = frozenset(
    {
        "application_fee.created",
        "application_fee.refunded",
        "application_fee.refund.updated",
        "setup_intent.setup_failed",
        "payment_method.attached",
    }
)
