"""Who pays, and the cards that they let a coach keep. Both live on the coach's account."""

from collections.abc import Mapping

from connect import shapes
from connect.gateway import calling
from connect.gateway.calling import GatewayMissing, GatewayRefused
from connect.shapes import CardView


def create_customer(*, account_id: str, key: str, email: str, name: str, metadata: Mapping[str, str]) -> str:
    """Make the payer known at Stripe, once per `key`, and answer the customer's id (`cus_…`)."""
    given = {name: value for name, value in {"email": email, "name": name}.items() if value}
    params = {**given, "metadata": dict(metadata)}
    with calling.failures():
        customers = calling.client().v1.customers
        return customers.create(calling.sent(params), calling.on(account_id, key)).id


def fetch_card(*, account_id: str, method_id: str) -> CardView:
    """The card as the network has it now: a replaced one bears its new number's end and date.

    `customer_id` is None once it is no longer kept. Raises GatewayMissing when there is no such card.
    """
    with calling.failures():
        methods = calling.client().v1.payment_methods
        return shapes.read_card(methods.retrieve(method_id, None, calling.on(account_id)))


def detach_card(*, account_id: str, method_id: str) -> None:
    """Forget a card: it can never be charged again. One that is forgotten already is no error.

    Nor is one that Stripe does not know: nothing of it is kept.
    """
    try:
        with calling.failures():
            calling.client().v1.payment_methods.detach(method_id, None, calling.on(account_id))
    except GatewayMissing:
        return
    except GatewayRefused:
        if fetch_card(account_id=account_id, method_id=method_id).customer_id:
            raise
