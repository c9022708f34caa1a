"""The agreement of an order for several people: who pays signs the priced one, and each of the others theirs.

A form or a document that a pack requires is asked of whoever has the sessions, before their first one; it
is none of the payer's business.
"""

from datetime import datetime

from kit.actors import Actor
from kit.money import format_money
from kit.states import change
from tenants.clients.models import Client
from tenants.offers.practice import practice
from tenants.packs import terms
from tenants.paperwork import requirements
from tenants.paperwork.giving import give, tell
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper, PaperKind
from tenants.paperwork.requirements import DONE_WITHIN, PaperworkMissing
from tenants.registry import wakeups
from tenants.shop.models import Order


def insist(*, order: Order, now: datetime) -> None:
    """Step before any card is asked for: raises PaperworkMissing while the payer has an agreement to sign."""
    required = _agreements(order)
    if not required:
        return
    signed = [each for each in to_sign(order=order) if each.status == ClientPaperStatus.DONE]
    done = {each.paper.line for each in signed}
    if missing := [each for each in required if each.line not in done]:
        raise PaperworkMissing(missing)


def prepare(*, order: Order, now: datetime, by_coach: bool = False) -> None:
    """Step: the payer is given each agreement of the pack, with the price of this very order, and its link.

    By mail: who has only typed the payer's address reads nothing of theirs.
    """
    actor = Actor("client", str(order.payer_id))
    for paper in _agreements(order):
        given = give(
            paper=paper,
            client=order.payer,
            now=now,
            actor=actor,
            reference=order.pk,
            values=_values(order, with_prices=True, count=len(order.beneficiaries)),
        )
        if given.status == ClientPaperStatus.OPEN and given.sent_at is None:
            tell(given, "paper.sent", now, actor)
            change(given, sent_at=now)
            # What the coach has set up stays open until it is paid or taken back.
            if not by_coach:
                due_at = now + DONE_WITHIN
                wakeups.ask(kind="order_papers", reference=order.pk, due_at=due_at, now=now)


def to_sign(*, order: Order) -> list[ClientPaper]:
    """The payer's agreements of this order, the last of each, in the order in which they were given."""
    rows = ClientPaper.objects.select_related("paper", "client").filter(
        client=order.payer_id, reference=order.pk, hides_prices=False
    )
    standing = rows.exclude(status=ClientPaperStatus.WITHDRAWN).order_by("given_at", "pk")
    return list({each.paper.line: each for each in standing}.values())


def give_twins(*, order: Order, beneficiary: Client, now: datetime, actor: Actor) -> None:
    """Step: one beneficiary's own version of what the payer has signed: it names no price."""
    if beneficiary.pk == order.payer_id:
        return
    for signed in to_sign(order=order):
        give(
            paper=signed.paper,
            client=beneficiary,
            now=now,
            actor=actor,
            reference=order.pk,
            values=_values(order, with_prices=False, count=1),
            hides_prices=True,
            twin=signed,
        )


def _agreements(order: Order) -> list[Paper]:
    assert order.pack_offer is not None
    required = requirements.missing(lines=order.pack_offer.requires, client=None)
    return [each for each in required if each.kind == PaperKind.AGREEMENT]


def _values(order: Order, *, with_prices: bool, count: int) -> dict[str, str]:
    offer, locale = order.pack_offer, practice().locale
    assert offer is not None
    sessions = terms.contents(offer)
    months = offer.valid_months
    said = {
        "sessions": f"{count} × {sessions}" if count > 1 else sessions,
        "validity": f"{months} month{'' if months == 1 else 's'}" if months else "without an end",
    }
    if with_prices:
        said["price"] = format_money(order.price_minor, order.currency, locale)
        said["price_per_session"] = format_money(terms.per_session_minor(offer), offer.currency, locale)
    if with_prices or order.agreed.get("names_payer", True):
        said["payer_name"] = order.payer.name
    return said
