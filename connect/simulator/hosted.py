"""The pages that Stripe hosts: paying on Checkout, the bank's confirmation, onboarding of a coach."""

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

from connect.simulator import accounts, alarms, authorisations, checkout, checkout_page, delivery, intents
from connect.simulator.messages import Answer, Request, page, redirect
from connect.simulator.pages import amount, button, frame
from connect.simulator.refusals import Refusal, invalid
from connect.simulator.store import PLATFORM, Document
from connect.simulator.world import World

WAIT_FOR_THE_SHOP_SECONDS = 10


def answer(world: World, request: Request) -> Answer:
    """Raises Refusal for pages that do not exist."""
    kind, object_id, *step = request.path.strip("/").removeprefix("c/").split("/")
    doors: dict[tuple[str, str], Callable[[World, Request, str], Answer]] = {
        ("pay", "GET"): _show_checkout,
        ("pay", "POST"): _bank_page if step else _pay,
        ("bank", "GET"): _show_bank_of_payment,
        ("bank", "POST"): _answer_bank_of_payment,
        ("setup", "GET"): _show_setup,
        ("setup", "POST"): _set_up,
    }
    if step and request.method == "GET":
        return _show_bank(world, object_id)
    return doors[kind, request.method](world, request, object_id)


def _show_checkout(world: World, request: Request, session_id: str) -> Answer:
    return page(checkout_page.html(world, _session(world, session_id)))


def _pay(world: World, request: Request, session_id: str) -> Answer:
    fields = request.fields()
    try:
        with world.store.transaction():
            alarms.catch_up(world)
            session = checkout.found(world.store, session_id, account=None)
            status = checkout.pay(world, session, fields.get("card", ""), keeps="keep" in fields)
    except checkout.UnknownCard:
        return page(checkout_page.html(world, _session(world, session_id), "Choose a card."), status=422)
    except checkout.CannotPay as error:
        return page(checkout_page.html(world, _session(world, session_id), str(error)), status=409)
    if status == "requires_action":
        return redirect(f"/c/pay/{session_id}/bank")
    if status == "requires_payment_method":
        said = f"{_refusal(world, session)} Nothing was taken. Try another card."
        return page(checkout_page.html(world, session, said), status=402)
    return _back_to_the_shop(world, session)


def _refusal(world: World, session: Document) -> str:
    intent = checkout.payment_of(world, session) or {}
    problem = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
    return problem.get("message", "The card was refused.")


def _show_bank(world: World, session_id: str) -> Answer:
    session = _session(world, session_id)
    seller = checkout_page.seller_of(world, session)
    return _bank(f"/c/pay/{session_id}/bank", seller, checkout_page.price(session))


def _bank(action: str, seller: str, price: str) -> Answer:
    body = (
        "<h1>Confirm this payment with your bank</h1>"
        f'<p class="note">A test page of the simulated bank for {escape(seller)}.</p>'
        f'<p class="amount">{price}</p>'
        + button(action, "Complete authentication", main=True, completed="yes")
        + button(action, "Fail authentication", completed="no")
    )
    return page(frame("Confirm payment", body))


def _show_bank_of_payment(world: World, request: Request, intent_id: str) -> Answer:
    """For a payment without a page of Stripe's: the client was sent to the bank from the shop."""
    with world.store.transaction():
        alarms.catch_up(world)
        intent = intents.found(world.store, intent_id, account=None)
        if intent["status"] != "requires_action":
            return page(frame("Nothing to confirm", "<p>There is nothing to confirm on this payment.</p>"))
        account = accounts.found(world.store, world.store.owner_of(intent_id))
    price = amount(intent["amount"], intent["currency"])
    return _bank(f"/c/bank/{intent_id}", account["display_name"] or "this coach", price)


def _answer_bank_of_payment(world: World, request: Request, intent_id: str) -> Answer:
    completed = request.fields().get("completed") == "yes"
    with world.store.transaction():
        alarms.catch_up(world)
        url = answer_bank(world, intent_id, completed=completed)
    delivery.wait_until_tried(world, intent_id, seconds=WAIT_FOR_THE_SHOP_SECONDS)
    return redirect(url)


def answer_bank(world: World, intent_id: str, *, completed: bool) -> str:
    """The client confirms, or fails to; answers where they are sent then. Raises Refusal."""
    intent = intents.found(world.store, intent_id, account=None)
    action = intent.get("next_action") or {}
    if "redirect_to_url" not in action:
        raise invalid("There is nothing to confirm on this payment.", status=409)
    authorisations.finish_authentication(world, intent, completed=completed)
    outcome = "failed" if intent["status"] == "requires_payment_method" else "succeeded"
    asked = urlencode({"payment_intent": intent_id, "redirect_status": outcome})
    back = action["redirect_to_url"]["return_url"]
    return f"{back}{'&' if '?' in back else '?'}{asked}"


def _bank_page(world: World, request: Request, session_id: str) -> Answer:
    completed = request.fields().get("completed") == "yes"
    try:
        with world.store.transaction():
            alarms.catch_up(world)
            session = checkout.found(world.store, session_id, account=None)
            status = checkout.answer_authentication(world, session, completed=completed)
    except checkout.CannotPay as error:
        return page(checkout_page.html(world, _session(world, session_id), str(error)), status=409)
    if status != "requires_payment_method":
        return _back_to_the_shop(world, session)
    said = "Your bank could not confirm that it is you. Nothing was taken. Try again or use another card."
    if completed:
        said = f"{_refusal(world, session)} Nothing was taken. Try another card."
    return page(checkout_page.html(world, session, said), status=402)


def _back_to_the_shop(world: World, session: Document) -> Answer:
    delivery.wait_until_tried(world, session["id"], seconds=WAIT_FOR_THE_SHOP_SECONDS)
    return redirect(checkout_page.success_url(session))


def _session(world: World, session_id: str) -> Document:
    with world.store.transaction():
        alarms.catch_up(world)
        return checkout.found(world.store, session_id, account=None)


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
