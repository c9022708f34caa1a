"""The simulator's honesty: it neither takes nor gives what the SDK's types do not know. No server needed."""

from typing import Any

import pytest

from connect.simulator import forms, rendering, schemas
from connect.simulator.rendering import WrongShape

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
