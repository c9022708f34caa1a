"""Making the demo's world by the use cases, as its people would; what is there already stays."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.error import URLError

from allauth.account.models import EmailAddress
from django.conf import settings
from django_tenants.utils import tenant_context

from accounts.models import User
from connect import accounts as stripe_accounts
from connect.simulator.client import Simulator
from demo import diary, naming, news, second_factor, sequels, shelf, timeline, worlds
from demo.environment import SIMULATED_KEY
from demo.onboarding import connect
from demo.sales import shown_pack
from demo.world import OPERATOR, OPERATOR_SECRET, PASSWORD, Coach, World
from kit import clock
from kit.actors import Actor
from tenants.offers import coupons, practice, session_types
from tenants.offers.models import SessionType
from tenants.packs import offers
from tenants.registry import provisioning
from tenants.registry.models import Tenant
from tenants.registry.pages import coach_address
from tenants.retainers import plans
from tenants.scheduling import hours

_PATIENCE_SECONDS = 30
_START_OF_WORK = 7
# So that two worlds can be looked at side by side.
OTHER_PORT = 8010
# As the simulator does it by itself: the card's fee is pending for as long.
_SETTLED_AFTER_SECONDS = 2


def simulator() -> Simulator | None:
    """The simulated Stripe; None when the demo speaks to the real one."""
    if settings.STRIPE_API_KEY != SIMULATED_KEY or not settings.STRIPE_API_BASE:
        return None
    return Simulator(settings.STRIPE_API_BASE)


def seed(name: str | None = None) -> None:
    """Make what is missing of the named world, else of the one that is here. A second call finds nothing to
    do. Raises `naming.AnotherWorld`."""
    world = worlds.WORLDS[naming.chosen(worlds.folder(), name)]
    naming.keep(worlds.folder(), world.name)
    if _is_complete(world):
        return
    stripe = simulator()
    olga = _login(*OPERATOR, is_staff=True)
    second_factor.set_up(olga)
    if stripe is None:
        for coach in world.coaches:
            _settle_in(coach, None)
        return
    _wait_for(stripe)
    with _lived_through(world, stripe) as ends:
        tenants = {coach.slug: _settle_in(coach, stripe) for coach in world.coaches}
        diary.live_through(world, tenants, stripe, ends=ends)
    first = world.coaches[0]
    operator = Actor("operator", str(olga.pk), olga.name)
    news.tell(operator=operator, asked_by=tenants[first.slug], email=first.email, now=clock.now())


def _is_complete(world: World) -> bool:
    slugs = [coach.slug for coach in world.coaches]
    known = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=slugs)}
    if len(known) < len(slugs) or not all(tenant.is_open for tenant in known.values()):
        return False
    return simulator() is None or all(diary.is_written(tenant) for tenant in known.values())


def _wait_for(stripe: Simulator) -> None:
    """It was started a moment ago. Raises URLError when it does not answer for half a minute."""
    last = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            stripe.now()
            return
        except URLError:
            if time.monotonic() > last:
                raise
            time.sleep(0.1)


@contextmanager
def _lived_through(world: World, stripe: Simulator) -> Iterator[datetime]:
    """The world begins some days ago; afterwards, whatever happens, it is today again. Answers until when."""
    ahead, ends = clock.offset(), clock.now()
    try:
        timeline.move_to(first_morning(ends, days_ago=world.days_of_past), stripe)
        # What Stripe tells a moment later would be told days later, as time goes here.
        stripe.settle_after(0)
        stripe.delivery_mode("drop")
        yield ends
    finally:
        stripe.settle_after(_SETTLED_AFTER_SECONDS)
        stripe.delivery_mode("normal")
        timeline.move_to(datetime.now(UTC) + ahead, stripe)


def first_morning(today: datetime, *, days_ago: int) -> datetime:
    """Whole days ago, at an hour that is past today too: what happens this morning has happened."""
    begin = (today - timedelta(days=days_ago)).replace(hour=_START_OF_WORK, minute=0, second=0)
    return begin if today.hour >= _START_OF_WORK else begin - timedelta(days=1)


# --- a coach and what they start with --------------------------------------------------------------


def _settle_in(coach: Coach, stripe: Simulator | None) -> Tenant:
    user = _login(coach.email, coach.name)
    tenant = _tenant(coach, user)
    with tenant_context(tenant):
        if not SessionType.objects.exists():
            _set_up(coach, clock.now())
    if stripe and not stripe_accounts.can_charge(schema_name=tenant.schema_name):
        connect(coach, tenant, stripe)
    return tenant


def _login(email: str, name: str, *, is_staff: bool = False) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name, is_staff=is_staff, joined_at=clock.now())
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _tenant(coach: Coach, user: User) -> Tenant:
    tenant = Tenant.objects.filter(slug=coach.slug).first() or provisioning.sign_up(
        user=user,
        name=coach.name,
        slug=coach.slug,
        timezone=coach.timezone,
        country=coach.country,
        currency=coach.currency,
        now=clock.now(),
        actor=Actor("coach", str(user.pk), user.name),
    )
    return provisioning.provision(tenant_id=tenant.pk, now=clock.now())


def _set_up(coach: Coach, now: datetime) -> None:
    """What the coach does on the first day, inside the tenant."""
    agreed = {"hours_agreed_at": now, "policy_agreed_at": now, "link_shared_at": now}
    practice.change_practice(now=now, **agreed, **coach.practice)
    hours.set_weekly(ranges=coach.hours)
    kinds = {offer["name"]: session_types.offer(now=now, **offer) for offer in coach.offers}
    packs = {}
    for pack in coach.packs:
        covers = {str(kinds[name].pk): takes for name, takes in pack["covers"].items()}
        packs[pack["name"]] = offers.offer(now=now, **{**pack, "covers": covers})
    for product in coach.products:
        shelf.stock(product, packs=packs, now=now)
    for plan in coach.plans:
        covers = {str(kinds[name].pk): takes for name, takes in plan["covers"].items()}
        plans.offer(now=now, **{**plan, "covers": covers})
    for coupon in coach.coupons:
        coupons.create(now=now, **coupon)
    for sequel in coach.sequels:
        sequels.write(sequel, now=now)


# --- where everything is ---------------------------------------------------------------------------


def directions() -> list[str]:
    """Where a person goes from here, a line each."""
    central = f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}"
    coaches = worlds.present().coaches
    emails = ", ".join([*(coach.email for coach in coaches), OPERATOR[0]])
    rows = [(f"{coach.name}, {coach.teaches}", _page(coach)) for coach in coaches]
    if found := shown_pack():
        pack, address = found
        rows.append((f"{pack.client.name}'s pack", address))
    rows.append(("Sign in", f"{central}/accounts/login/ as {emails}; password {PASSWORD}"))
    rows.append(("The operator's code", f"{central}/demo/ shows it; the app's secret is {OPERATOR_SECRET}"))
    rows.append(("Mailbox", f"{central}/mailbox/"))
    rows.append(("All of the demo", f"{central}/demo/"))
    rows += [("Another world", each) for each in other_worlds()]
    return [f"{what:<28} {where}" for what, where in rows]


def other_worlds() -> list[str]:
    """How to start each of the others, beside this one."""
    here = worlds.present().name
    return [
        f"./run demo --world {name} --folder .local/{name} --port {OTHER_PORT}: {words}"
        for name, words in naming.NAMES.items()
        if name != here
    ]


def _page(coach: Coach) -> str:
    return coach_address(Tenant.objects.values_list("schema_name", flat=True).get(slug=coach.slug))
