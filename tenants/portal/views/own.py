"""What a client finds on their own pages: the next session, what is left, what is open, what is to do."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenants.billing import links as billing_links
from tenants.billing.link_requests import is_payer
from tenants.clients.relations import may_see_amounts
from tenants.earnings.owed import Open, open_charges
from tenants.paperwork import packets
from tenants.portal import holdings, papers, sessions
from tenants.portal.page import Visitor, show_own, signed_in


@require_safe
@signed_in
def portal_home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    client, coach = visitor.client, visitor.coach
    coming = sessions.coming(client, coach)
    again = [] if coming else sessions.kinds(sessions.past(client, coach, 6))
    offered = holdings.proposals_to(client, coach)
    # What is signed with a proposal is reached by it.
    with_them = {each.proposal.agreement_id for each in offered}
    given = [each for each in papers.papers_of(client) if each.given.pk not in with_them]
    context = {
        "proposals": offered,
        "next": coming[0] if coming else None,
        "more": len(coming) - 1,
        "again": again[:2],
        "packs": [each for each in holdings.packs_of(client, coach) if each.statement.balance.left],
        "retainers": holdings.retainers_of(client, coach),
        "open": _open(visitor),
        "bought": holdings.bought_by(client),
        "to_do": papers.to_do(given),
        "packets": [each for each in packets.progress(client) if not each.is_done],
    }
    return show_own(request, visitor, "home.html", context)


def _open(visitor: Visitor) -> list[dict[str, Any]]:
    """What is to be paid by who reads this, each with its page."""
    rows = open_charges(now=visitor.now, tz=visitor.coach.tz, client_id=visitor.client.pk)
    shown = [each for each in rows if may_see_amounts(visitor.client, each.charge.client_id)]
    return [{"row": each, "url": _pay_url(each)} for each in shown]


def _pay_url(row: Open) -> str:
    return reverse("pay", args=[billing_links.pay_token(row.charge)])


@require_safe
@signed_in
def portal_sessions(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    client, coach = visitor.client, visitor.coach
    over = sessions.past(client, coach)
    context = {
        "coming": sessions.coming(client, coach),
        "past": over,
        "kinds": sessions.kinds(over),
        "may_be_more": len(over) == sessions.SHOWN_PAST,
    }
    return show_own(request, visitor, "sessions.html", context)


@require_safe
@signed_in
def portal_packs(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    client, coach = visitor.client, visitor.coach
    orders = holdings.orders_of(client)
    context = {
        "packs": holdings.packs_of(client, coach),
        "retainers": holdings.retainers_of(client, coach),
        "orders": orders,
        "for_others": holdings.paid_for_others(client, orders),
        "shared": holdings.shared_with(client, coach),
    }
    return show_own(request, visitor, "packs.html", context)


@require_safe
@signed_in
def portal_payments(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """On to the page of payments, which the mailed link opens as well: open, to come, cards, receipts."""
    if not is_payer(visitor.client):
        return show_own(request, visitor, "payments.html", {})
    return redirect("payments", billing_links.payments_token(visitor.client))


@require_safe
@signed_in
def portal_papers(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    given = papers.papers_of(visitor.client)
    context = {
        "to_do": papers.to_do(given),
        "done": papers.done(given),
        "packets": packets.progress(visitor.client),
    }
    return show_own(request, visitor, "papers.html", context)
