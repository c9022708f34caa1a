"""Coupons: codes that make a price smaller, each used no more often than its coach allows."""

import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from kit.database import require_transaction
from kit.money import MINIMUM_CHARGE_MINOR, format_money, percentage
from tenants.offers.models import Coupon, CouponUse
from tenants.offers.practice import practice

WRITTEN = re.compile(r"[A-Z0-9-]{3,24}")
# Without signs that are mistaken for each other.
SIGNS = "ACDEFGHJKLMNPQRTUVWXY34679"


class NotACode(ValueError):
    """A code that nobody could type from a card. Its message is for the coach."""


class CodeTaken(ValueError):
    """Another coupon has this code. Its message is for the coach."""


class NothingOff(ValueError):
    """A coupon that takes nothing off, or more than everything. Its message is for the coach."""


class CouponRefused(Exception):
    """The coupon does not count here. Its message is a sentence for the client."""


@dataclass(frozen=True, slots=True)
class Discount:
    """What a coupon makes of a price, in minor units of its currency: `off` it, and what is left to pay."""

    coupon: Coupon
    full_minor: int
    off_minor: int

    @property
    def left_minor(self) -> int:
        return self.full_minor - self.off_minor


# --- the coach's ---------------------------------------------------------------------------------------


def tidy(code: str) -> str:
    """A code as it is stored, however it was typed."""
    return "".join(code.split()).upper()


def suggested_code() -> str:
    """A code that can be read out: 26^6 of them, so that trying them one by one finds none."""
    return "".join(secrets.choice(SIGNS) for _ in range(6))


def create(*, code: str, now: datetime, **fields: Any) -> Coupon:
    """Use case: another coupon, good from now on or from its own day.

    Raises NotACode, CodeTaken, NothingOff.
    """
    code = tidy(code)
    if not WRITTEN.fullmatch(code):
        raise NotACode("Use 3 to 24 letters, digits and hyphens, such as SPRING-10.")
    _refuse_off(**fields)
    try:
        with transaction.atomic(durable=True):
            return Coupon.objects.create(code=code, currency=practice().currency, created_at=now, **fields)
    except IntegrityError as taken:
        if "coupon_code" not in str(taken):
            raise
        raise CodeTaken(f"There is a coupon with the code {code} already.") from taken


def edit(*, coupon_id: uuid.UUID, **fields: Any) -> None:
    """Use case: other terms for who uses it from now on; its code stays. Raises NothingOff."""
    _refuse_off(**fields)
    with transaction.atomic(durable=True):
        coupon = Coupon.objects.select_for_update().get(pk=coupon_id)
        if fields.get("max_uses") is not None:
            fields["max_uses"] = max(fields["max_uses"], coupon.uses)
        Coupon.objects.filter(pk=coupon_id).update(**fields)


def switch(*, coupon_id: uuid.UUID, on: bool) -> None:
    """Use case: good again, or not any more. What was booked with it stays as it is."""
    with transaction.atomic(durable=True):
        Coupon.objects.filter(pk=coupon_id).update(is_active=on)


def all_coupons() -> list[Coupon]:
    return list(Coupon.objects.order_by("-is_active", "-created_at"))


def _refuse_off(*, off_bp: int = 0, off_minor: int = 0, **_others: Any) -> None:
    if (off_bp > 0) == (off_minor > 0) or off_bp > 10_000:
        raise NothingOff("Say what it takes off: a share of up to 100%, or an amount.")


def any_on(*, now: datetime) -> bool:
    """Whether a client could have a code that counts now."""
    counts = Q(valid_until=None) | Q(valid_until__gt=now)
    return Coupon.objects.filter(counts, is_active=True).exists()


# --- the client's ---------------------------------------------------------------------------------------


def discount(coupon: Coupon, full_minor: int, currency: str) -> Discount:
    """What the coupon makes of a price: pure. A rest too small for a card is let off with it."""
    off = percentage(full_minor, coupon.off_bp) if coupon.off_bp else min(coupon.off_minor, full_minor)
    left = full_minor - off
    if 0 < left < MINIMUM_CHARGE_MINOR[currency]:
        off = full_minor
    return Discount(coupon, full_minor, off)


def quote(
    *,
    code: str,
    thing: uuid.UUID,
    full_minor: int,
    currency: str,
    now: datetime,
    client_id: uuid.UUID | None = None,
    reference: uuid.UUID | None = None,
) -> Discount:
    """What the code would make of this price, for a page that shows it first. Raises CouponRefused.

    `thing` is a session type, or the line of a pack. Uses by this very `reference` do not stand in its way.
    """
    coupon = Coupon.objects.filter(code=tidy(code)).first()
    if coupon is None or not coupon.is_active:
        raise CouponRefused("This code is not known here. Check it, or continue without.")
    _refuse_day(coupon, now)
    if coupon.currency != currency and not coupon.off_bp:
        raise CouponRefused(f"This code is for prices in {coupon.currency.upper()}.")
    if coupon.applies_to and str(thing) not in coupon.applies_to:
        raise CouponRefused("This code is for something else that this coach offers.")
    if not full_minor:
        raise CouponRefused("This costs nothing, so there is nothing to take off.")
    if coupon.once_per_client and client_id and _has_used(coupon, client_id, besides=reference):
        raise CouponRefused("You have used this code before, and it counts once.")
    used_up = coupon.max_uses is not None and coupon.uses >= coupon.max_uses
    if used_up and not (reference and _counted(reference, coupon)):
        raise CouponRefused("This code has been used as often as it can be.")
    return discount(coupon, full_minor, currency)


def _refuse_day(coupon: Coupon, now: datetime) -> None:
    if coupon.valid_from and now < coupon.valid_from:
        raise CouponRefused("This code does not count yet.")
    if coupon.valid_until and now >= coupon.valid_until:
        raise CouponRefused("This code has run out.")


def _has_used(coupon: Coupon, client_id: uuid.UUID, *, besides: uuid.UUID | None = None) -> bool:
    uses = CouponUse.objects.filter(coupon=coupon, client_id=client_id, given_back_at=None)
    return (uses.exclude(reference=besides) if besides else uses).exists()


def _counted(reference: uuid.UUID, coupon: Coupon) -> bool:
    return CouponUse.objects.filter(coupon=coupon, reference=reference, given_back_at=None).exists()


def use(*, found: Discount, client_id: uuid.UUID, reference: uuid.UUID, now: datetime) -> None:
    """Step: count one use for this booking or pack; asked for twice it counts once. Raises CouponRefused.

    The coupon's row is the lock, so neither its last use nor a client's only one is given twice. Another
    coupon that the same thing was begun with is given back.
    """
    require_transaction()
    coupon = Coupon.objects.select_for_update().get(pk=found.coupon.pk)
    counted = CouponUse.objects.filter(reference=reference, given_back_at=None).first()
    if counted and counted.coupon_id == coupon.pk and counted.client_id == client_id:
        CouponUse.objects.filter(pk=counted.pk).update(off_minor=found.off_minor)
        return
    give_back(reference=reference, now=now)
    if coupon.once_per_client and _has_used(coupon, client_id):
        raise CouponRefused("You have used this code before, and it counts once.")
    free = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    if not Coupon.objects.filter(free, pk=coupon.pk).update(uses=F("uses") + 1):
        raise CouponRefused("This code has been used as often as it can be.")
    CouponUse.objects.create(
        coupon=coupon, client_id=client_id, reference=reference, off_minor=found.off_minor, at=now
    )


def give_back(*, reference: uuid.UUID, now: datetime) -> None:
    """Step: what the coupon was used for came to nothing, or goes on without it."""
    require_transaction()
    for used in CouponUse.objects.filter(reference=reference, given_back_at=None):
        if CouponUse.objects.filter(pk=used.pk, given_back_at=None).update(given_back_at=now):
            Coupon.objects.filter(pk=used.coupon_id).update(uses=F("uses") - 1)


def in_words(coupon: Coupon, locale: str = "en") -> str:
    """What it takes off: "20% off", "$10.00 off"."""
    if coupon.off_bp:
        return f"{coupon.off_bp / 100:g}% off"
    return f"{format_money(coupon.off_minor, coupon.currency, locale)} off"
