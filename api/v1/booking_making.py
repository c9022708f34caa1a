"""Making a booking of a hold: by which of the three roads, and what may be in the way."""

import uuid
from typing import Any

from api.core import problems
from api.core.declaring import Call
from api.core.problems import Problem, kind
from api.v1.holds import lapsed
from api.v1.session_types import charges_rest_later
from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.clients.models import Client
from tenants.offers.coupons import CouponRefused
from tenants.offers.models import SessionType
from tenants.packs.spending import CannotSpend
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling import bookings, holds, links, pack_bookings, retainer_bookings
from tenants.scheduling.models import Booking

ONCE = kind("once-per-client", 409, "This client has had it.")
COUPON_REFUSED = kind("coupon-refused", 409, "This coupon does not count here.")
CANNOT_SPEND = kind("cannot-pay-with-it", 409, "This pack or retainer does not pay for it.")
CANNOT_CHARGE = kind("cannot-take-cards", 409, "The coach cannot take cards now.")
IN_BROWSER = kind("book-in-browser", 409, "The client has to agree to this themselves.")
KINDS = (ONCE, COUPON_REFUSED, CANNOT_SPEND, CANNOT_CHARGE, IN_BROWSER)


def refuse_what_clients_must_read(kind: SessionType, call: Call) -> None:
    """A deposit charges the rest later: nobody can agree to that for a client. Raises Problem."""
    if charges_rest_later(kind) and not {"pack_id", "retainer_id"} & set(call.said):
        raise Problem(
            IN_BROWSER,
            "This session takes a deposit, and the client's card is charged for the rest later: they have to "
            "agree to that themselves. Nothing was booked: send them to the session type's url.",
        )


def book(booking_id: uuid.UUID, call: Call) -> None:
    """Raises Problem where nothing was booked. What is left is for the client to do at payment_url."""
    booking = Booking.objects.select_related("session__session_type").get(pk=booking_id)
    refuse_what_clients_must_read(booking.session.session_type, call)
    try:
        _by_its_road(booking, call)
    except (PaperworkMissing, PageUnavailable, GatewayUnavailable, GatewayRefused, AlreadyPaid):
        # The details are saved and the time is kept: the client goes on from the booking's own page.
        return
    except holds.HoldLapsed as error:
        raise lapsed() from error
    except bookings.NeedsPhone as error:
        raise _invalid(client=["The coach calls for this session: give a phone number."]) from error
    except bookings.OncePerClient as error:
        raise Problem(
            ONCE, "This session is offered once to each client, and this one has had it. Nothing was booked."
        ) from error
    except CouponRefused as error:
        raise Problem(COUPON_REFUSED, f"{error} Nothing was booked.") from error
    except (CannotSpend, pack_bookings.NotCovered) as error:
        raise Problem(CANNOT_SPEND, f"{error} Nothing was booked.") from error
    except CannotCharge as error:
        raise Problem(
            CANNOT_CHARGE, "The coach's Stripe account takes no cards now. Nothing was booked."
        ) from error


def _by_its_road(booking: Booking, call: Call) -> None:
    said = call.said
    known = _known(said["client_id"]) if "client_id" in said else None
    common: dict[str, Any] = {
        "booking_id": booking.pk,
        "message": said["message"],
        "extras": said["extras"],
        "links": _pages_of(booking),
        "now": call.now,
    }
    if known and "pack_id" in said:
        zone = known.timezone or booking.agreed["timezone"]
        pack_bookings.book_with_unit(**common, client=known, pack_id=said["pack_id"], timezone=zone)
    elif known and "retainer_id" in said:
        zone = known.timezone or booking.agreed["timezone"]
        retainer_bookings.book_with_retainer(
            **common, client=known, retainer_id=said["retainer_id"], timezone=zone
        )
    else:
        bookings.book(**common, **(_details(known) if known else said["client"]), coupon=said["coupon"])


def _known(client_id: uuid.UUID) -> Client:
    client = Client.objects.filter(pk=client_id, erased_at__isnull=True).first()
    if client is None:
        raise _invalid(client_id=["There is no such client."])
    return client


def _details(client: Client) -> dict[str, str]:
    if not client.email:
        raise _invalid(client_id=["This client has no e-mail address: somebody else reads their mail."])
    return {
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "timezone": client.timezone,
    }


def _invalid(**errors: list[str]) -> Problem:
    return Problem(problems.INVALID, "Nothing was booked: `errors` says why.", errors=errors)


def _pages_of(booking: Booking) -> Any:
    """Where Stripe sends the payer afterwards: paid, and not paid."""
    token = links.token_of(booking)
    paid, back = links.address_by(token, "paid") + "?cs={CHECKOUT_SESSION_ID}", links.address_by(token)
    return lambda _attempt_id: (paid, back)
