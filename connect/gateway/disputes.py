"""What banks take back from a coach, and what they warn of."""

from connect import book_shapes
from connect.book_shapes import DisputeView, FraudWarningView
from connect.gateway import calling


def fetch_disputes(*, account_id: str, charge_id: str) -> tuple[DisputeView, ...]:
    """Every dispute of one charge with what it moved on the coach's balance, the newest first."""
    asked = calling.page(None, charge=charge_id)
    found = calling.every(
        lambda v1: v1.disputes.list(asked, calling.on(account_id)), book_shapes.read_dispute
    )
    return tuple(found)


def fetch_fraud_warnings(*, account_id: str, charge_id: str) -> tuple[FraudWarningView, ...]:
    """What banks reported of one charge as probably fraudulent, the newest first."""
    asked = calling.page(None, charge=charge_id)
    found = calling.every(
        lambda v1: v1.radar.early_fraud_warnings.list(asked, calling.on(account_id)),
        book_shapes.read_fraud_warning,
    )
    return tuple(found)
