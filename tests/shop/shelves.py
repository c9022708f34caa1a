"""Products on offer, and those who buy them, as tests need them."""

from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.offers.practice import practice
from tenants.paperwork import papers
from tenants.paperwork.models import Paper
from tenants.registry.models import Tenant
from tenants.shop import buying, products
from tenants.shop.models import Order, Product
from tenants.shop.terms import Said, shown_of
from tests import worlds
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna")
CLEO = "cleo@example.com"
PLAN = b"%PDF-1.4\nThe plan of eight weeks.\n%%EOF\n"
TERMS = "The plan is for {{client_name}} alone.\n\n{{#price}}\nIt costs {{price}}.\n{{/price}}"


def product(tenant: Tenant, *, files: int = 0, **fields: Any) -> Product:
    """An eight-week plan for 120.00, unless `fields` say otherwise, with so many files."""
    usual: dict[str, Any] = {"name": "Eight-week plan", "price_minor": 12000}
    with tenant_context(tenant):
        made = products.offer(now=clock.now(), **{**usual, **fields})
        for nth in range(files):
            products.add_file(product_id=made.pk, name=f"plan-{nth + 1}.pdf", content=PLAN, now=clock.now())
        made.refresh_from_db()
        return made


def terms(tenant: Tenant, **fields: Any) -> Paper:
    """An agreement of the coach's."""
    usual: dict[str, Any] = {"line": None, "kind": "agreement", "name": "Terms of plans", "body": TERMS}
    with tenant_context(tenant):
        return papers.save(**{**usual, **fields}, now=clock.now(), actor=ANNA)


def ordered(shop: Shop, wanted: Product, *, email: str = CLEO, browser: str = "browser", **how: Any) -> Order:
    """An order with an open payment page, or of something that is free; nothing is paid."""
    return bought(shop, wanted, email=email, browser=browser, **how).order


def bought(
    shop: Shop, wanted: Product, *, email: str = CLEO, browser: str = "browser", **how: Any
) -> buying.Bought:
    with tenant_context(shop.tenant):
        product = Product.objects.get(pk=wanted.pk)
        shown = shown_of(product, practice=practice(), now=clock.now())
        return buying.buy(
            slug=product.slug,
            shown=shown.digest,
            name="Cleo Adler",
            email=email,
            timezone="Europe/Berlin",
            said=Said("Cleo Adler", "203.0.113.7", "A browser", browser),
            links=lambda _order: lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
            **how,
        )


def sold(shop: Shop, wanted: Product, *, email: str = CLEO, **how: Any) -> Order:
    """An order that is paid and settled by Stripe's events, with all that follows."""
    order = ordered(shop, wanted, email=email, **how)
    if order.price_minor:
        worlds.pay(shop, order)
        worlds.hear_stripe(shop.stripe)
    worlds.sweep()
    return reread(shop.tenant, order)


def reread(tenant: Tenant, order: Order) -> Order:
    with tenant_context(tenant):
        return Order.objects.select_related("payer", "product", "pack").get(pk=order.pk)


def changed(tenant: Tenant, wanted: Product, **fields: Any) -> None:
    with tenant_context(tenant):
        products.edit(product_id=wanted.pk, **fields)


def without_price(tenant: Tenant) -> None:
    """Nobody has connected Stripe; nothing that costs something can be sold."""
    with tenant_context(tenant), transaction.atomic():
        Product.objects.update(price_minor=0)
