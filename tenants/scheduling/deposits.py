"""A booking's deposit: what is paid at once, what later, and what the client agrees to for that."""

from datetime import datetime, timedelta

from kit.money import format_money
from kit.states import change
from kit.words import wall_time
from tenants.billing import instalments
from tenants.billing.checkout import Mandated
from tenants.billing.models import Charge, InstalmentStatus, MandatePurpose
from tenants.billing.parts import Part, deposit_and_rest
from tenants.offers.deposits import deposit_of
from tenants.scheduling.models import Booking


def parts_of(booking: Booking, amount_minor: int) -> tuple[Part, ...]:
    """The deposit and the rest of `amount_minor`; () where all is due at once.

    Extras are paid with the rest. Too late for a rest is judged by when the time was held, so that nothing
    that was shown changes while the client types.
    """
    rule = booking.agreed.get("deposit")
    if not rule or booking.pack_id or booking.retainer_id:
        return ()
    deposit_minor = deposit_of(
        price_minor=booking.price_minor, deposit_minor=rule["minor"], deposit_bp=rule["bp"]
    )
    return deposit_and_rest(
        amount_minor=amount_minor,
        deposit_minor=deposit_minor,
        currency=booking.currency,
        now=booking.created_at,
        rest_due_at=rest_due_at(booking),
        by_card=rule["by_card"],
    )


def rest_due_at(booking: Booking) -> datetime:
    """When the rest of a booking with a deposit is due: so long before the session as was agreed."""
    return booking.session.starts_at - timedelta(hours=booking.agreed["deposit"]["rest_due_hours"])


def reschedule_rest(booking: Booking, *, now: datetime) -> None:
    """Step: the session has moved, and with it the day on which its rest is due, unless a card was tried."""
    if not booking.agreed.get("deposit"):
        return
    rows = Charge.objects.select_for_update(no_key=True)
    charge = rows.filter(purpose="booking", reference=booking.pk).first()
    rest = charge and charge.instalments.filter(kind="rest", status=InstalmentStatus.OPEN, tries=0).first()
    if rest:
        change(rest, due_at=max(rest_due_at(booking), now))
        instalments.look_after(rest, now=now, replace=True)


def mandate_of(booking: Booking, parts: tuple[Part, ...]) -> Mandated | None:
    """What the client agrees to by paying the deposit, where the card is kept for the rest."""
    text = consent(booking, parts)
    return Mandated(MandatePurpose.REST, text, booking.agreed.get("agreed_from", "")) if text else None


def consent(booking: Booking, parts: tuple[Part, ...]) -> str:
    """The words of it, as they are shown before the payment and kept; "" where no card is charged later."""
    if not parts or not parts[-1].by_card:
        return ""
    agreed = booking.agreed
    locale = agreed["deposit"]["locale"]
    rest = format_money(parts[-1].amount_minor, booking.currency, locale)
    when = wall_time(parts[-1].due_at, agreed["timezone"], locale)
    return (
        f"By paying the deposit I let my card be kept with Stripe and charged once more: {rest} on {when}, "
        f"for the rest of “{agreed['name']}”. Moved, it is charged so long before the new time. If I cancel "
        "in time, it is not charged. I can pay the rest earlier or in another way, and remove the card, by "
        "the links in my mails."
    )
