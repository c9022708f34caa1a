"""The page of a product: what one gets, the terms in full, then who buys it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from connect.accounts import CannotCharge
from connect.gateway import GatewayRefused, GatewayUnavailable
from kit.clock import now
from kit.database import read_only
from kit.ids import uuid7
from kit.limits import allows, connection_of
from kit.money import format_money
from public_pages.booking.coach import Coach, coach_of, not_here, show
from public_pages.booking.codes import Code, looked_at, typed_code
from public_pages.booking.cookies import chosen_zone, holder_of, keep_details, know_again, typed_details
from public_pages.booking.slots import slow_down
from public_pages.paperwork.before import announced
from public_pages.shop.access import ORDERS
from public_pages.shop.forms import BuyForm
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.clients import sign_in
from tenants.files.models import StoredFile
from tenants.files.serving import response as served
from tenants.offers.coupons import CouponRefused
from tenants.shop import buying, order_papers, products
from tenants.shop.models import Order
from tenants.shop.terms import Said, Shown, shown_of
from ui.markdown import as_html

BUYS = {"most": 20, "seconds": 600}
TO_ONE_ADDRESS = {"most": 5, "seconds": 3600}


@dataclass(frozen=True, slots=True)
class Page:
    """A product on offer as this coach's visitor reads it now."""

    coach: Coach
    shown: Shown

    @property
    def must_agree(self) -> bool:
        return bool(self.shown.agreements or self.shown.pack)

    @property
    def can_be_bought(self) -> bool:
        return self.coach.takes_cards or not self.shown.product.price_minor

    def amount(self, minor: int) -> str:
        return format_money(minor, self.shown.product.currency, self.coach.locale)


@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, product_slug: str) -> HttpResponse:
    if request.method == "POST":
        return _buy(request, product_slug)
    page = _asked(request, product_slug)
    if page is None:
        return not_here(request, coach_of(request), "shop/not_offered.html")
    form = BuyForm(initial=_known_details(request), must_agree=page.must_agree)
    return _page(request, page, form)


@require_safe
def picture(request: HttpRequest, product_slug: str) -> HttpResponse:
    """The picture of a product on offer: for anybody."""
    found = products.offered(product_slug)
    file = StoredFile.objects.filter(pk=found.picture_id).first() if found and found.picture_id else None
    if file is None:
        raise Http404("There is no such picture.")
    return served(file, inline=True)


def _asked(request: HttpRequest, slug: str) -> Page | None:
    found = products.offered(slug)
    if found is None:
        return None
    coach = coach_of(request)
    return Page(coach, shown_of(found, practice=coach.practice, now=coach.now))


def _known_details(request: HttpRequest) -> dict[str, str]:
    """Nobody types twice what this browser said, or who is signed in."""
    client = sign_in.client_in(request, now=now())
    return {"name": client.name, "email": client.email} if client else typed_details(request)


def _page(request: HttpRequest, page: Page, form: BuyForm, status: int = 200, **context: Any) -> HttpResponse:
    code = context.pop("code", None) or _code(request, page)
    full_minor = page.shown.product.price_minor
    due_minor = code.discount.left_minor if code and code.discount else full_minor
    context |= {
        "code": code,
        "page": page,
        "shown": page.shown,
        "product": page.shown.product,
        "description": as_html(page.shown.product.description, ids=False),
        "agreements": [
            {"name": each.name, "html": as_html(without_title(each.text), ids=False)}
            for each in page.shown.agreements
        ],
        "papers_first": announced(
            order_papers.required_by(page.shown.product),
            page.coach.locale,
            before="payment" if full_minor else "it is sent",
        ),
        "form": form,
        "due_minor": due_minor,
        "order_key": _key(request) or uuid7(),
        "buy_words": f"Buy now for {page.amount(due_minor)}" if due_minor else "Send it to me for free",
    }
    response = show(request, page.coach, "shop/product.html", context, status)
    know_again(request, response)
    return response


def without_title(text: str) -> str:
    """An agreement's text below its name, which stands above it on the page."""
    first, _, rest = text.partition("\n")
    return rest.strip() if first.startswith("# ") else text


def _key(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("order", ""))
    except ValueError:
        return None


def _code(request: HttpRequest, page: Page) -> Code | None:
    return looked_at(
        typed_code(request),
        thing=page.shown.product.pk,
        full_minor=page.shown.product.price_minor,
        currency=page.shown.product.currency,
        now=page.coach.now,
    )


# --- buying ------------------------------------------------------------------------------------------


def _buy(request: HttpRequest, slug: str) -> HttpResponse:
    if not allows("shop", connection_of(request), **BUYS):
        return slow_down(request)
    with read_only():
        page = _asked(request, slug)
    if page is None:
        return not_here(request, coach_of(request), "shop/not_offered.html")
    if "apply" in request.POST:
        return _again(request, slug, _typed(request, page), 200)
    form = BuyForm(request.POST, must_agree=page.must_agree)
    if not form.is_valid():
        return _again(request, slug, form, 422)
    if not _may_be_sent(request, page, form):
        return slow_down(request)
    response = _order(request, page, form)
    keep_details(response, {name: form.cleaned_data[name] for name in ("name", "email")})
    return response


def _may_be_sent(request: HttpRequest, page: Page, form: BuyForm) -> bool:
    """What is free goes to whatever address is typed: nobody's mailbox is filled with it."""
    to = f"{request.get_host()}:{form.cleaned_data['email'].lower()}"
    return bool(page.shown.product.price_minor) or allows("shop-free-to", to, **TO_ONE_ADDRESS)


def _typed(request: HttpRequest, page: Page, *, but_agreed: bool = False) -> BuyForm:
    """As it stands, not looked at yet."""
    typed = request.POST.copy()
    if but_agreed:
        typed.pop("agreed", None)
    return BuyForm(initial=typed.dict(), must_agree=page.must_agree)


def _again(request: HttpRequest, slug: str, form: BuyForm, status: int, **context: Any) -> HttpResponse:
    with read_only():
        page = _asked(request, slug)
        if page is None:
            return not_here(request, coach_of(request), "shop/not_offered.html")
        return _page(request, page, form, status, **context)


def _order(request: HttpRequest, page: Page, form: BuyForm) -> HttpResponse:
    slug, said = page.shown.product.slug, form.cleaned_data
    address = connection_of(request) or str(request.META.get("REMOTE_ADDR", ""))
    try:
        bought = buying.buy(
            slug=slug,
            shown=request.POST.get("shown", ""),
            name=said["name"],
            email=said["email"],
            timezone=chosen_zone(request) or page.coach.practice.timezone,
            said=Said(said["name"], address, sign_in.agent_of(request), holder_of(request)),
            links=return_pages,
            now=now(),
            order_id=_key(request),
            coupon=typed_code(request),
        )
    except buying.NotOnOffer:
        return not_here(request, page.coach, "shop/not_offered.html")
    except CouponRefused as refused:
        return _again(request, slug, form, 422, code=Code(typed_code(request), problem=str(refused)))
    except buying.ProductChanged:
        return _again(request, slug, _typed(request, page, but_agreed=True), 409, problem="changed")
    except CannotCharge:
        return _again(request, slug, form, 409, problem="cannot_charge")
    except (AlreadyPaid, buying.OrderEnded):
        return _again(request, slug, form, 409, problem="paid")
    except (PageUnavailable, GatewayUnavailable, GatewayRefused):
        return _again(request, slug, form, 502, problem="no_page")
    return redirect(bought.pay_at) if bought.pay_at else redirect("order", ORDERS.token_of(bought.order))


def return_pages(order: Order) -> Callable[[UUID], tuple[str, str]]:
    """Where Stripe sends the payer afterwards: paid, and not paid."""

    def pages(_attempt_id: UUID) -> tuple[str, str]:
        return ORDERS.address_of(order, "paid") + "?cs={CHECKOUT_SESSION_ID}", ORDERS.address_of(order)

    return pages
