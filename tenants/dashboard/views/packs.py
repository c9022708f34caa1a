"""A pack that was sold: what is left of it and why, its links, and selling one to a client."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from kit.ids import uuid7
from tenants.billing.models import Charge
from tenants.clients.models import Client
from tenants.dashboard import balances
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.typed import key_of
from tenants.offers import session_types
from tenants.packs import expiry, links, offers, selling, terms
from tenants.packs.lines import signed
from tenants.packs.models import Pack, PackEntry, PackOffer, PackStatus, Transfer, UnitKind, Unpaid
from tenants.packs.statements import Row, statement_of
from tenants.packs.validity import end_of_day
from tenants.shop import packs_given

OFFERED_LATER = {
    Unpaid.NOTHING: "Until it is paid, nothing can be booked with it.",
    Unpaid.FREELY: "All of it can be booked before it is paid.",
}


@require_safe
def pack(request: HttpRequest, slug: str, pack_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    return pack_page(desk, pack_or_404(pack_id))


def pack_or_404(pack_id: uuid.UUID) -> Pack:
    """A pack that somebody has; an order that was not paid is none."""
    rows = Pack.objects.select_related("offer", "client", "buyer", "origin__client")
    found = rows.filter(pk=pack_id, status=PackStatus.ACTIVE).first()
    if found is None:
        raise Http404("There is no such pack.")
    return found


def pack_page(desk: Desk, found: Pack, *, refusal: str = "") -> HttpResponse:
    """All about one pack; with a `refusal` it is a conflict."""
    told = statement_of(pack=found, tz=desk.tz, now=desk.now, locale=desk.practice.locale, reader="coach")
    state = balances.state_of(found, told.balance.left, desk.now)
    with desk.speaking():
        badges = balances.badges(balances.Held(found, state))
    return desk.page(
        "pack",
        "clients",
        status=409 if refusal else 200,
        refusal=refusal,
        pack=found,
        state=state,
        badges=badges,
        balance=told.balance,
        rows=[_entry(row) for row in reversed(told.rows)],
        take_back=_take_back(found),
        ended_before=_ended_before(desk, found),
        pay_link=links.address_of(found) if state.unpaid_minor else "",
        statement_link=links.address_of(found, "statement"),
        unpaid_rule=unpaid_in_words(found.offer) if state.unpaid_minor else "",
        charge_id=_charge_id(found) if state.unpaid_minor else None,
        can_pass_on=_can_pass_on(found, state),
        order=packs_given.order_of(found.pk) if found.buyer_id != found.client_id else None,
    )


def _charge_id(found: Pack) -> uuid.UUID | None:
    charges = Charge.objects.filter(purpose__in=("pack", "pack_and_booking"), reference=found.pk)
    return charges.values_list("pk", flat=True).first()


def _entry(row: Row) -> dict[str, Any]:
    left = f"{signed(row.units)}, {row.balance_after} left then" if row.units else ""
    return {"at": row.at, "text": row.sentence, "note": left}


def _take_back(found: Pack) -> dict[str, object] | None:
    """The correction that undoes the last thing that happened, where that was a correction."""
    last = PackEntry.objects.filter(pack=found).select_related("note").order_by("-number").first()
    if last is None or last.kind != UnitKind.CORRECTED:
        return None
    why = getattr(getattr(last, "note", None), "text", "")
    note = f"Taken back: {why}" if why else "Taken back"
    return {"change": "fewer" if last.units > 0 else "more", "units": abs(last.units), "note": note[:300]}


def _ended_before(desk: Desk, found: Pack) -> date | None:
    """The day on which it would end again if the extension were taken back, while that can be done."""
    before = expiry.extended_from(found)
    return before if before and end_of_day(before, desk.tz) > desk.now else None


def _can_pass_on(found: Pack, state: balances.State) -> bool:
    allowed = found.offer.transfer != Transfer.NOBODY and found.paid_at is not None
    return allowed and state.is_valid and state.left > 0 and not state.is_frozen


def unpaid_in_words(offer: PackOffer) -> str:
    """What may be booked with a pack of this offer before it is paid."""
    if offer.unpaid == Unpaid.SOME:
        return f"{terms.counted(offer).count(offer.unpaid_units)} of it can be booked before it is paid."
    return OFFERED_LATER[Unpaid(offer.unpaid)]


# --- selling one -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def sell(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Choose a pack, read what it means, press. It is paid later."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    every = offers.all_offers()
    if request.method != "POST":
        return _sell_page(desk, client, every, _chosen(every, request.GET.get("offer", "")))
    chosen, key = _chosen(every, request.POST.get("offer", "")), key_of(request)
    if (done := _sold_already(key, client)) is not None:
        return desk.go("pack", done.pk)
    if chosen is None or key is None:
        return _sell_page(desk, client, every, None, status=409)
    sold = selling.sell(offer_id=chosen.pk, client_id=client.pk, pack_id=key, now=desk.now, actor=desk.actor)
    messages.success(request, f"{client.name} has “{chosen.name}”. Share the link below, so that it is paid.")
    return desk.go("pack", sold.pk)


def _sold_already(key: uuid.UUID | None, client: Client) -> Pack | None:
    """What the same press has sold before."""
    return Pack.objects.filter(pk=key, client=client).first() if key else None


def _chosen(every: Sequence[PackOffer], asked: str) -> PackOffer | None:
    return next((each for each in every if str(each.pk) == asked), None)


def _sell_page(
    desk: Desk,
    client: Client,
    every: Sequence[PackOffer],
    chosen: PackOffer | None,
    *,
    status: int = 200,
) -> HttpResponse:
    said: dict[str, Any] = {}
    if chosen:
        said["rules"] = terms.rule_sentences(
            chosen, types=session_types.on_offer(), practice=desk.practice, now=desk.now
        )
        said |= {"unpaid_rule": unpaid_in_words(chosen), "contents": terms.contents(chosen), "key": uuid7()}
    return desk.page(
        "sell_pack",
        "clients",
        status=status,
        client=client,
        offers=[{"offer": each, "contents": terms.contents(each)} for each in every],
        chosen=chosen,
        has_changed=status != 200,
        **said,
    )
