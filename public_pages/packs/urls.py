"""Packs on a coach's own host."""

from django.urls import path

from public_pages.packs import (
    for_others,
    for_others_order,
    offer,
    pack,
    passing_on,
    paying,
    receipts,
    several,
    statements,
)
from public_pages.payments import link_again

urlpatterns = [
    path("packs/<slug:pack_slug>/", offer.pack_offer, name="pack_offer"),
    path("packs/<slug:pack_slug>/for-others/", for_others.pack_for_others, name="pack_for_others"),
    path("packs-for/<str:packs_token>/", for_others_order.packs_order, name="packs_order"),
    path("packs-for/<str:packs_token>/pay", for_others_order.packs_order_pay, name="packs_order_pay"),
    path("packs-for/<str:packs_token>/paid", for_others_order.packs_order_return, name="packs_order_return"),
    path("pack-link", link_again.pack_link, name="pack_link"),
    path("p/<str:pack_token>/", pack.pack, name="pack"),
    path("p/<str:pack_token>/for/<slug:type_slug>/", pack.pack, name="pack_for"),
    path("p/<str:pack_token>/renew", pack.renew, name="pack_renew"),
    path("p/<str:pack_token>/pay", paying.pack_pay, name="pack_pay"),
    path("p/<str:pack_token>/paid", paying.pack_return, name="pack_return"),
    path("p/<str:pack_token>/statement", statements.pack_statement, name="pack_statement"),
    path("p/<str:pack_token>/statement.pdf", statements.pack_statement_pdf, name="pack_statement_pdf"),
    path("p/<str:pack_token>/receipt", receipts.pack_receipt, name="pack_receipt"),
    path("p/<str:pack_token>/pass-on", passing_on.pass_on, name="pack_pass_on"),
    path("p/<str:pack_token>/several", several.several, name="pack_several"),
    path("p/<str:pack_token>/several/<uuid:series>", several.booked_series, name="pack_series"),
]
