"""A booking's way from held to confirmed: the client's details, then a payment or nothing to pay."""

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from kit.actors import Actor
from kit.database import Question, Rows, names_no_row, read_together
from kit.states import IllegalMove, move, move_locked
from tenants.activity import events
from tenants.billing import cards, checkout
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import BY_ADDRESS, add_if_new, find_or_add, named
from tenants.offers import coupons
from tenants.offers.models import Place
from tenants.scheduling import kept_cards, paperwork, paying, requests, units
from tenants.scheduling.cancelling import locked
from tenants.scheduling.holds import HoldLapsed
from tenants.scheduling.links import BadLink, require_opens
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, CancellationStatus, Funding

LOCKED: Question = ("SELECT b.* FROM scheduling_booking b WHERE b.id = %(id)s FOR NO KEY UPDATE", (Booking,))


class NeedsPhone(Exception):
    """The coach is to call, and there is no number."""


class OncePerClient(Exception):
    """This session is offered once to each client, and this one has had it."""


def booking_of(*, booking_id: uuid.UUID) -> Booking:
    """The booking with its session, type and client."""
    return Booking.objects.select_related("session__session_type", "client").get(pk=booking_id)


def book(
    *,
    booking_id: uuid.UUID,
    name: str,
    email: str,
    phone: str,
    message: str,
    timezone: str,
    links: checkout.Links,
    now: datetime,
    extras: Collection[str] = (),
    token: str | None = None,
    coupon: str = "",
    address: str = "",
    keep_card: str = "",
    ready: cards.Ready | None = None,
) -> str | None:
    """Use case: the client's details make the hold a booking: confirmed at once when it costs nothing.

    Answers where to pay, or None when nothing is to be paid; where the coach decides first, it is a request
    then, or becomes one when the money is promised. With a `token`, it is what opens the booking, or
    `links.BadLink` is raised; without a `timezone` the client's is the coach's. `address` is where the client
    agrees from to what is charged later; `keep_card` the words under which the card is kept beside that.

    With a card that is `ready` its client must be known by more than a typed address, and is present: it is
    charged at once, and what is answered is where its bank asks, or the page to return to.

    Raises `requirements.PaperworkMissing` where papers come first, NeedsPhone, HoldLapsed, OncePerClient,
    `coupons.CouponRefused`, `connect.accounts.CannotCharge`, `checkout.AlreadyPaid`,
    `checkout.PageUnavailable` and `checkout.CardRefused`; the details and the time are kept.
    """

    def book_it() -> paying.Opened:
        with transaction.atomic(durable=True):
            booking, known = _hold_and_client(booking_id, email, now, token, phone)
            zone = timezone or booking.agreed["timezone"]
            # Papers are given to a record that is there, and not to one that goes with the next message.
            add = find_or_add if paperwork.required_by(booking) else add_if_new
            client = known or add(name=name, email=email, phone=phone, timezone=zone, now=now)
            paying.require_no_other(booking, purpose="booking")
            if known:
                allow(booking, known)
            asked: dict[str, Any] = {"booking": booking, "client": client, "now": now}
            # Who has a card here comes back to the press that names it; others to what they have said.
            if ready and (refused := paperwork.hand_out(**asked, said={"message": message})):
                return refused
            said: dict[str, Any] = {"client": client, "client_timezone": zone, "message": message}
            if units.pay_for(booking) or booking.agreed.get("extras"):
                said |= {"pack": None, "retainer": None, "pack_units": 1, **agreed_with(booking, extras)}
            if coupon or booking.agreed.get("coupon"):
                said |= _priced(booking, said, coupon, now)
            if booking.agreed.get("deposit"):
                said["agreed"] = {**said.get("agreed", booking.agreed), "agreed_from": address}
            if keep_card or booking.agreed.get("keep_card"):
                said["agreed"] = kept_cards.wished(said.get("agreed", booking.agreed), keep_card, address)
            if not ready and (refused := paperwork.hand_out(**asked, name=name, said=said)):
                return refused
            return to_its_end(booking=booking, said=said, links=links, now=now, ready=ready)

    return paying.to_the_page(partial(_again_if_known_by_now, book_it), now=now)


def _again_if_known_by_now(book_it: Callable[[], paying.Opened]) -> paying.Opened:
    """Two first bookings of one person at once: the second's record does not go in, and names it no more."""
    try:
        return book_it()
    except IntegrityError as error:
        if not names_no_row(error):
            raise
    return book_it()


def to_its_end(
    *,
    booking: Booking,
    said: dict[str, Any],
    links: checkout.Links,
    now: datetime,
    ready: cards.Ready | None = None,
) -> PaymentAttempt | None:
    """Step: confirmed, requested, or waiting for its payment, of which the attempt is answered."""
    free = said.get("price_minor", booking.price_minor) + said.get("extras_minor", 0) == 0
    by = Actor("client", str(said["client"].pk))
    if free and not booking.agreed.get("needs_approval"):
        confirm(booking=booking, funding=Funding.FREE, now=now, actor=by, by=move_locked, **said)
        return None
    note(booking, **said)
    if free:
        requests.request(booking=booking, promised_until=None, now=now)
        return None
    return paying.open_attempt(booking, links, now, ready)


def _priced(booking: Booking, said: dict[str, Any], code: str, now: datetime) -> dict[str, Any]:
    """Step: what a coupon makes of the price, or the whole price again. Raises `coupons.CouponRefused`."""
    booking.agreed = said.get("agreed", booking.agreed)
    before_coupon(booking, now=now, forget=not code)
    if not code:
        return {"price_minor": booking.price_minor, "agreed": booking.agreed}
    found = coupons.quote(
        code=code,
        thing=booking.session.session_type_id,
        full_minor=booking.price_minor,
        currency=booking.currency,
        now=now,
        reference=booking.pk,
    )
    coupons.use(found=found, client_id=said["client"].pk, reference=booking.pk, now=now)
    used = {"code": found.coupon.code, "full_minor": found.full_minor, "off_minor": found.off_minor}
    return {"price_minor": found.left_minor, "agreed": {**booking.agreed, "coupon": used}}


def before_coupon(booking: Booking, *, now: datetime, forget: bool = True) -> None:
    """Step: the price without a coupon, on the row in memory; to `forget` it gives the use back."""
    if used := booking.agreed.get("coupon"):
        booking.price_minor = used["full_minor"]
        booking.agreed = {name: value for name, value in booking.agreed.items() if name != "coupon"}
        if forget:
            coupons.give_back(reference=booking.pk, now=now)


def _hold_and_client(
    booking_id: uuid.UUID, email: str, now: datetime, token: str | None, phone: str
) -> tuple[Booking, Client | None]:
    """Step: `live_hold`, and whoever is on record with the address, in one message.

    The lock first, as wherever both are taken: else two could wait for each other.
    """
    held, known = read_together({"id": booking_id, **named(email)}, LOCKED, BY_ADDRESS)
    if token is not None:
        _require_opened(token, held)
    [[booking]] = held
    if booking.agreed.get("place") == Place.PHONE and not phone:
        raise NeedsPhone("there is no number to call")
    return _alive(booking, now), known[0][0] if known else None


def _require_opened(token: str, found: Rows) -> None:
    if not found:
        raise BadLink("unknown")
    require_opens(token, found[0][0])


def live_hold(*, booking_id: uuid.UUID, now: datetime) -> Booking:
    """Step: the booking, locked, still held and not run out. Raises HoldLapsed."""
    [[(booking,)]] = read_together({"id": booking_id}, LOCKED)
    return _alive(booking, now)


def _alive(booking: Booking, now: datetime) -> Booking:
    if booking.status != BookingStatus.HELD or booking.hold_expires_at <= now:
        raise HoldLapsed("the hold ran out")
    return booking


def note(booking: Booking, **said: Any) -> None:
    """Step: write down what the client said."""
    for name, value in said.items():
        setattr(booking, name, value)
    booking.save(update_fields=list(said))


def agreed_with(
    booking: Booking, chosen: Collection[str], *, pack_window_hours: int | None = None
) -> dict[str, Any]:
    """Fields of the booking: what was agreed, with the required extras and the chosen ones (by id).

    `pack_window_hours` is the rule of the pack or retainer that pays. Without one it is the practice's again,
    as it was when the time was held, whatever the client had begun with.
    """
    agreed = booking.agreed
    extras = [
        {**each, "chosen": each["required"] or each["id"] in chosen} for each in agreed.get("extras", [])
    ]
    own = agreed.get("own_window_hours", agreed["cancel_window_hours"])
    rule = own if pack_window_hours is None else pack_window_hours
    return {
        "agreed": {**agreed, "extras": extras, "cancel_window_hours": rule, "own_window_hours": own},
        "extras_minor": sum(each["price_minor"] for each in extras if each["chosen"]),
    }


def allow(booking: Booking, client: Client) -> None:
    """Step: raise OncePerClient where this client has had what is offered once."""
    if not booking.agreed.get("once_per_client"):
        return
    # The client's row is the lock: two bookings of one person wait for each other here.
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    others = Booking.objects.filter(
        client=client, session__session_type_id=booking.session.session_type_id
    ).exclude(pk=booking.pk)
    if others.filter(Q(status__in=FUNDED)).exists():
        raise OncePerClient("once per client")


def confirm(
    *,
    booking: Booking,
    funding: Funding,
    now: datetime,
    actor: Actor,
    funded_by: uuid.UUID | None = None,
    by: Callable[..., None] = move,
    **said: Any,
) -> None:
    """Step: the one way to a confirmed booking. The database refuses it without funding (law 1).

    `said` are fields of the booking that are written with it; `by` is `move_locked` for who holds its lock.
    """
    by(
        booking,
        BookingStatus.CONFIRMED,
        **said,
        funding=funding,
        funded_by=funded_by,
        confirmed_at=now,
        deciding=False,
    )
    events.record(
        kind="booking.confirmed",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"funding": funding.value},
    )


def record_attendance(*, booking_id: uuid.UUID, came: bool, now: datetime, actor: Actor) -> None:
    """Use case: how a session went, after its start; may be corrected.

    Raises `kit.states.IllegalMove`, also before the start and while a cancellation of it can still be undone.
    """
    with transaction.atomic(durable=True):
        booking = locked(booking_id)
        if booking.session.starts_at > now:
            raise IllegalMove("the session has not begun")
        status = BookingStatus.COMPLETED if came else BookingStatus.NO_SHOW
        if booking.status == status:
            return
        if booking.cancellations.filter(status=CancellationStatus.PENDING).exists():
            raise IllegalMove("the booking is being called off")
        move(booking, status)
        if booking.funding in units.BY_UNIT:
            _note_with_the_unit(booking, status, now, actor)
        events.record(
            kind=f"booking.{status.value}",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
        )


def _note_with_the_unit(booking: Booking, status: BookingStatus, now: datetime, actor: Actor) -> None:
    """The unit stays used either way; the ledger says for what."""
    session = booking.session
    units.count_as_used(
        booking=booking,
        cause=status.value,
        rule="attendance",
        now=now,
        actor=actor,
        data={"starts_at": session.starts_at.isoformat(), "wall_start": session.wall_start},
    )
