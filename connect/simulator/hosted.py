"""The pages that Stripe hosts: paying on Checkout, the bank's confirmation, onboarding of a coach."""

from collections.abc import Callable
from html import escape

from connect.simulator import accounts, alarms, checkout, delivery
from connect.simulator.cards import CARDS, card_with
from connect.simulator.messages import Answer, Request, page, redirect
from connect.simulator.pages import amount, button, frame, problem
from connect.simulator.refusals import Refusal
from connect.simulator.store import PLATFORM, Document
from connect.simulator.world import World

WAIT_FOR_THE_SHOP_SECONDS = 10


def answer(world: World, request: Request) -> Answer:
    """Raises Refusal for pages that do not exist."""
    kind, object_id, *step = request.path.strip("/").removeprefix("c/").split("/")
    doors: dict[tuple[str, str], Callable[[World, Request, str], Answer]] = {
        ("pay", "GET"): _show_checkout,
        ("pay", "POST"): _bank_page if step else _pay,
        ("setup", "GET"): _show_setup,
        ("setup", "POST"): _set_up,
    }
    if step and request.method == "GET":
        return _show_bank(world, object_id)
    return doors[kind, request.method](world, request, object_id)


def success_url(session: Document) -> str:
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])


def _show_checkout(world: World, request: Request, session_id: str) -> Answer:
    return page(_checkout_page(world, _session(world, session_id)))


def _pay(world: World, request: Request, session_id: str) -> Answer:
    card = card_with(request.fields().get("card", ""))
    if card is None:
        return page(_checkout_page(world, _session(world, session_id), "Choose a card."), status=422)
    try:
        with world.store.transaction():
            alarms.catch_up(world)
            session = checkout.found(world.store, session_id, account=None)
            status = checkout.pay(world, session, card)
    except checkout.CannotPay as error:
        return page(_checkout_page(world, _session(world, session_id), str(error)), status=409)
    if status == "requires_action":
        return redirect(f"/c/pay/{session_id}/bank")
    if status == "requires_payment_method":
        said = f"{card.message} Nothing was taken. Try another card."
        return page(_checkout_page(world, session, said), status=402)
    return _back_to_the_shop(world, session)


def _show_bank(world: World, session_id: str) -> Answer:
    session = _session(world, session_id)
    body = (
        "<h1>Confirm this payment with your bank</h1>"
        f'<p class="note">A test page of the simulated bank for {escape(_seller(world, session))}.</p>'
        f'<p class="amount">{amount(session["amount_total"], session["currency"])}</p>'
        + button(f"/c/pay/{session_id}/bank", "Complete authentication", main=True, completed="yes")
        + button(f"/c/pay/{session_id}/bank", "Fail authentication", completed="no")
    )
    return page(frame("Confirm payment", body))


def _bank_page(world: World, request: Request, session_id: str) -> Answer:
    completed = request.fields().get("completed") == "yes"
    try:
        with world.store.transaction():
            alarms.catch_up(world)
            session = checkout.found(world.store, session_id, account=None)
            checkout.answer_authentication(world, session, completed=completed)
    except checkout.CannotPay as error:
        return page(_checkout_page(world, _session(world, session_id), str(error)), status=409)
    if completed:
        return _back_to_the_shop(world, session)
    said = "Your bank could not confirm that it is you. Nothing was taken. Try again or use another card."
    return page(_checkout_page(world, session, said), status=402)


def _back_to_the_shop(world: World, session: Document) -> Answer:
    delivery.wait_until_tried(world, session["id"], seconds=WAIT_FOR_THE_SHOP_SECONDS)
    return redirect(success_url(session))


def _checkout_page(world: World, session: Document, said: str = "") -> str:
    seller = escape(_seller(world, session))
    items = "".join(
        f"<p><strong>{escape(item['description'])}</strong><br>{escape(item['_detail'])}</p>"
        for item in session["_line_items"]
    )
    head = (
        f'<p class="note">Test payment to {seller}. No money moves.</p>'
        f"<h1>Pay {seller}</h1>{items}"
        f'<p class="amount">{amount(session["amount_total"], session["currency"])}</p>'
    )
    return frame(f"Pay {_seller(world, session)}", head + problem(said) + _way_on(session))


def _way_on(session: Document) -> str:
    if session["status"] == "complete":
        url = escape(success_url(session))
        return f'<p>This payment is authorised. <a href="{url}">Back to the booking</a></p>'
    back = escape(session["cancel_url"] or "")
    link = f'<p><a href="{back}">Cancel and go back</a></p>' if back else ""
    if session["status"] == "expired":
        return f"<p>This payment page has expired. Nothing was taken.</p>{link}"
    choices = "".join(
        f'<label><input type="radio" name="card" value="{card.number}"{" checked" if not place else ""}>'
        f"{escape(card.label)}<small>•••• {card.last4}</small></label>"
        for place, card in enumerate(CARDS)
    )
    verb = "Book" if session["submit_type"] == "book" else "Pay"
    return (
        f'<form method="post" action="/c/pay/{session["id"]}"><fieldset><legend>Test card</legend>{choices}'
        f'</fieldset><button class="main">{verb}</button></form>{link}'
    )


def _session(world: World, session_id: str) -> Document:
    with world.store.transaction():
        alarms.catch_up(world)
        return checkout.found(world.store, session_id, account=None)


def _seller(world: World, session: Document) -> str:
    return accounts.found(world.store, world.store.owner_of(session["id"]))["display_name"] or "this coach"


def _show_setup(world: World, request: Request, link_id: str) -> Answer:
    link, account = _link(world, link_id)
    terms = link["use_case"]["account_onboarding"]
    if link["_used"] or link["_expires_at"] <= world.store.now():
        return redirect(terms["refresh_url"])
    asked = "".join(
        f"<li>{escape(entry['description'])}</li>" for entry in account["requirements"]["entries"]
    )
    body = (
        f"<h1>Set up payments for {escape(account['display_name'] or 'your business')}</h1>"
        '<p class="note">The simulated Stripe. Nothing you do here is real.</p>'
        f"<p>Stripe still asks for:</p><ul>{asked or '<li>nothing</li>'}</ul>"
        + button(f"/setup/{link_id}", "Give everything and finish", main=True, outcome="finish")
        + button(f"/setup/{link_id}", "Stop half-way", outcome="half")
        + button(f"/setup/{link_id}", "Finish, and get restricted", outcome="restrict")
    )
    return page(frame("Set up payments", body))


def _set_up(world: World, request: Request, link_id: str) -> Answer:
    outcomes = {"finish": accounts.activate, "half": accounts.provide_half, "restrict": accounts.restrict}
    with world.store.transaction():
        link, account = _link(world, link_id)
        terms = link["use_case"]["account_onboarding"]
        if link["_used"] or link["_expires_at"] <= world.store.now():
            return redirect(terms["refresh_url"])
        world.store.save(link, _used=True)
        outcomes[request.fields().get("outcome", "half")](world, account)
    return redirect(terms.get("return_url") or terms["refresh_url"])


def _link(world: World, link_id: str) -> tuple[Document, Document]:
    link = world.store.find(link_id, account=PLATFORM)
    if link is None or link["object"] != "v2.core.account_link":
        raise Refusal(404, "invalid_request_error", "There is no such page.")
    return link, accounts.found(world.store, link["account"])
