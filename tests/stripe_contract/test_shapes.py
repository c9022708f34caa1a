"""The simulator's honesty: it neither takes nor gives what the SDK's types do not know. No server needed."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from connect.simulator import (
    authorisations,
    disputes,
    fitting,
    forms,
    intents,
    methods,
    payouts,
    refunds,
    rendering,
    schemas,
)
from connect.simulator.cards import CARDS
from connect.simulator.rendering import WrongShape
from connect.simulator.store import Store
from connect.simulator.world import Config, World

CUSTOMER: dict[str, Any] = {
    "id": "cus_1",
    "object": "customer",
    "created": 1,
    "livemode": False,
    "email": "payer@example.com",
}
PAGE = "stripe.params.checkout._session_create_params.SessionCreateParams"


def typed_form(text: str) -> Any:
    return forms.typed(forms.decode(text), schemas.schema(PAGE), schemas.schema(PAGE))


def test_an_answer_has_null_for_what_is_not_set_and_nothing_of_ours() -> None:
    said = rendering.render({**CUSTOMER, "_secret": 1})
    assert (said["email"], said["phone"]) == ("payer@example.com", None)
    assert "_secret" not in said
    assert "deleted" not in said


@pytest.mark.parametrize(
    "change",
    [{"emial": "x"}, {"created": "yesterday"}, {"livemode": None}, {"tax_exempt": "perhaps"}],
    ids=["misspelt", "wrong type", "null", "not one of the known words"],
)
def test_an_answer_that_stripe_would_not_give_is_a_fault(change: Any) -> None:
    with pytest.raises(WrongShape):
        rendering.render({**CUSTOMER, **change})


def test_texts_of_a_form_get_their_types() -> None:
    typed = typed_form(
        "mode=payment&expires_at=12&adaptive_pricing[enabled]=false&metadata[n]=12&expand[0]=line_items"
        "&line_items[0][quantity]=2&line_items[0][price_data][currency]=usd"
    )
    assert typed == {
        "mode": "payment",
        "expires_at": 12,
        "adaptive_pricing": {"enabled": False},
        "metadata": {"n": "12"},
        "expand": ["line_items"],
        "line_items": [{"quantity": 2, "price_data": {"currency": "usd"}}],
    }


def test_a_list_of_ten_and_more_keeps_its_order() -> None:
    text = "&".join(f"expand[{place}]=part{place}" for place in range(12))
    assert forms.decode(text)["expand"] == [f"part{place}" for place in range(12)]


@pytest.mark.parametrize(
    "text",
    [
        "expires_at=soon",
        "mode=gift",
        "line_items=x",
        "payment_method_types[0]=card",
        "adaptive_pricing[enabled]=perhaps",
        "line_items[0][price_data][unit_amount]=4500",
    ],
)
def test_a_wrong_request_does_not_fit(text: str) -> None:
    assert list(schemas.validator(PAGE).iter_errors(typed_form(text)))


def test_the_sdks_own_options_are_no_parameters() -> None:
    root = schemas.schema(PAGE)
    names = schemas.resolve(root, root)["properties"]
    assert "success_url" in names
    assert not {"api_key", "stripe_account", "idempotency_key"} & set(names)


# --- the quick look, which only the full validator may overrule ----------------------------------------


def life() -> list[dict[str, Any]]:
    """One object of many kinds, as the simulator makes them."""
    world = World(Store(":memory:"), Config(base_url="http://localhost:9", settle_seconds=0))
    account = {"id": "acct_1", "object": "v2.core.account", "identity": {"country": "us"}, "closed": False}
    world.store.add(account, account="")
    made = [methods.new(world, CARDS[0], account="acct_1")]
    intent = intents.new(world, {"amount": 4500, "currency": "usd"}, account="acct_1")
    authorisations.try_method(world, intent, made[0])
    charge = world.store.find(intent["latest_charge"]) or {}
    refund = refunds.make(world, charge, 1000)
    dispute = disputes.open_for(world, charge, kind="chargeback")
    with world.store.at(world.store.now() + 10 * 24 * 3600):
        world.store.sql("UPDATE ledger SET net = 9000")
        payout = payouts.make_by_hand(world, "acct_1", amount=1, currency="usd", method="standard")
    entry = world.store.find(charge["balance_transaction"]) or {}
    return [*made, intent, charge, refund, dispute, payout, entry]


def changed(document: Any) -> Iterator[Any]:
    """The same document with one thing wrong in it, everywhere and in many ways."""
    for name, value in list(document.items()):
        for wrong in (None, True, 1, 1.5, "x", [], {}, [1], {"x": 1}):
            yield {**document, name: wrong}
        yield {other: kept for other, kept in document.items() if other != name}
        if isinstance(value, dict):
            for inner in changed(value):
                yield {**document, name: inner}
    yield {**document, "unheard_of": 1}


@pytest.mark.parametrize("document", life(), ids=lambda document: document["object"])
def test_the_quick_look_passes_nothing_that_the_validator_refuses(document: Any) -> None:
    said = rendering.render(copy.deepcopy(document))
    path = rendering.SDK_TYPES[document["object"]]
    fits, full = fitting.fits(path), schemas.validator(path)
    assert fits(said)
    refused = 0
    for other in changed(said):
        passes = fits(other)
        assert not passes or full.is_valid(other), other
        refused += not passes
    assert refused > 100


def test_the_quick_look_at_a_request_is_as_strict() -> None:
    good = typed_form(
        "mode=payment&expires_at=12&adaptive_pricing[enabled]=false&metadata[n]=12&expand[0]=line_items"
        "&line_items[0][quantity]=2&line_items[0][price_data][currency]=usd"
        "&line_items[0][price_data][product_data][name]=x"
    )
    fits, full = fitting.fits(PAGE), schemas.validator(PAGE)
    assert fits(good)
    assert all(full.is_valid(other) for other in changed(good) if fits(other))


def test_what_is_not_understood_is_left_to_the_validator() -> None:
    compiler = fitting._Compiler({})
    assert not compiler.of({"type": "string", "minLength": 1})("x")
    assert compiler.of({"type": "string"})("x")
