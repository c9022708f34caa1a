"""Products and services: all that a coach offers, on one page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kit.database import Question
from kit.words import duration
from public_pages.booking.coach import Coach, coach_and, show
from public_pages.booking.cookies import know_again
from public_pages.booking.wording import place_in_words
from public_pages.packs.cards import cards_of
from public_pages.retainers.cards import cards_of as retainer_cards_of
from tenants.offers.models import SessionType
from tenants.offers.session_types import ON_OFFER as SESSION_TYPES
from tenants.offers.vocabulary import called
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.retainers import plans
from tenants.retainers.models import RetainerPlan
from tenants.shop import products
from tenants.shop.models import Product

PRODUCTS: Question = (products.ON_OFFER, (Product,))


@dataclass(frozen=True, slots=True)
class Card:
    """A product as it is compared with others. `picture_url` is empty where it has none."""

    product: Product
    contents: str
    picture_url: str
    can_be_bought: bool

    @property
    def href(self) -> str:
        return reverse("product", args=[self.product.slug])


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    packs_on_offer = (offers.ON_OFFER, (PackOffer,))
    plans_on_offer = (plans.ON_OFFER, (RetainerPlan,))
    coach, [sold, types, packs, retainers] = coach_and(
        request, PRODUCTS, SESSION_TYPES, packs_on_offer, plans_on_offer, slug=""
    )
    every = [each for (each,) in types]
    context = {
        "products": product_cards([each for (each,) in sold], [each for (each,) in packs], coach),
        "types": [_type(each, coach) for each in every],
        "packs": cards_of([each for (each,) in packs], every, coach.locale),
        "retainers": retainer_cards_of([each for (each,) in retainers], coach.locale),
    }
    response = show(request, coach, "shop/catalogue.html", context)
    know_again(request, response)
    return response


def product_cards(rows: Iterable[Product], packs: Iterable[PackOffer], coach: Coach) -> list[Card]:
    """`packs` are those on offer: what a product includes is named by them."""
    units = {each.line: each.units for each in packs}
    return [_card(each, units.get(each.pack_line, 0) if each.pack_line else 0, coach) for each in rows]


def _card(product: Product, units: int, coach: Coach) -> Card:
    files = len(product.files)
    contents = [
        called.count(units) if units else "",
        f"{files} file{'' if files == 1 else 's'} to download" if files else "",
    ]
    return Card(
        product=product,
        contents=" · ".join(filter(None, contents)),
        picture_url=reverse("product_picture", args=[product.slug]) if product.picture_id else "",
        can_be_bought=coach.takes_cards or not product.price_minor,
    )


def _type(session_type: SessionType, coach: Coach) -> dict[str, object]:
    return {
        "type": session_type,
        "length": duration(session_type.duration_min, coach.locale),
        "place": place_in_words(session_type.place, session_type.place_detail),
        "bookable": coach.can_be_booked(session_type),
        "href": reverse("session_type", args=[session_type.slug]),
    }
