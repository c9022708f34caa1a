"""Beginning a retainer: an order by its client or an invitation by the coach, and the first payment."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there
from kit.ids import uuid7
from kit.states import change, move
from tenants.billing import by_link, checkout
from tenants.billing.attempts import TOO_SHORT_TO_PAY, live_attempt
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers.practice import practice
from tenants.paperwork import requirements
from tenants.paperwork.models import PaperKind
from tenants.registry import wakeups
from tenants.retainers import charging, ledger, plans, schedule
from tenants.retainers.models import Retainer, RetainerPeriod, RetainerPlan, RetainerStatus
from tenants.retainers.periods import day_of, first_span
from tenants.retainers.schedule import INVITED
from tenants.retainers.terms import rhythm_of

PAPERS = "papers"
INVITED_FOR = timedelta(days=14)
"""How long a link to begin stays good."""
# The pages to return to, for a retainer that may be ordered only now.
RetainerLinks = Callable[[Retainer], checkout.Links]


class NotOnOffer(Exception):
    """Nothing can be begun at this address any more."""


class OrderEnded(Exception):
    """The order was not paid in time, or was given up. A new one can be made."""


# --- the order ---------------------------------------------------------------------------------------


def agreement(*, text: str, mandate: str, address: str, now: datetime, browser: str = "") -> dict[str, Any]:
    """What a payer agreed to, to be kept as it was shown: the words, their hash, the time, where from."""
    digest = sha256(f"{text}\n{mandate}".encode()).hexdigest()
    shown = {"text": text, "mandate": mandate, "sha256": digest, "at": now.isoformat(), "address": address}
    return {**shown, "browser": browser} if browser else shown


def order(
    *, plan: RetainerPlan, client: Client, payer: Client, accepted: dict[str, Any], now: datetime
) -> Retainer:
    """Step: a retainer that waits for its first payment, with the plan's terms of this moment."""
    return Retainer.objects.create(
        plan=plan, client=client, payer=payer, accepted=accepted, created_at=now, **plans.terms_of(plan)
    )


def subscribe(
    *,
    slug: str,
    name: str,
    email: str,
    phone: str,
    timezone: str,
    accepted: dict[str, Any],
    links: RetainerLinks,
    now: datetime,
    seen: dict[str, Any] | None = None,
) -> str:
    """Use case: order the retainer at this address; answers where to pay its first period, or the order's own
    page, where papers come first.

    Whoever left an order of the same plan unpaid goes on with that one, in the browser that made it. `seen`
    are the terms that were shown. Raises NotOnOffer, `plans.PlanChanged`,
    `connect.accounts.CannotCharge`, `checkout.PageUnavailable` and `checkout.AlreadyPaid`.
    """

    def order_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            plan = _offered(slug, seen)
            client = find_or_add(name=name, email=email, phone=phone, timezone=timezone, now=now)
            begun = _begun(plan, client, accepted)
            retainer = begun or order(plan=plan, client=client, payer=client, accepted=accepted, now=now)
            if _waits_for_papers(retainer, now, name=name):
                return links(retainer)(retainer.pk)[1]
            return _open_attempt(retainer, accepted, links, now)

    return by_link.to_the_page(order_it, now=now)


def _offered(slug: str, seen: dict[str, Any] | None) -> RetainerPlan:
    plan = plans.offered(slug)
    if plan is None:
        raise NotOnOffer(slug)
    if seen is not None and seen != plans.terms_of(plan):
        raise plans.PlanChanged(plan)
    return plan


def _begun(plan: RetainerPlan, client: Client, accepted: dict[str, Any]) -> Retainer | None:
    """The client's order of this plan that is not paid: ordering twice at once meets here.

    Anybody can type the client's address: what another browser has ordered is left to it.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    same = Retainer.objects.filter(
        plan=plan, client=client, payer=client, status=RetainerStatus.PENDING, **plans.terms_of(plan)
    )
    if browser := accepted.get("browser"):
        same = same.filter(accepted__browser=browser)
    found = same.exclude(accepted__has_key=INVITED).order_by("-created_at").values_list("pk", flat=True)
    return ledger.locked(found[0]) if found[:1] else None


# --- an invitation ---------------------------------------------------------------------------------------


def invite(
    *,
    plan_id: uuid.UUID,
    client_id: uuid.UUID,
    now: datetime,
    actor: Actor,
    payer_id: uuid.UUID | None = None,
    retainer_id: uuid.UUID | None = None,
) -> Retainer:
    """Use case of the coach: whoever pays is sent a link to begin, which is good for two weeks.

    With `retainer_id`, made by the form, a button that is pressed twice invites once.
    """
    with transaction.atomic(durable=True):
        plan = RetainerPlan.objects.get(pk=plan_id)
        client = Client.objects.get(pk=client_id)
        payer = Client.objects.get(pk=payer_id) if payer_id else client
        retainer = Retainer(
            pk=retainer_id or uuid7(),
            plan=plan,
            client=client,
            payer=payer,
            accepted={INVITED: now.isoformat()},
            next_at=now + INVITED_FOR,
            created_at=now,
            **plans.terms_of(plan),
        )
        if not insert_unless_there(retainer):
            return ledger.locked(retainer.pk)
        wakeups.ask(kind="retainer", reference=retainer.pk, due_at=now + INVITED_FOR, now=now)
        schedule.tell("retainer.invited", retainer, now=now, actor=actor)
    return retainer


def accept(*, retainer_id: uuid.UUID, accepted: dict[str, Any], links: RetainerLinks, now: datetime) -> str:
    """Use case: begin what the coach has sent a link for, or go on with an order; answers as `subscribe`.

    Raises OrderEnded, and as `subscribe` does.
    """

    def accept_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            retainer = _locked(retainer_id)
            if retainer.status != RetainerStatus.PENDING:
                _refuse_begun(retainer)
            kept = {name: retainer.accepted[name] for name in (INVITED, PAPERS) if name in retainer.accepted}
            change(retainer, accepted={**accepted, **kept})
            if _waits_for_papers(retainer, now):
                return links(retainer)(retainer.pk)[1]
            return _open_attempt(retainer, accepted, links, now)

    return by_link.to_the_page(accept_it, now=now)


def _locked(retainer_id: uuid.UUID) -> Retainer:
    """Step: the retainer, and its payer before it, as where one is ordered: papers are given under that
    lock."""
    payer_id = Retainer.objects.values_list("payer_id", flat=True).get(pk=retainer_id)
    Client.objects.select_for_update(no_key=True).get(pk=payer_id)
    return ledger.locked(retainer_id)


def _waits_for_papers(retainer: Retainer, now: datetime, *, name: str = "") -> bool:
    """Step: what the plan requires is given to whoever pays, to be done first.

    Who pays for somebody else signs, and learns nothing of the other's forms: of them, agreements alone.
    """
    lines, payer = retainer.plan.requires, retainer.payer
    if lines and retainer.payer_id != retainer.client_id:
        required = requirements.missing(lines=lines, client=None)
        lines = [str(paper.line) for paper in required if paper.kind == PaperKind.AGREEMENT]
    values = requirements.as_typed(name)
    refused = requirements.hand_out(lines=lines, client=payer, reference=retainer.pk, values=values, now=now)
    if refused is None:
        return False
    given = [*retainer.accepted.get(PAPERS, ()), *(str(each.pk) for each in refused.client_papers)]
    change(retainer, accepted={**retainer.accepted, PAPERS: list(dict.fromkeys(given))})
    if retainer.next_at is None:
        change(retainer, next_at=now + requirements.DONE_WITHIN)
        wakeups.ask(kind="retainer", reference=retainer.pk, due_at=now + requirements.DONE_WITHIN, now=now)
    return True


def papers_of(retainer: Retainer) -> list[uuid.UUID]:
    """The payer's papers that this order waits for, or has waited for."""
    return [uuid.UUID(each) for each in retainer.accepted.get(PAPERS, ())]


def _refuse_begun(retainer: Retainer) -> None:
    if retainer.status == RetainerStatus.VOID:
        raise OrderEnded("This link to begin is not good any more. Ask your coach for another one.")
    raise checkout.AlreadyPaid(retainer.plan.name)


def withdraw(*, retainer_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of the coach: an invitation or order that is not paid is off. False when it was paid, or when
    somebody is just paying."""
    with transaction.atomic(durable=True):
        retainer = ledger.locked(retainer_id)
        if retainer.status == RetainerStatus.VOID:
            return True
        period = charging.owed_period(retainer)
        if retainer.status != RetainerStatus.PENDING or (period and charging.is_being_taken(period)):
            return False
        move(retainer, RetainerStatus.VOID)
        if period:
            charging.let_go(period, now=now, actor=actor)
    return True


# --- the first payment -----------------------------------------------------------------------------------


def _open_attempt(
    retainer: Retainer, accepted: dict[str, Any], links: RetainerLinks, now: datetime
) -> PaymentAttempt:
    """Step: the live attempt at paying the first period. Raises `InTheWay` for one that nobody can finish."""
    period = charging.owed_period(retainer) or first_period(retainer, now=now)
    mandate = checkout.Mandated(
        purpose="retainer",
        text=accepted["mandate"],
        address=accepted.get("address", ""),
        reference=retainer.pk,
    )
    sale = charging.sale_of(retainer, period, due_at=now, mandate=mandate)
    attempt = checkout.open_attempt(sale=sale, links=links(retainer), now=now)
    if attempt.expires_at <= now + TOO_SHORT_TO_PAY:
        raise by_link.InTheWay(attempt)
    return attempt


def first_period(retainer: Retainer, *, now: datetime) -> RetainerPeriod:
    """Step: dated by the day of the order, and by that of the payment when that comes."""
    tz = practice().timezone
    return schedule.new_period(retainer, first_span(day_of(now, tz), rhythm_of(retainer), tz))


def payment_of(retainer: Retainer) -> PaymentAttempt | None:
    """The attempt that could still pay for what is owed of the retainer."""
    period = charging.owed_period(retainer)
    charge = charging.charge_of(period) if period else None
    return live_attempt(charge.pk) if charge else None
