"""What a buyer downloads: by links that end soon, counted, and closed when all of the money went back."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.db import transaction

from kit.database import current_schema
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing.models import Charge
from tenants.files.models import StoredFile
from tenants.shop import fulfilment, products
from tenants.shop.models import Order, OrderStatus

LINK_LIVES: Final = timedelta(minutes=15)
DOWNLOADED: Final = "order.downloaded"


class DownloadsEnded(Exception):
    """Nothing can be downloaded for this order (any more). Its message says why, for the buyer."""


class LinkEnded(Exception):
    """The link to a file was cut, or is older than a quarter of an hour: the order's page makes another."""


@dataclass(frozen=True, slots=True)
class Download:
    """One file of an order, without what is in it, and how often it was downloaded."""

    file: StoredFile
    times: int


def downloads_of(order: Order) -> list[Download]:
    """What was bought, in order, and what its coach has put there since. At most two queries."""
    sold = list(order.agreed.get("files", ()))
    added = [each for each in (order.product.files if order.product else ()) if each not in sold]
    files = products.files_of([*sold, *added])
    times = _times(order) if files else Counter[str]()
    return [Download(each, times[str(each.pk)]) for each in files]


def _times(order: Order) -> Counter[str]:
    rows = Event.objects.filter(subject_id=order.pk, kind=DOWNLOADED).values_list("data", flat=True)
    return Counter(str(each["file"]) for each in rows)


def why_closed(order: Order) -> str:
    """Why nothing can be downloaded, in a sentence for the buyer; "" where everything can."""
    if order.status == OrderStatus.REFUNDED:
        return "The whole price was paid back, so the downloads have ended."
    if order.status != OrderStatus.PAID:
        return "It is not paid yet. The downloads open as soon as it is."
    if Charge.objects.filter(
        purpose=fulfilment.PURPOSE, reference=order.pk, disputed_at__isnull=False
    ).exists():
        return "The bank is looking into the payment. The downloads open again when that is over."
    return ""


def begin(*, order_id: uuid.UUID, file_id: uuid.UUID, now: datetime) -> str:
    """Use case: the secret part of a link to one file of an order, good for a quarter of an hour; counted.

    Raises DownloadsEnded.
    """
    with transaction.atomic(durable=True):
        order = fulfilment.locked(order_id)
        _require_open(order)
        if str(file_id) not in {str(each.file.pk) for each in downloads_of(order)}:
            raise DownloadsEnded("This file is not there any more. Ask your coach for it.")
        events.record(
            kind=DOWNLOADED,
            subject_id=order.pk,
            client_id=order.payer_id,
            actor=fulfilment.buyer_of(order),
            now=now,
            data={"file": str(file_id)},
        )
    return token_of(order_id=order_id, file_id=file_id, now=now)


def token_of(*, order_id: uuid.UUID, file_id: uuid.UUID, now: datetime) -> str:
    """The secret part of a link to a file, which opens it until its time is over or the order has ended."""
    ends_at = int((now + LINK_LIVES).timestamp())
    return signing.dumps([order_id.hex, file_id.hex, ends_at], salt=_salt())


def opened_by(*, token: str, now: datetime) -> StoredFile:
    """The file that such a link opens. Raises LinkEnded, and DownloadsEnded where the order has ended."""
    try:
        order_hex, file_hex, ends_at = signing.loads(token, salt=_salt())
    except (signing.BadSignature, ValueError) as error:
        raise LinkEnded("unknown") from error
    if ends_at < now.timestamp():
        raise LinkEnded("too old")
    order = Order.objects.select_related("product").get(pk=uuid.UUID(order_hex))
    _require_open(order)
    file = StoredFile.objects.filter(pk=uuid.UUID(file_hex)).first()
    if file is None:
        raise DownloadsEnded("This file is not there any more. Ask your coach for it.")
    return file


def _require_open(order: Order) -> None:
    if why := why_closed(order):
        raise DownloadsEnded(why)


def _salt() -> str:
    """It opens nothing at another coach's."""
    return f"upfront.order-file:{current_schema()}"
