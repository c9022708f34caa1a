"""Packs on offer, in their versions."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.core import pages
from api.core.declaring import Call, reads
from api.core.fields import Amount, Link, Named, Shown
from api.core.resources import Resource
from api.v1.rows import one_of
from tenants.packs.models import PackOffer, Transfer

EXAMPLE = {
    "object": "pack_offer",
    "id": "019b8c00-4000-7000-8000-000000000001",
    "name": "10-session pack",
    "description": "",
    "version": 1,
    "units": 10,
    "covers": [{"session_type_id": "019b8c00-1000-7000-8000-000000000001", "units": 1}],
    "price": {"amount_minor": 40500, "currency": "eur"},
    "instalments": 1,
    "valid_months": 6,
    "transfer": "nobody",
    "cancel_window_hours": 24,
    "is_on_sale": True,
    "url": "https://anna.example.com/packs/10-session-pack/",
    "created_at": "2026-11-01T12:00:00Z",
}


class PackCoverShown(Shown):
    session_type_id = serializers.UUIDField()
    units = serializers.IntegerField(help_text="That one booking of it takes.")


class PackOfferShown(Shown):
    object = Named("pack_offer")
    id = serializers.UUIDField(help_text="Of this version: other terms make another one.")
    name = serializers.CharField()
    description = serializers.CharField()
    version = serializers.IntegerField()
    units = serializers.IntegerField()
    covers = serializers.SerializerMethodField()
    price = Amount("price_minor")
    instalments = serializers.IntegerField(help_text="Monthly payments by card, the first at once.")
    valid_months = serializers.IntegerField(allow_null=True, help_text="Null is without an end.")
    transfer = serializers.ChoiceField(choices=Transfer.choices, help_text="To whom units may be passed on.")
    cancel_window_hours = serializers.IntegerField(help_text="How long before its start cancelling is free.")
    is_on_sale = serializers.SerializerMethodField(help_text="Whether clients can buy this version now.")
    url = Link(lambda row: f"/packs/{row.slug}/", help_text="Where a client buys the newest version.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(PackCoverShown(many=True))
    def get_covers(self, row: PackOffer) -> Any:
        said = [{"session_type_id": key, "units": units} for key, units in sorted(row.covers.items())]
        return PackCoverShown(said, many=True, context=self.context).data

    def get_is_on_sale(self, row: PackOffer) -> bool:
        return row.is_current and row.is_active


class PackOffers(Resource):
    group = "Packs"

    @reads(
        "catalogue:read",
        gives=PackOfferShown,
        page=True,
        summary="List packs on offer",
        description="The version of each that is sold now, the newest first; what was withdrawn, too.",
        answer=EXAMPLE,
    )
    def get(self, call: Call) -> dict[str, Any]:
        return pages.page_of(PackOffer.objects.filter(is_current=True, is_private=False), call.page)


class OnePackOffer(Resource):
    group = "Packs"
    named = "pack_offer_id"

    @reads("catalogue:read", gives=PackOfferShown, summary="Get a pack on offer", answer=EXAMPLE)
    def get(self, call: Call, pack_offer_id: uuid.UUID) -> PackOffer:
        return one_of(PackOffer.objects.all(), pack_offer_id)
