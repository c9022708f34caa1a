"""Somebody in the demo who pays for several people's packs in one order, and reads alone what it cost."""

from demo import payments
from demo.sales import agreed_to
from demo.timeline import Place
from demo.world import Family, email_of
from kit import clock
from tenants.billing.models import PaymentAttempt
from tenants.packs.models import PackOffer
from tenants.shop import packs_for
from tenants.shop.packs_for import PURPOSE, Gift, Payer, Person
from tenants.shop.packs_for_links import address_of


def buy(place: Place, family: Family) -> None:
    """On the coach's page, and paid by card at once."""
    offer = PackOffer.objects.get(name=family.pack, is_current=True)
    order, _pay_at = packs_for.buy(
        slug=offer.slug,
        offer_id=offer.pk,
        payer=Payer(family.payer, email_of(family.payer), place.coach.timezone),
        people=_people(family),
        gift=Gift(family.message),
        accepted=agreed_to(offer),
        links=lambda order: lambda _attempt: (address_of(order, "paid"), address_of(order)),
        now=clock.now(),
    )
    attempt = PaymentAttempt.objects.get(charge__purpose=PURPOSE, charge__reference=order.pk)
    payments.pay(attempt, place.stripe)


def _people(family: Family) -> list[Person]:
    """The payer, those with an address of their own, and children whose mail the payer reads."""
    others = [Person(name, email_of(name)) for name in family.others]
    return [Person(is_payer=True), *others, *(Person(name) for name in family.children)]
