"""The control panel: what tests do by command, for a person to click."""

from datetime import UTC, datetime
from html import escape

from connect.simulator import accounts, delivery, disputes, methods
from connect.simulator.pages import amount, button, frame
from connect.simulator.store import Document
from connect.simulator.world import World

SHOWN = 50
SCANNED = 500


def page(world: World) -> str:
    parts = (_clock, _accounts, _payments, _disputes, _cards, _payouts, _events)
    body = "<h1>Simulated Stripe</h1>" + "".join(part(world) for part in parts)
    return frame("Simulated Stripe", body, wide=True)


def _clock(world: World) -> str:
    now = datetime.fromtimestamp(world.store.now(), tz=UTC)
    moves = (("1 hour", 3600), ("1 day", 86400), ("8 days", 8 * 86400))
    buttons = " ".join(
        button("/_control/clock", f"Move on by {name}", inline=True, seconds=seconds)
        for name, seconds in moves
    )
    return f'<p class="note">Its clock says {now:%Y-%m-%d %H:%M:%S} UTC.</p><p class="row">{buttons}</p>'


def _accounts(world: World) -> str:
    rows = [_account_row(account) for account in world.store.newest("v2.core.account", SHOWN)]
    return _table("Accounts", ("Account", "Card payments", ""), rows)


def _account_row(account: Document) -> str:
    state = "taken" if accounts.takes_cards(account) else "not taken"
    if not account["_connected"]:
        state = "disconnected"
    verbs = ("activate", "restrict", "disconnect")
    buttons = " ".join(
        button(f"/_control/accounts/{account['id']}/{verb}", verb.capitalize(), inline=True) for verb in verbs
    ) + button(f"/_control/accounts/{account['id']}/payout", "Pay out now", inline=True)
    buttons += button(f"/_control/accounts/{account['id']}/bank", "Mend the bank account", inline=True)
    name = escape(account["display_name"] or "")
    return f"<tr><td>{name}<br><small>{account['id']}</small></td><td>{state}</td><td>{buttons}</td></tr>"


def _payments(world: World) -> str:
    rows = [_payment_row(world, intent) for intent in world.store.newest("payment_intent", SHOWN)]
    return _table("Payments", ("Payment", "Amount", "State", "Fee", "In the dashboard"), rows)


def _payment_row(world: World, intent: Document) -> str:
    charge = world.store.find(intent.get("latest_charge") or "")
    currency = intent["currency"]
    fee = amount(intent["application_fee_amount"] or 0, currency)
    returned = charge["amount_refunded"] if charge and charge["captured"] else 0
    state = intent["status"] + (f", {amount(returned, currency)} refunded" if returned else "")
    return (
        f"<tr><td>{escape(intent['description'] or '')}<br><small>{intent['id']}</small></td>"
        f"<td>{amount(intent['amount'], currency)}</td><td>{state}</td><td>{fee}</td>"
        f"<td>{_dashboard(intent, charge)}</td></tr>"
    )


def _dashboard(intent: Document, charge: Document | None) -> str:
    if intent["status"] == "requires_capture":
        path = f"/_control/intents/{intent['id']}"
        return button(f"{path}/capture", "Capture", inline=True) + button(
            f"{path}/cancel", "Cancel", inline=True
        )
    if charge and charge["captured"]:
        return _refunding(charge) + _disputing(charge)
    return ""


def _refunding(charge: Document) -> str:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or not left:
        return ""
    path = f"/_control/charges/{charge['id']}/refund"
    half = button(path, "Refund half", inline=True, amount=max(left // 2, 1))
    return button(path, "Refund all", inline=True) + half


def _disputing(charge: Document) -> str:
    if charge["disputed"] or charge["refunded"]:
        return ""
    path = f"/_control/charges/{charge['id']}"
    return (
        button(f"{path}/dispute", "Dispute", inline=True)
        + button(f"{path}/dispute", "Inquire", inline=True, kind="inquiry")
        + button(f"{path}/warn", "Warn of fraud", inline=True)
    )


def _disputes(world: World) -> str:
    rows = [_dispute_row(dispute) for dispute in world.store.newest("dispute", SHOWN)]
    return _table("Disputes", ("Dispute", "Amount", "State", "What comes of it"), rows)


def _dispute_row(dispute: Document) -> str:
    status = dispute["status"]
    verbs: tuple[tuple[str, str], ...] = ()
    if status in disputes.OPEN:
        verbs = (("answer", "Send evidence"), ("win", "Coach wins"), ("lose", "Coach loses"))
    elif status in disputes.OPEN_INQUIRY:
        verbs = (("escalate", "Make it a dispute"), ("win", "Close"))
    path = f"/_control/disputes/{dispute['id']}"
    buttons = "".join(
        button(f"{path}/{verb}", label, inline=True)
        for verb, label in verbs
        if verb != "answer" or status == "needs_response"
    )
    return (
        f"<tr><td>{escape(dispute['reason'])}<br><small>{dispute['charge']}</small></td>"
        f"<td>{amount(dispute['amount'], dispute['currency'])}</td><td>{status}</td><td>{buttons}</td></tr>"
    )


def _cards(world: World) -> str:
    """Those that are kept; the others nobody will charge again."""
    kept = [method for method in world.store.newest("payment_method", SCANNED) if method["customer"]]
    rows = [_card_row(world, method) for method in kept[:SHOWN]]
    return _table("Kept cards", ("Card", "Of", "Bank says", "From now on"), rows)


def _card_row(world: World, method: Document) -> str:
    card, path = method["card"], f"/_control/methods/{method['id']}"
    owner = world.store.find(method["customer"]) or {}
    decline = methods.decline_of(world, method)
    says = (decline.decline_code or decline.code) if decline else "yes"
    return (
        f"<tr><td>{escape(card['brand'].capitalize())} •••• {card['last4']}, "
        f"{card['exp_month']:02}/{card['exp_year']}<br><small>{method['id']}</small></td>"
        f"<td>{escape(owner.get('name') or owner.get('email') or '')}</td><td>{says}</td><td>"
        + button(f"{path}/decline", "Insufficient funds", inline=True)
        + button(f"{path}/decline", "Lost", inline=True, decline_code="lost_card")
        + button(f"{path}/decline", "Ask the client", inline=True, decline_code="authentication_required")
        + button(f"{path}/expire", "Expire", inline=True)
        + button(f"{path}/replace", "Replace", inline=True)
        + (button(f"{path}/accept", "Accept again", inline=True) if method["_decline"] else "")
        + "</td></tr>"
    )


def _payouts(world: World) -> str:
    rows = [_payout_row(payout) for payout in world.store.newest("payout", SHOWN)]
    return _table("Payouts", ("Payout", "Amount", "State", "The bank"), rows)


def _payout_row(payout: Document) -> str:
    arrives = datetime.fromtimestamp(payout["arrival_date"], tz=UTC)
    kind = "automatic" if payout["automatic"] else "by hand"
    path = f"/_control/payouts/{payout['id']}"
    fails = "" if payout["status"] in ("failed", "canceled") else button(f"{path}/fail", "Fails", inline=True)
    return (
        f"<tr><td>{kind}, arrives {arrives:%Y-%m-%d}<br><small>{payout['id']}</small></td>"
        f"<td>{amount(payout['amount'], payout['currency'])}</td><td>{payout['status']}</td>"
        f"<td>{fails}</td></tr>"
    )


def _table(title: str, heads: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>None yet.</p>"
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{''.join(rows)}</table>"


def _events(world: World) -> str:
    options = "".join(
        f"<option{' selected' if name == delivery.mode(world) else ''}>{name}</option>"
        for name in delivery.MODES
    )
    counts = world.store.sql("SELECT state, COUNT(*) AS n FROM deliveries GROUP BY state ORDER BY state")
    said = ", ".join(f"{row['n']} {row['state']}" for row in counts) or "none yet"
    return (
        f"<h2>Events</h2><p>{said}</p>"
        '<form method="post" action="/_control/delivery"><label>Delivery '
        f'<select name="mode">{options}</select> <button>Set</button></label></form>'
        f'<p class="row">{button("/_control/events/flush", "Deliver everything now", inline=True)}</p>'
    )
