"""Retainers of the demo: begun on Stripe's page, charged by themselves, failing, paused and ended."""

from functools import partial

from demo import payments
from demo.timeline import Place
from demo.world import Subscription
from kit import clock
from kit.actors import Actor
from tenants.offers import session_types
from tenants.offers.practice import practice
from tenants.retainers import standing, subscribing, terms
from tenants.retainers.links import address_of
from tenants.retainers.models import Retainer, RetainerPlan


def retainer_of(email: str, plan: str) -> Retainer:
    """The client's newest of this plan."""
    return (
        Retainer.objects.select_related("client", "plan")
        .filter(client__email=email, plan__name=plan)
        .latest("created_at")
    )


def begin(place: Place, subscription: Subscription) -> None:
    """The client agrees on the coach's page, and pays the first period."""
    plan, here, now = RetainerPlan.objects.get(name=subscription.plan), practice(), clock.now()
    rules = terms.rule_sentences(plan, types=session_types.on_offer(), practice=here, now=now)
    mandate = terms.mandate_text(plan, name=plan.name, coach=place.coach.name, practice=here, now=now)
    subscribing.subscribe(
        slug=plan.slug,
        name=subscription.client,
        email=subscription.email,
        phone="",
        timezone=place.coach.timezone,
        accepted=subscribing.agreement(text="\n".join(rules), mandate=mandate, address="127.0.0.1", now=now),
        links=lambda retainer: lambda _attempt: (_page(retainer), _page(retainer)),
        now=now,
    )
    attempt = subscribing.payment_of(retainer_of(subscription.email, subscription.plan))
    assert attempt is not None
    payments.pay(attempt, place.stripe)
    _note_what_follows(place, subscription)


def _page(retainer: Retainer) -> str:
    return address_of(retainer, for_payer=True)


def _note_what_follows(place: Place, subscription: Subscription) -> None:
    acts = [
        (subscription.card_fails_on, partial(payments.fail_cards_of, subscription.email, place.stripe)),
        (subscription.card_mended_on, partial(payments.mend_cards_of, subscription.email, place.stripe)),
        (subscription.paused_on, partial(_press, subscription, standing.pause)),
        (subscription.resumed_on, partial(_press, subscription, standing.resume)),
        (subscription.ended_on, partial(_press, subscription, standing.cancel)),
    ]
    for on, act in acts:
        if on is not None:
            place.note(place.day(on), act, asks_stripe=True)


def _press(subscription: Subscription, press: object) -> None:
    retainer = retainer_of(subscription.email, subscription.plan)
    client = Actor("client", str(retainer.client_id))
    press(retainer_id=retainer.pk, now=clock.now(), actor=client)  # type: ignore[operator]
