"""What a coach does with a retainer that runs: pause it, end it, take either back, price it anew."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, Final

from rest_framework import serializers

from api.core.declaring import Call, reads, writes
from api.core.fields import Named, Shown, Taken
from api.core.problems import Problem, kind
from api.v1.retainers import EXAMPLE, OfRetainers, RetainerShown
from tenants.offers.prices import PriceTooSmall
from tenants.retainers import effects, pricing, standing
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus
from tenants.retainers.statements import statement_of

NOT_A_PRICE = kind("not-a-price", 422, "Nothing can be sold at this price.")
CANNOT_CHANGE = kind("cannot-change-retainer", 409, "This cannot be done with it now.")

_PREVIEW: Final = {
    "object": "retainer_change_preview",
    "takes_effect_at": "2026-12-01T00:00:00Z",
    "sentences": [
        "It pauses after 30 November.",
        "Nothing more is charged.",
        "What is booked stays booked.",
        "Resumed, a new period begins that day for €200.00.",
    ],
}
_WANTED: Final = "2026-11-24T12:00:00Z"


class RetainerChangePreviewShown(Shown):
    object = Named("retainer_change_preview")
    takes_effect_at = serializers.DateTimeField(allow_null=True, help_text="Null is at once.")
    sentences = serializers.ListField(
        child=serializers.CharField(), help_text="What it means, as the client reads it before pressing."
    )


class _Change(OfRetainers):
    """A pause or an end: it waits for the end of what is paid, and is taken back until then."""

    words: ClassVar[Callable[..., list[str]]]
    wanted: ClassVar[str]
    can: ClassVar[frozenset[RetainerStatus]]

    def preview(self, call: Call, retainer_id: uuid.UUID) -> dict[str, Any]:
        found = self.found(retainer_id)
        if found.status not in self.can:
            raise Problem(CANNOT_CHANGE, "It does not run, so there is nothing to say of it.")
        told = statement_of(retainer=found, now=call.now, sees_amounts=call.shows_money)
        means = standing.effect(retainer=found, now=call.now)
        sentences = type(self).words(means, found, reader=told.reader)
        return {"takes_effect_at": means.at, "sentences": sentences}

    def done(self, use_case: Callable[..., object], call: Call, retainer_id: uuid.UUID) -> Retainer:
        self.found(retainer_id)
        return _done(self, use_case, call, retainer_id)

    def taken_back(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        if getattr(self.found(retainer_id), self.wanted) is None:
            raise Problem(CANNOT_CHANGE, "Nothing was changed: nobody has asked for that.")
        return _done(self, standing.keep, call, retainer_id)


def _done(
    resource: OfRetainers, use_case: Callable[..., object], call: Call, retainer_id: uuid.UUID
) -> Retainer:
    try:
        use_case(retainer_id=retainer_id, now=call.now, actor=call.actor)
    except standing.CannotChange as error:
        raise Problem(CANNOT_CHANGE, str(error)) from error
    return resource.found(retainer_id)


class RetainerPause(_Change):
    words = effects.of_pausing
    wanted = "pause_wanted_at"
    can = RUNNING

    @reads(
        "billing:read",
        gives=RetainerChangePreviewShown,
        problems=(CANNOT_CHANGE,),
        summary="Preview a pause",
        answer=_PREVIEW,
    )
    def get(self, call: Call, retainer_id: uuid.UUID) -> dict[str, Any]:
        return self.preview(call, retainer_id)

    @writes(
        "billing:write",
        gives=RetainerShown,
        needs_match=True,
        problems=(CANNOT_CHANGE,),
        summary="Pause a retainer",
        description="Nothing more is charged until it is resumed; what is paid can be used to its end, and "
        "what is booked stays booked. The client is told.",
        answer={**EXAMPLE, "pause_wanted_at": _WANTED},
    )
    def post(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        return self.done(standing.pause, call, retainer_id)

    @writes(
        "billing:write",
        gives=RetainerShown,
        needs_match=True,
        problems=(CANNOT_CHANGE,),
        summary="Take a pause back",
        description="Before it has come: it goes on as if nobody had asked. One that has come is resumed.",
        answer=EXAMPLE,
    )
    def delete(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        return self.taken_back(call, retainer_id)


class RetainerResumption(OfRetainers):
    @writes(
        "billing:write",
        gives=RetainerShown,
        needs_match=True,
        problems=(CANNOT_CHANGE,),
        summary="Resume a retainer",
        description="A new period is charged to the payer's card at once. It is `paused` until that is paid: "
        "`retainer.resumed` says when.",
        answer=EXAMPLE,
    )
    def post(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        self.found(retainer_id)
        return _done(self, standing.resume, call, retainer_id)


class NewRetainerPrice(Taken):
    amount_minor = serializers.IntegerField(
        min_value=1, max_value=10**9, help_text="Of one period, in the currency of the retainer."
    )


class RetainerPrice(OfRetainers):
    @writes(
        "billing:write",
        takes=NewRetainerPrice,
        gives=RetainerShown,
        needs_match=True,
        is_repeatable=True,
        problems=(CANNOT_CHANGE, NOT_A_PRICE),
        summary="Change the price of a retainer",
        description="From the first period on that is charged in a week or later: `new_price_from`. The "
        "payer is told at once. The present price again takes an announced one back.",
        example={"amount_minor": 22000},
        answer={
            **EXAMPLE,
            "new_price": {"amount_minor": 22000, "currency": "eur"},
            "new_price_from": "2026-12-01T00:00:00Z",
        },
    )
    def put(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        self.found(retainer_id)
        try:
            pricing.change_price(
                retainer_id=retainer_id,
                price_minor=call.said["amount_minor"],
                now=call.now,
                actor=call.actor,
            )
        except standing.CannotChange as error:
            raise Problem(CANNOT_CHANGE, str(error)) from error
        except PriceTooSmall as error:
            raise Problem(NOT_A_PRICE, f"{error} Nothing was changed.") from error
        return self.found(retainer_id)


class RetainerEnd(_Change):
    words = effects.of_cancelling
    wanted = "cancel_wanted_at"
    can = RUNNING | {RetainerStatus.PAUSED}

    @reads(
        "billing:read",
        gives=RetainerChangePreviewShown,
        problems=(CANNOT_CHANGE,),
        summary="Preview an end",
        answer={**_PREVIEW, "sentences": ["It ends after 30 November.", "Nothing more is charged."]},
    )
    def get(self, call: Call, retainer_id: uuid.UUID) -> dict[str, Any]:
        return self.preview(call, retainer_id)

    @writes(
        "billing:write",
        gives=RetainerShown,
        needs_match=True,
        problems=(CANNOT_CHANGE,),
        summary="End a retainer",
        description="When what is paid is over; at once where nothing is. What is booked stays booked. The "
        "client is told.",
        answer={**EXAMPLE, "cancel_wanted_at": _WANTED},
    )
    def post(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        return self.done(standing.cancel, call, retainer_id)

    @writes(
        "billing:write",
        gives=RetainerShown,
        needs_match=True,
        problems=(CANNOT_CHANGE,),
        summary="Take an end back",
        description="Before it has come: it goes on as if nobody had asked.",
        answer=EXAMPLE,
    )
    def delete(self, call: Call, retainer_id: uuid.UUID) -> Retainer:
        return self.taken_back(call, retainer_id)
