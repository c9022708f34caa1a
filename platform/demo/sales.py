"""Packs of the demo: bought, sold before they are paid, paid in instalments, passed on."""

from functools import partial
from typing import Any

from django_tenants.utils import tenant_context

from demo import aftermath, payments, worlds
from demo.timeline import Place
from demo.world import Sale, email_of
from kit import clock
from kit.actors import Actor
from kit.money import format_money
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.offers.practice import practice
from tenants.packs import offers, selling, transfers
from tenants.packs.links import address_of
from tenants.packs.models import Pack, PackOffer
from tenants.packs.statements import PURPOSES
from tenants.packs.terms import contents
from tenants.registry.models import Tenant


def pack_of(email: str, name: str) -> Pack:
    """The newest of this client's packs that is called so."""
    packs = Pack.objects.select_related("client", "offer").filter(client__email=email, offer__name=name)
    return packs.latest("bought_at")


def shown_pack() -> tuple[Pack, str] | None:
    """The pack that the demo shows first, and its client's page for it; None in a world without a past."""
    shown = worlds.present().shown_pack
    if shown is None:
        return None
    coach, email, name = shown
    tenant = Tenant.objects.filter(slug=coach.slug).first()
    if tenant is None or not tenant.is_open:
        return None
    with tenant_context(tenant):
        try:
            pack = pack_of(email, name)
        except Pack.DoesNotExist:
            return None
        return pack, address_of(pack)


def agreed_to(offer: PackOffer) -> dict[str, Any]:
    """The rules as they stood on the page."""
    price = format_money(offer.price_minor, offer.currency)
    rules = offers.terms_of(offer, practice=practice(), now=clock.now())
    text = "\n".join([f"{offer.name}: {contents(offer)} for {price}.", *rules])
    return selling.agreement(text=text, address="127.0.0.1", now=clock.now())


def sell(place: Place, sale: Sale) -> None:
    """The client buys it on the coach's page, or has it from the coach before it is paid."""
    offer = PackOffer.objects.get(name=sale.pack, is_current=True)
    if sale.unpaid:
        client = Client.objects.get(email=sale.email)
        selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=place.actor)
    else:
        _buy(place, sale, offer)
    _note_what_follows(place, sale)


def _buy(place: Place, sale: Sale, offer: PackOffer) -> None:
    selling.buy(
        slug=offer.slug,
        name=sale.client,
        email=sale.email,
        phone="",
        timezone=place.coach.timezone,
        accepted=agreed_to(offer),
        links=lambda pack: lambda _attempt: (address_of(pack), address_of(pack)),
        now=clock.now(),
        coupon=sale.coupon,
    )
    payments.pay(_payment_of(sale), place.stripe)


def _payment_of(sale: Sale) -> PaymentAttempt:
    pack = pack_of(sale.email, sale.pack)
    return PaymentAttempt.objects.get(charge__purpose__in=PURPOSES, charge__reference=pack.pk)


def _note_what_follows(place: Place, sale: Sale) -> None:
    if sale.passed_on is not None:
        place.note(place.day(sale.passed_on), partial(_pass_on, sale))
    if sale.card_fails:
        payments.fail_cards_of(sale.email, place.stripe)
    if sale.card_mended_on is not None:
        mend = partial(payments.mend_cards_of, sale.email, place.stripe)
        place.note(place.day(sale.card_mended_on), mend, asks_stripe=True)
    aftermath.note(place, pack_of(sale.email, sale.pack).pk, sale.later)


def _pass_on(sale: Sale) -> None:
    pack = pack_of(sale.email, sale.pack)
    transfers.pass_on(
        pack_id=pack.pk,
        units=sale.units,
        name=sale.receiver,
        email=email_of(sale.receiver),
        now=clock.now(),
        actor=Actor("client", str(pack.client_id)),
    )
