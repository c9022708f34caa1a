"""The page of a pack on offer: what it is good for, its rules in full, then who buys it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connect.accounts import CannotCharge
from kit.clock import now
from kit.database import read_only
from kit.limits import allows, connection_of
from kit.money import format_money
from public_pages.booking.coach import Coach, coach_and, coach_of, not_here, show
from public_pages.booking.codes import Code, looked_at, typed_code
from public_pages.booking.cookies import chosen_zone, holder_of, keep_details, know_again, typed_details
from public_pages.booking.slots import slow_down
from public_pages.packs.access import ORDERS, known_to
from public_pages.packs.cards import card_of
from public_pages.packs.forms import BuyForm
from public_pages.paperwork.before import announced
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.offers import session_types
from tenants.offers.coupons import CouponRefused
from tenants.offers.models import SessionType
from tenants.packs import instalments, offers, selling, terms
from tenants.packs.models import Pack, PackOffer

BUYS = {"most": 20, "seconds": 600}


@dataclass(frozen=True, slots=True)
class Shown:
    """A pack on offer as this coach's visitor reads it now."""

    coach: Coach
    offer: PackOffer
    types: list[SessionType]
    rules: list[str]

    @property
    def price(self) -> str:
        return self.amount(self.offer.price_minor)

    def amount(self, minor: int) -> str:
        return format_money(minor, self.offer.currency, self.coach.locale)

    def due_now_minor(self, price_minor: int | None = None) -> int:
        """What is paid at once of the price, or of what a coupon has left of it: all, or an instalment."""
        price_minor = self.offer.price_minor if price_minor is None else price_minor
        parts = instalments.parts_of(
            self.offer, self.coach.practice, bought_at=self.coach.now, price_minor=price_minor
        )
        return parts[0].amount_minor if parts else price_minor

    @property
    def text(self) -> str:
        """All that a buyer agrees to, word for word: kept with the order."""
        first = f"{self.offer.name}: {terms.contents(self.offer)} for {self.price}."
        return "\n".join([first, *self.rules])

    @property
    def digest(self) -> str:
        return str(self.agreement("")["sha256"])

    def agreement(self, address: str) -> dict[str, Any]:
        return selling.agreement(text=self.text, address=address, now=self.coach.now)


def shown_of(coach: Coach, offer: PackOffer, types: list[SessionType]) -> Shown:
    rules = terms.rule_sentences(offer, types=types, practice=coach.practice, now=coach.now)
    return Shown(coach, offer, types, rules)


def accepted(request: HttpRequest, shown: Shown) -> dict[str, Any]:
    """What was agreed to, and in which browser: that one alone goes on with the order."""
    address = connection_of(request) or str(request.META.get("REMOTE_ADDR", ""))
    return {**shown.agreement(address), "browser": holder_of(request)}


@require_http_methods(["GET", "HEAD", "POST"])
def pack_offer(request: HttpRequest, pack_slug: str) -> HttpResponse:
    if request.method == "POST":
        return _buy(request, pack_slug)
    coach, shown = asked_for(request, pack_slug)
    if shown is None:
        return not_here(request, coach, "packs/not_offered.html")
    return _page(request, shown, BuyForm(initial=_known_details(request)))


def asked_for(request: HttpRequest, slug: str) -> tuple[Coach, Shown | None]:
    """The pack at this address as it is shown now, or None; one message to the database."""
    on_offer = (offers.ON_OFFER, (PackOffer,))
    coach, [found, types] = coach_and(request, on_offer, session_types.ON_OFFER, slug=slug)
    if not found:
        return coach, None
    return coach, shown_of(coach, found[0][0], [each for (each,) in types])


def _known_details(request: HttpRequest) -> dict[str, str]:
    """Nobody types twice what this browser said, or what its own pack's client has said."""
    known = known_to(request)
    if known and known.knows_client:
        return {"name": known.pack.client.name, "email": known.pack.client.email}
    return typed_details(request)


def _page(
    request: HttpRequest, shown: Shown, form: BuyForm, status: int = 200, **context: Any
) -> HttpResponse:
    code = context.pop("code", None) or _code(request, shown)
    discount = code.discount if code else None
    due_minor = shown.due_now_minor(discount.left_minor if discount else None)
    context |= {
        "code": code,
        "to_pay": due_minor,
        "shown": shown,
        "offer": shown.offer,
        "card": card_of(shown.offer, shown.types, shown.coach.locale),
        "form": form,
        "papers_first": announced(shown.offer.requires, shown.coach.locale),
        "pay_words": f"Pay {shown.amount(due_minor)}" if due_minor else "Take it for free",
    }
    response = show(request, shown.coach, "packs/offer.html", context, status)
    know_again(request, response)
    return response


def _buy(request: HttpRequest, slug: str) -> HttpResponse:
    if not allows("packs", connection_of(request), **BUYS):
        return slow_down(request)
    with read_only():
        coach, shown = asked_for(request, slug)
    if shown is None:
        return not_here(request, coach, "packs/not_offered.html")
    if "apply" in request.POST:
        return _again(request, slug, _typed(request), 200)
    form = BuyForm(request.POST)
    if not form.is_valid():
        return _again(request, slug, form, 422)
    if request.POST.get("shown") != shown.digest:
        return _again(request, slug, _to_agree_anew(request), 409, problem="changed")
    response = _order(request, shown, form)
    keep_details(response, form.cleaned_data)
    return response


def _typed(request: HttpRequest) -> BuyForm:
    """As it stands, not looked at yet."""
    return BuyForm(initial=request.POST.dict())


def _code(request: HttpRequest, shown: Shown) -> Code | None:
    return looked_at(
        typed_code(request),
        thing=shown.offer.line,
        full_minor=shown.offer.price_minor,
        currency=shown.offer.currency,
        now=shown.coach.now,
    )


def _to_agree_anew(request: HttpRequest) -> BuyForm:
    typed = request.POST.copy()
    typed.pop("agreed", None)
    return BuyForm(initial=typed.dict())


def _again(request: HttpRequest, slug: str, form: BuyForm, status: int, **context: Any) -> HttpResponse:
    with read_only():
        coach, shown = asked_for(request, slug)
        if shown is None:
            return not_here(request, coach, "packs/not_offered.html")
        return _page(request, shown, form, status, **context)


def _order(request: HttpRequest, shown: Shown, form: BuyForm) -> HttpResponse:
    slug = shown.offer.slug
    try:
        pay_at = selling.buy(
            slug=slug,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            phone="",
            timezone=chosen_zone(request) or shown.coach.practice.timezone,
            accepted=accepted(request, shown),
            links=return_pages,
            now=now(),
            offer_id=shown.offer.pk,
            coupon=typed_code(request),
        )
    except selling.NotOnOffer:
        return not_here(request, coach_of(request), "packs/not_offered.html")
    except CouponRefused as refused:
        code = Code(typed_code(request), problem=str(refused))
        return _again(request, slug, form, 422, code=code)
    except offers.OfferChanged:
        return _again(request, slug, _to_agree_anew(request), 409, problem="changed")
    except CannotCharge:
        return _again(request, slug, form, 409, problem="cannot_charge")
    except (AlreadyPaid, selling.OrderEnded):
        return _again(request, slug, form, 409, problem="paid")
    except PageUnavailable:
        return _again(request, slug, form, 502, problem="no_page")
    return redirect(pay_at)


def return_pages(pack: Pack) -> Callable[[UUID], tuple[str, str]]:
    """Where Stripe sends the payer afterwards: paid, and not paid."""

    def pages(_attempt_id: UUID) -> tuple[str, str]:
        return ORDERS.address_of(pack, "paid") + "?cs={CHECKOUT_SESSION_ID}", ORDERS.address_of(pack)

    return pages


def offer_address(offer: PackOffer) -> str:
    """Where the current version of a pack is offered; the coach's page when it is not."""
    return reverse("pack_offer", args=[offer.slug])
