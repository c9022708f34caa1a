"""Webhooks over the API: whose they are, and what nobody gets by way of them."""

from datetime import timedelta
from typing import Any

from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from tenants.integrations import endpoints
from tenants.integrations.models import ApiRequest, WebhookEndpoint
from tenants.integrations.sealing import opened
from tests.api import writes
from tests.api.conftest import MakeProgram
from tests.api.writes import SECRET
from tests.worlds import Shop

PATH = "/api/v1/webhook-endpoints"
NEW = {"url": "https://books.example.com/", "secret": SECRET}


def problem(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2].rpartition("#")[2])


def test_a_program_brings_its_own_secret_and_no_answer_shows_it(shop: Shop, program: MakeProgram) -> None:
    asks = program(shop.tenant)
    made = asks.post(PATH, NEW)
    assert made.status_code == 201, made.content
    with tenant_context(shop.tenant):
        assert opened(WebhookEndpoint.objects.get().secret) == SECRET
        kept = "".join(ApiRequest.objects.values_list("body", flat=True))
    shown = made.content.decode() + asks.get(PATH).content.decode() + kept
    assert SECRET not in shown


def test_what_another_program_has_made_is_hidden(shop: Shop, program: MakeProgram) -> None:
    mine = program(shop.tenant).post(PATH, NEW).json()["id"]
    other = program(shop.tenant)
    assert other.get(PATH).json()["data"] == []
    assert other.get(f"{PATH}/{mine}").status_code == 404
    assert other.get(f"{PATH}/{mine}/deliveries").status_code == 404
    assert other.ask("PUT", f"{PATH}/{mine}/state", {"is_on": False}).status_code == 404
    assert other.ask("PUT", f"{PATH}/{mine}/secret", {"secret": SECRET}).status_code == 404
    assert other.post(f"{PATH}/{mine}/test").status_code == 404
    with tenant_context(shop.tenant):
        assert endpoints.found(mine).off_at is None


def test_who_may_not_see_money_has_it_sent_nowhere(shop: Shop, program: MakeProgram) -> None:
    asks = program(shop.tenant, ["webhooks:write"])
    assert problem(asks.post(PATH, {**NEW, "shows_money": True})) == "scope-missing"
    with tenant_context(shop.tenant):
        shows = endpoints.make(
            url=NEW["url"], name="", kinds="", shows_money=True, now=clock.now(), actor=SYSTEM
        )
    other = {"url": "https://elsewhere.example.com/"}
    refused = asks.ask("PUT", f"{PATH}/{shows.pk}", other, match="*")
    assert (refused.status_code, problem(refused)) == (403, "scope-missing")
    assert asks.ask("PUT", f"{PATH}/{shows.pk}/secret", {"secret": SECRET}).status_code == 403
    with tenant_context(shop.tenant):
        assert endpoints.found(shows.pk).url == NEW["url"]


def test_what_cannot_be_sent_to_is_refused_in_words(shop: Shop, program: MakeProgram) -> None:
    asks = program(shop.tenant)
    for wrong in ({"url": "https://10.0.0.1/"}, {"kinds": "booking.lost"}, {"secret": "whsec_c2hvcnQ="}):
        answer = asks.post(PATH, {**NEW, **wrong})
        assert (answer.status_code, problem(answer)) == (422, "not-an-endpoint"), wrong
    with tenant_context(shop.tenant):
        assert not WebhookEndpoint.objects.exists()


def test_messages_are_listed_and_sent_again_while_it_is_on(shop: Shop, program: MakeProgram) -> None:
    sent, asks = writes.tested(shop), program(shop.tenant)
    [row] = asks.get(f"{PATH}/{sent.endpoint_id}/deliveries").json()["data"]
    assert (row["kind"], row["status"], row["event_id"]) == ("webhook.tested", "waiting", str(sent.event_id))
    assert asks.post(f"/api/v1/webhook-deliveries/{sent.pk}/replay").status_code == 200
    asks.ask("PUT", f"{PATH}/{sent.endpoint_id}/state", {"is_on": False})
    with clock.travel(timedelta(minutes=2).total_seconds()):
        assert problem(asks.post(f"/api/v1/webhook-deliveries/{sent.pk}/replay")) == "endpoint-off"
