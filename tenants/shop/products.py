"""Products: made, edited, put in order, switched off. What was sold keeps what was agreed with its buyer."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from kit.positions import move_by_one
from kit.states import change
from tenants.files import keeping
from tenants.files.models import StoredFile
from tenants.offers.addresses import with_own_address
from tenants.offers.practice import practice as the_practice
from tenants.offers.prices import refuse_uncollectable
from tenants.shop.models import Order, OrderStatus, Product

MOST_FILES = 12

# Written out, for every visitor of the shop asks it.
ON_OFFER = """
    SELECT p.* FROM shop_product p
    WHERE p.is_active AND (%(slug)s = '' OR p.slug = %(slug)s)
    ORDER BY p.position, p.created_at"""


class TooManyFiles(ValueError):
    """A product has no room for another file. Its message is for the coach."""


def offer(*, now: datetime, **fields: Any) -> Product:
    """Use case: a new product at the end of the list, with an address of its own. Raises PriceTooSmall."""
    currency = the_practice().currency
    refuse_uncollectable(fields.get("price_minor", 0), currency)
    return with_own_address(
        fields["name"],
        otherwise="product",
        create=lambda slug: _create(slug=slug, currency=currency, now=now, **fields),
    )


def _create(*, slug: str, currency: str, now: datetime, **fields: Any) -> Product:
    with transaction.atomic(durable=True):
        last = Product.objects.aggregate(last=Max("position"))["last"] or 0
        return Product.objects.create(
            slug=slug, currency=currency, position=last + 1, created_at=now, **fields
        )


def edit(*, product_id: uuid.UUID, **fields: Any) -> Product:
    """Use case: other words, price or terms for those who buy from now on. Raises PriceTooSmall."""
    with transaction.atomic(durable=True):
        product = _locked(product_id)
        refuse_uncollectable(fields.get("price_minor", product.price_minor), product.currency)
        change(product, **fields)
        return product


def switch(*, product_id: uuid.UUID, on: bool) -> None:
    """Use case: on the coach's page, or off it. What was bought stays the buyer's."""
    with transaction.atomic(durable=True):
        change(_locked(product_id), is_active=on)


def reorder(*, product_id: uuid.UUID, up: bool) -> None:
    """Use case: one place up or down on the coach's page."""
    with transaction.atomic(durable=True):
        list(Product.objects.select_for_update().order_by("pk").values("pk"))
        rows = all_products()
        move_by_one(rows=rows, chosen=lambda row: row.pk == product_id, up=up)


def _locked(product_id: uuid.UUID) -> Product:
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)


# --- files -------------------------------------------------------------------------------------------


def add_file(*, product_id: uuid.UUID, name: str, content: bytes, now: datetime) -> StoredFile:
    """Use case: one more file that its buyers download, those who have bought already too.

    Raises `keeping.FileRefused` and TooManyFiles.
    """
    checked = keeping.check(name=name, content=content, from_coach=True)
    with transaction.atomic(durable=True):
        product = _locked(product_id)
        if len(product.files) >= MOST_FILES:
            raise TooManyFiles(f"{MOST_FILES} files are the most. Put several into one ZIP archive.")
        kept = keeping.keep(checked=checked, now=now)
        change(product, files=[*product.files, str(kept.pk)])
        return kept


def take_file_off(*, product_id: uuid.UUID, file_id: uuid.UUID) -> None:
    """Use case: new buyers do not get it any more. Who bought it keeps it."""
    with transaction.atomic(durable=True):
        product = _locked(product_id)
        change(product, files=[each for each in product.files if each != str(file_id)])


def show_picture(*, product_id: uuid.UUID, name: str, content: bytes, now: datetime) -> None:
    """Use case: the picture that stands with the product. Raises `keeping.FileRefused`."""
    checked = keeping.check_picture(name=name, content=content)
    with transaction.atomic(durable=True):
        product = _locked(product_id)
        change(product, picture_id=keeping.keep(checked=checked, now=now).pk)


def take_picture_off(*, product_id: uuid.UUID) -> None:
    """Use case: it stands there without a picture."""
    with transaction.atomic(durable=True):
        change(_locked(product_id), picture_id=None)


def files_of(ids: Collection[str]) -> list[StoredFile]:
    """Names and sizes, without what is in them, in this order; what is not there any more is left out."""
    if not ids:
        return []
    rows = {str(each.pk): each for each in StoredFile.objects.defer("content").filter(pk__in=ids)}
    return [rows[each] for each in ids if each in rows]


# --- read --------------------------------------------------------------------------------------------


def all_products() -> list[Product]:
    """First those on the page, in their order."""
    return list(Product.objects.order_by("-is_active", "position", "created_at"))


def offered(slug: str) -> Product | None:
    """What can be bought at an address; None when it is not on offer."""
    return Product.objects.filter(slug=slug, is_active=True).first()


def sold_of() -> dict[uuid.UUID, int]:
    """How many of each product were bought and not refunded in full. One query."""
    paid = Order.objects.filter(status=OrderStatus.PAID, product__isnull=False)
    return dict(paid.values_list("product_id").annotate(count=Count("pk")))
