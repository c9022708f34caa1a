"""What has to come to its end before a practice is packed: money that is between Stripe and here."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django_tenants.utils import schema_context

from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from kit.database import current_schema
from tenants.billing.models import UNFINISHED, PaymentAttempt, Refund, RefundStatus
from tenants.registry.closing import Matter


def matters(*, now: datetime) -> Iterator[Matter]:
    """Step: the open ones of the current practice, each a sentence for who moves it."""
    del now
    if count := PaymentAttempt.objects.filter(status__in=UNFINISHED).count():
        yield Matter(
            f"{_many(count, 'payment')} under way. They settle, or lapse with the page they are paid on.",
            True,
        )
    if count := Refund.objects.filter(status=RefundStatus.ASKED).count():
        yield Matter(f"{_many(count, 'refund')} under way. Look again when Stripe has answered.", True)
    if count := _events(current_schema()):
        yield Matter(
            f"{_many(count, 'event')} of Stripe’s not worked off. Workers do it within seconds.", True
        )


def _events(schema_name: str) -> int:
    """Which Stripe has told of the practice's account, and which the platform's role alone may read."""
    with schema_context("public"):
        accounts = (
            ConnectAccount.objects.filter(schema_name=schema_name).exclude(account_id="").values("account_id")
        )
        of_it = Q(account_id__in=accounts) | Q(account_id="", object_id__in=accounts)
        return StripeEvent.objects.filter(of_it, status=StripeEventStatus.WAITING).count()


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
