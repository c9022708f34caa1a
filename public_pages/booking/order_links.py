"""Links that lead back from a payment: each opens one order, and only the browser that ordered can use it."""

import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db import models
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from kit.database import current_schema
from kit.signed_links import BadLink
from public_pages.booking.cookies import holder_of
from tenants.registry.pages import coach_address

M = TypeVar("M", bound=models.Model)
A = TypeVar("A")


class OrderLinks(Generic[M]):
    """The links to orders of one kind, whose pages stand under `page`, told apart from others by `salt`."""

    def __init__(self, model: type[M], *related: str, salt: str, page: str) -> None:
        self.model, self.related, self.salt, self.page = model, related, salt, page

    def order_by(self, token: str) -> M:
        """The order that a link speaks of, with what is `related`. Raises BadLink."""
        try:
            order_id = uuid.UUID(self._signer().unsign(token))
        except (signing.BadSignature, ValueError) as error:
            raise BadLink("unknown") from error
        rows = self.model._default_manager.select_related(*self.related)
        if (found := rows.filter(pk=order_id).first()) is None:
            raise BadLink("unknown")
        return found

    def token_of(self, order: M) -> str:
        """What leads back from the payment. It opens nothing on another coach's host."""
        return self._signer().sign(order.pk.hex)

    def own_token(self, request: HttpRequest, order: M) -> str:
        """The link for the browser that made the order; empty for all others."""
        return self.token_of(order) if is_ordered_here(request, order) else ""

    def address_of(self, order: M, path: str = "") -> str:
        """The order's page, absolute, for whoever may only have typed somebody's address."""
        return f"{coach_address(current_schema())}/{self.page}/{self.token_of(order)}/{path}"

    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=f"{self.salt}:{current_schema()}")


def is_ordered_here(request: HttpRequest, order: Any) -> bool:
    """Whether this is the browser that agreed to the order."""
    browser = order.accepted.get("browser", "")
    return bool(browser) and constant_time_compare(browser, holder_of(request))


def opened_or_none(token: str, opened_by: Callable[[str], A]) -> A | None:
    """What a link that a browser keeps opens; None when it keeps none, or one that opens nothing any more."""
    try:
        return opened_by(token) if token else None
    except BadLink:
        return None
