"""The hosted Checkout page as a client sees it: what is paid or kept, and with which card."""

from html import escape

from connect.simulator import accounts, checkout
from connect.simulator.cards import CARDS
from connect.simulator.pages import amount, frame, problem
from connect.simulator.store import Document
from connect.simulator.world import World

# The first of the test cards are what people try; the others stand folded away.
USUAL = 6


def success_url(session: Document) -> str:
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])


def html(world: World, session: Document, said: str = "") -> str:
    seller = seller_of(world, session)
    title = f"Keep a card for {seller}" if session["mode"] == "setup" else f"Pay {seller}"
    items = "".join(
        f"<p><strong>{escape(item['description'])}</strong><br>{escape(item['_detail'])}</p>"
        for item in session["_line_items"]
    )
    head = (
        f'<p class="note">Test page of {escape(seller)}. No money moves.</p>'
        f"<h1>{escape(title)}</h1>{items}"
        f'<p class="amount">{price(session)}</p>'
    )
    return frame(title, head + problem(said) + _way_on(world, session))


def price(session: Document) -> str:
    if session["mode"] == "setup":
        return "Nothing is taken now"
    return amount(session["amount_total"], session["currency"])


def _way_on(world: World, session: Document) -> str:
    if session["status"] == "complete":
        url = escape(success_url(session))
        done = "This card is kept." if session["mode"] == "setup" else "This payment is authorised."
        return f'<p>{done} <a href="{url}">Back to the booking</a></p>'
    back = escape(session["cancel_url"] or "")
    link = f'<p><a href="{back}">Cancel and go back</a></p>' if back else ""
    if session["status"] == "expired":
        return f"<p>This payment page has expired. Nothing was taken.</p>{link}"
    verb = "Book" if session["submit_type"] == "book" else "Pay"
    verb = "Keep this card" if session["mode"] == "setup" else verb
    return (
        f'<form method="post" action="/c/pay/{session["id"]}">{_choices(world, session)}'
        f'{_keeping(world, session)}<button class="main">{verb}</button></form>{link}'
    )


def _choices(world: World, session: Document) -> str:
    kept = [
        (method["id"], _title(method), method["card"]["last4"])
        for method in checkout.offered_cards(world, session)
    ]
    tests = [(card.number, card.label, card.last4) for card in CARDS]
    first = (kept or tests)[0][0]
    rarer = _group("For what happens later, and other refusals", tests[USUAL:], first)
    return (
        _group("Your cards", kept, first)
        + _group("Test card", tests[:USUAL], first)
        + f"<details><summary>More test cards</summary>{rarer}</details>"
    )


def _group(legend: str, cards: list[tuple[str, str, str]], first: str) -> str:
    shown = "".join(_choice(value, label, last4, value == first) for value, label, last4 in cards)
    return f"<fieldset><legend>{legend}</legend>{shown}</fieldset>" if shown else ""


def _title(method: Document) -> str:
    card = method["card"]
    return f"{card['brand'].capitalize()}, valid to {card['exp_month']:02}/{card['exp_year']}"


def _choice(value: str, label: str, last4: str, is_first: bool) -> str:
    return (
        f'<label><input type="radio" name="card" value="{value}"{" checked" if is_first else ""}>'
        f"{escape(label)}<small>•••• {last4}</small></label>"
    )


def _keeping(world: World, session: Document) -> str:
    """Whoever pays is told that the card is kept, and is asked before it is offered to them again."""
    seller = escape(seller_of(world, session))
    kept = (
        f'<p class="note">{seller} keeps this card and can charge it later, as you agreed.</p>'
        if checkout.keeps_card(session)
        else ""
    )
    asked = (
        f'<label><input type="checkbox" name="keep" value="yes">'
        f"Offer me this card next time I pay {seller}</label>"
        if checkout.asks_to_keep(session)
        else ""
    )
    return kept + asked


def seller_of(world: World, session: Document) -> str:
    return accounts.found(world.store, world.store.owner_of(session["id"]))["display_name"] or "this coach"
