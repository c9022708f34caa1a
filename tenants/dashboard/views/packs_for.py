"""Who pays for whom: the relations of one client, packs sold to them for others, and one such order."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.ids import uuid7
from kit.money import format_money
from tenants.billing.coach_refunds import Because, NotRefundable, PreviewChanged
from tenants.billing.refund_preview import NothingLeft, TooMuch
from tenants.clients import relations
from tenants.clients.models import Client, Relation
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.packs_for import RelationForm, SellForOthersForm
from tenants.dashboard.typed import key_of
from tenants.packs import offers, terms
from tenants.packs.models import PackOffer
from tenants.shop import packs_for, packs_for_people, packs_for_refunds, packs_given
from tenants.shop.models import Order, OrderKind, OrderStatus
from tenants.shop.packs_for_links import address_of
from tenants.shop.packs_for_papers import to_sign


@require_http_methods(["GET", "HEAD", "POST"])
def relations_of(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """For whom a client pays, and who pays for them; another one is said here."""
    desk = desk_of(request)
    client = get_object_or_404(Client, pk=client_id)
    form = RelationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _related(desk, client, form):
        messages.success(request, "It is noted. Amounts are shown to who pays, and to nobody else.")
        return desk.go("relations", client.pk)
    rows = Order.objects.select_related("pack_offer").filter(payer=client, kind=OrderKind.PACKS)
    return desk.page(
        "relations",
        "clients",
        status=422 if form.is_bound else 200,
        client=client,
        form=form,
        pays_for=relations.beneficiaries_of(client),
        paid_by=relations.payers_of(client),
        orders=[{"order": each, "what": packs_for.described(each)} for each in rows.order_by("-created_at")],
    )


def _related(desk: Desk, payer: Client, form: RelationForm) -> bool:
    typed = form.cleaned_data
    found = Client.objects.filter(email=typed["beneficiary"].lower()).first()
    if found is None:
        form.add_error("beneficiary", "No client of yours has this address. Add them first.")
        return False
    try:
        relations.begin(
            payer_id=payer.pk,
            beneficiary_id=found.pk,
            label=typed["label"],
            names_payer=not typed["unnamed"],
            now=desk.now,
            actor=desk.actor,
        )
    except relations.PaysForThemselves:
        form.add_error("beneficiary", "That is the same client. Write the address of somebody else.")
        return False
    return True


@require_POST
def end_relation(request: HttpRequest, slug: str, relation_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    found = get_object_or_404(Relation, pk=relation_id)
    relations.end(relation_id=found.pk, now=desk.now, actor=desk.actor)
    messages.success(request, "It is ended. What was paid for stays with who has it.")
    return desk.go("relations", found.payer_id)


# --- selling -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def sell_for_others(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    """Choose a pack and for whom; the payer gets a link to pay for all of it."""
    desk = desk_of(request)
    payer = get_object_or_404(Client, pk=client_id)
    every = offers.all_offers()
    key = key_of(request)
    form = SellForOthersForm(
        request.POST if request.method == "POST" else None,
        payer=payer,
        offers=[(str(each.pk), _offered(desk, each)) for each in every],
        known=[each.beneficiary for each in relations.beneficiaries_of(payer)],
    )
    if form.is_bound and key and form.is_valid() and (order := _sold(desk, payer, form, key)):
        messages.success(request, f"{payer.name} gets a mail with the link to pay. Share it below as well.")
        return desk.go("packs_order", order.pk)
    return desk.page(
        "sell_for_others",
        "clients",
        status=422 if form.is_bound else 200,
        client=payer,
        form=form,
        offers=every,
        key=key or uuid7(),
    )


def _offered(desk: Desk, offer: PackOffer) -> str:
    price = format_money(offer.price_minor, offer.currency, desk.practice.locale)
    return f"{offer.name}: {terms.contents(offer)}, {price} each"


def _sold(desk: Desk, payer: Client, form: SellForOthersForm, key: uuid.UUID) -> Order | None:
    try:
        return packs_for.sell(
            order_id=key,
            offer_id=uuid.UUID(form.cleaned_data["offer"]),
            payer_id=payer.pk,
            people=form.people(),
            gift=form.gift(),
            now=desk.now,
            actor=desk.actor,
        )
    except packs_for.CannotBuyFor as refused:
        form.add_error(None, str(refused))
        return None


# --- one order ---------------------------------------------------------------------------------------


@require_safe
def packs_order(request: HttpRequest, slug: str, order_id: uuid.UUID) -> HttpResponse:
    """What somebody bought for others: who has what, the one payment, and each one's share of it."""
    return _order_page(desk_of(request), _order_or_404(order_id))


def _order_or_404(order_id: uuid.UUID) -> Order:
    rows = Order.objects.select_related("payer", "pack_offer").filter(kind=OrderKind.PACKS)
    found = rows.filter(pk=order_id).first()
    if found is None:
        raise Http404("There is no such order.")
    return found


def _order_page(desk: Desk, order: Order, *, refusal: str = "") -> HttpResponse:
    packs = {pack.pk: pack for pack in packs_given.packs_of(order)}
    charge, attempt = packs_for.charge_of(order), packs_for_refunds.payment_of(order)
    rows: list[dict[str, Any]] = []
    for each in packs_for_people.people_of(order):
        pack = packs.get(each.pack_id) if each.pack_id else None
        left = packs_for_refunds.share_left_minor(pack) if pack and attempt else 0
        rows.append({"person": each, "share_left": left})
    return desk.page(
        "packs_order",
        "clients",
        status=409 if refusal else 200,
        refusal=refusal,
        order=order,
        what=packs_for.described(order),
        rows=rows,
        attempt=attempt,
        charge=charge,
        papers=to_sign(order=order),
        pay_link=address_of(order) if order.status == OrderStatus.PENDING else "",
        told_on=packs_given.told_at(order),
    )


@require_POST
def refund_share(request: HttpRequest, slug: str, order_id: uuid.UUID) -> HttpResponse:
    """One beneficiary's share goes back to the payer, and what they have not used goes with it."""
    desk, order = desk_of(request), _order_or_404(order_id)
    wanted = key_of(request, "pack")
    pack = next((each for each in packs_given.packs_of(order) if each.pk == wanted), None)
    if pack is None:
        raise Http404("Nobody of this order has such a pack.")
    try:
        packs_for_refunds.refund_share(
            order=order, pack=pack, because=Because.CLIENT_ASKED, now=desk.now, actor=desk.actor
        )
    except (NotRefundable, NothingLeft) as refused:
        return _order_page(desk, order, refusal=str(refused))
    except (TooMuch, PreviewChanged):
        return _order_page(desk, order, refusal="Less than that is left of the payment by now.")
    messages.success(request, f"{pack.client.name}’s share goes back to {order.payer.name}.")
    return desk.go("packs_order", order.pk)
