"""The control panel: what tests do by command, for a person to click."""

from datetime import UTC, datetime
from html import escape

from connect.simulator import accounts, delivery
from connect.simulator.pages import amount, button, frame
from connect.simulator.store import Document
from connect.simulator.world import World

SHOWN = 50


def page(world: World) -> str:
    body = "<h1>Simulated Stripe</h1>" + _clock(world) + _accounts(world) + _payments(world) + _events(world)
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
    rows = "".join(_account_row(account) for account in world.store.all("v2.core.account")[:SHOWN])
    head = "<tr><th>Account</th><th>Card payments</th><th></th></tr>"
    return f"<h2>Accounts</h2><table>{head}{rows}</table>" if rows else "<h2>Accounts</h2><p>None yet.</p>"


def _account_row(account: Document) -> str:
    state = "taken" if accounts.takes_cards(account) else "not taken"
    if not account["_connected"]:
        state = "disconnected"
    verbs = ("activate", "restrict", "disconnect")
    buttons = " ".join(
        button(f"/_control/accounts/{account['id']}/{verb}", verb.capitalize(), inline=True) for verb in verbs
    )
    name = escape(account["display_name"] or "")
    return f"<tr><td>{name}<br><small>{account['id']}</small></td><td>{state}</td><td>{buttons}</td></tr>"


def _payments(world: World) -> str:
    rows = "".join(_payment_row(world, intent) for intent in world.store.all("payment_intent")[:SHOWN])
    head = "<tr><th>Payment</th><th>Amount</th><th>State</th><th>Fee</th><th>In the dashboard</th></tr>"
    return f"<h2>Payments</h2><table>{head}{rows}</table>" if rows else "<h2>Payments</h2><p>None yet.</p>"


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
    if charge and charge["captured"] and not charge["refunded"]:
        path = f"/_control/charges/{charge['id']}/refund"
        left = charge["amount_captured"] - charge["amount_refunded"]
        half = button(path, "Refund half", inline=True, amount=max(left // 2, 1))
        return button(path, "Refund all", inline=True) + half
    return ""


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
