"""No field that may tell of a person is added without a thought for its erasing."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from kit.ids import uuid7
from tenants.activity import events
from tenants.clients.models import Client
from tenants.integrations.models import ApiRequest, WebhookDelivery, WebhookEndpoint
from tenants.people import erasing, overwriting
from tenants.registry.planes import tenant_models
from tenants.shop.models import Order
from tests import worlds
from tests.portal import people
from tests.shop import families
from tests.worlds import Shop

PERSONAL = re.compile(
    r"(^|_)(name|email|phone|note|text|message|address|label|reason|because|payer|seller|billing|agent|answers"
    r"|body|timezone|beneficiaries|agreed|accepted|description|title|error|problem|parameters|reference|data"
    r"|holder|summary|browser|words|about|headers|lines|by|detail|details)($|_)"
)
COACH = "The coach's own words about what they sell or how they work; no client is asked for them."
WHO_ACTED = "Of users and operators only: `Actor.columns` keeps no client's name."
BOOKS = "A line of the books. Ids, codes and amounts, by which they tie; no name is written into it."
CODE = "One of a few words of ours, or of Stripe's."
PROOF = "Kept word for word, as the preview says: it proves what was agreed to."
TAX = "Kept as numbered papers are, as the preview says."
KEPT = {
    **dict.fromkeys(
        (
            *("offers.Practice." + name for name in ("about", "contact_email", "timezone", "legal_name")),
            *(
                "offers.Practice." + name
                for name in ("legal_address", "bank_details", "words", "proposal_mail")
            ),
            *("offers.SessionType." + name for name in ("name", "description", "group_name", "place_detail")),
            *("offers.Coupon.note", "scheduling.TimeOff.note", "scheduling.Session.timezone"),
            *("packs.PackOffer.name", "packs.PackOffer.description"),
            *("retainers.RetainerPlan.name", "retainers.RetainerPlan.description"),
            *("shop.Product.name", "shop.Product.summary", "shop.Product.description"),
            *(
                "paperwork.Paper.name",
                "paperwork.Paper.body",
                "messaging.Sequence.name",
                "shop.Proposal.title",
            ),
            *("integrations.ApiKey.name", "integrations.ApiKey.made_by", "integrations.ApiRequest.asked_by"),
            *("integrations.WebhookEndpoint.name", "integrations.WebhookEndpoint.made_by"),
            "clients.Import.file_name",
        ),
        COACH,
    ),
    **dict.fromkeys(
        (
            *("activity.Event.actor_name", "clients.Note.actor_name", "clients.Import.actor_name"),
            *("billing.ManualPayment.actor_name", "billing.ManualPayment.taken_back_by"),
            *("packs.PackEntry.actor_name", "retainers.RetainerEntry.actor_name"),
        ),
        WHO_ACTED,
    ),
    **dict.fromkeys(
        (
            *("activity.Event.data", "billing.Charge.description", "billing.LedgerEntry.reference"),
            *("packs.PackEntry.reference", "packs.PackEntry.data", "retainers.RetainerEntry.reference"),
            *("retainers.RetainerEntry.data", "payouts.BalanceLine.description"),
        ),
        BOOKS,
    ),
    **dict.fromkeys(
        (
            *("billing.PaymentAttempt.reason", "billing.Dispute.reason", "packs.Pack.frozen_because"),
            *("retainers.Retainer.paused_because", "retainers.Retainer.ended_because"),
            *("scheduling.Booking.ended_reason", "scheduling.Cancellation.reason"),
            *("messaging.SequenceRun.stopped_because", "integrations.WebhookEndpoint.off_reason"),
            *("integrations.WebhookDelivery.problem", "integrations.ApiRequest.headers"),
        ),
        CODE,
    ),
    **dict.fromkeys(("paperwork.Acceptance." + name for name in ("name", "text", "address", "agent")), PROOF),
    **dict.fromkeys(("billing.Mandate.text", "billing.Mandate.address"), PROOF),
    **dict.fromkeys(
        ("billing.Document." + name for name in ("label", "reference", "seller", "payer", "lines")), TAX
    ),
    "billing.Refund.note": "The reason of the coach's own choice for a refund, by our words.",
    "scheduling.Booking.agreed": "The terms of the session and ids of papers. What was typed stands beside.",
}


def texts() -> Iterator[str]:
    """Every field of a tenant's tables that may hold words, and looks as if they might be a person's."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    for model in tenant_models():
        for field in model._meta.concrete_fields:
            is_a_key = field.name.endswith(("_hash", "_id", "_digest"))
            may_tell = isinstance(field, kinds) and not field.choices and not is_a_key
            if may_tell and PERSONAL.search(field.name):
                yield f"{model._meta.label}.{field.name}"


def named() -> set[str]:
    return {f"{model}.{field}" for model, fields in overwriting.ERASED.items() for field in fields}


def test_what_may_tell_of_a_person_is_erased_or_kept_for_a_reason() -> None:
    found = set(texts())
    assert len(found) > 60
    unthought = found - named() - set(KEPT)
    assert not unthought, (
        f"Erase {sorted(unthought)} in tenants/people/overwriting.py, or say here why it stays."
    )
    assert not named() & set(KEPT), "It cannot be both."


@pytest.mark.parametrize("where", sorted(named() | set(KEPT)))
def test_nothing_is_named_that_is_not_there(where: str) -> None:
    model, _, field = where.rpartition(".")
    try:
        apps.get_model(model)._meta.get_field(field)
    except (LookupError, FieldDoesNotExist) as error:
        raise AssertionError(f"{where} is no field (any more)") from error


# --- what was found by it -----------------------------------------------------------------------------


@pytest.fixture
def frank(shop: Shop) -> Client:
    return people.client(shop.tenant, name="Frank Falk", email=families.DAD)


def ordered(shop: Shop) -> Order:
    offer = worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))
    return families.ordered(shop, offer)[0]


def erase(shop: Shop, client: Client) -> None:
    with tenant_context(shop.tenant):
        erasing.erase(client_id=client.pk, now=clock.now(), actor=SYSTEM)


def lapse(shop: Shop) -> None:
    with clock.travel(7200):
        shop.stripe.advance(7200)
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
        worlds.drain()


def test_names_that_were_typed_into_an_order_that_came_to_nothing_go_with_who_typed_them(
    shop: Shop, frank: Client
) -> None:
    order = ordered(shop)
    lapse(shop)
    erase(shop, frank)
    left = families.reread(shop, order)
    assert left.status == "void"
    assert all(not each["name"] and not each["email"] for each in left.beneficiaries)
    assert left.agreed["browser"] == ""
    assert [each["units"] for each in left.beneficiaries] == [10] * 5, "what it was for stays"


def test_who_was_only_named_by_somebody_else_is_named_no_more(shop: Shop) -> None:
    order = ordered(shop)
    lapse(shop)
    mia = people.client(shop.tenant, name="Mia Falk", email="mia@example.com")
    erase(shop, mia)
    names = [each["name"] for each in families.reread(shop, order).beneficiaries]
    assert "Mia Falk" not in names
    assert "Tom Falk" in names


def test_what_programs_were_told_is_gone(shop: Shop) -> None:
    cleo = people.client(shop.tenant)
    body = f'{{"client": "{cleo.pk}", "name": "Cleo Bright"}}'
    with tenant_context(shop.tenant), transaction.atomic():
        event = events.record(
            kind="client.added", subject_id=cleo.pk, client_id=cleo.pk, actor=SYSTEM, now=clock.now()
        )
        endpoint = WebhookEndpoint.objects.create(url="https://a.example/", secret="", made_by="1")
        sent = WebhookDelivery.objects.create(
            endpoint=endpoint,
            event_id=event.pk,
            kind="client.added",
            subject_id=cleo.pk,
            at=clock.now(),
            body=body,
            due_at=clock.now(),
        )
        answer = ApiRequest.objects.create(asked_by="key", digest="d", status=200, body=body)
        other = ApiRequest.objects.create(asked_by="key", digest="e", status=200, body=str(uuid7()))
    erase(shop, cleo)
    with tenant_context(shop.tenant):
        for row in (sent, answer, other):
            row.refresh_from_db()
    assert (sent.body, sent.status, answer.body) == ("", "given_up", "")
    assert other.body
