"""The same key, the same answer: also when the answer was lost, or was a fault."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from connect.simulator.client import Simulator
from tests.stripe_contract.target import Stripe, account_params, new_account, unique

Make = Callable[..., Any]
DAY = 24 * 3600


def test_the_same_key_gives_the_same_page(api: Stripe, checkout_params: Make) -> None:
    params, options = checkout_params(), api.own(idempotency_key=unique())
    first = api.v1.checkout.sessions.create(params, options)
    again = api.v1.checkout.sessions.create(params, options)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_other_parameters_is_an_error(api: Stripe, checkout_params: Make) -> None:
    params, options = checkout_params(), api.own(idempotency_key=unique())
    api.v1.checkout.sessions.create(params, options)
    with pytest.raises(stripe.IdempotencyError):
        api.v1.checkout.sessions.create({**params, "expires_at": params["expires_at"] + 1}, options)


def test_a_refused_request_is_refused_again_under_its_key(
    api: Stripe, simulator: Simulator, authorised: Make
) -> None:
    intent, key = authorised(), unique()
    simulator.fail_next("/capture$", "refused", code="card_declined")
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            api.v1.payment_intents.capture(intent.id, None, api.own(idempotency_key=key))
    captured = api.v1.payment_intents.capture(intent.id, None, api.own(idempotency_key=unique()))
    assert captured.status == "succeeded"


def test_parameters_that_were_never_worked_on_do_not_use_up_a_key(api: Stripe, checkout_params: Make) -> None:
    options = api.own(idempotency_key=unique())
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.create(checkout_params(sucess_url="x"), options)
    assert api.v1.checkout.sessions.create(checkout_params(), options).status == "open"


def test_a_lost_answer_is_given_again(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent, options = authorised(), api.own(idempotency_key=unique())
    simulator.fail_next("/capture$", "lost")
    with pytest.raises(stripe.APIConnectionError):
        api.v1.payment_intents.capture(intent.id, None, options)
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == "succeeded"
    assert api.v1.payment_intents.capture(intent.id, None, options).status == "succeeded"


@pytest.mark.parametrize(("kind", "status"), [("500", "requires_capture"), ("500_after", "succeeded")])
def test_a_fault_is_replayed_whether_or_not_it_happened(
    api: Stripe, simulator: Simulator, authorised: Make, kind: str, status: str
) -> None:
    intent, options = authorised(), api.own(idempotency_key=unique())
    simulator.fail_next("/capture$", kind)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            api.v1.payment_intents.capture(intent.id, None, options)
    assert api.v1.payment_intents.retrieve(intent.id, None, api.own()).status == status


def test_too_many_requests_use_up_no_key(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent, options = authorised(), api.own(idempotency_key=unique())
    simulator.fail_next("/capture$", "429")
    with pytest.raises(stripe.RateLimitError):
        api.v1.payment_intents.capture(intent.id, None, options)
    assert api.v1.payment_intents.capture(intent.id, None, options).status == "succeeded"


def test_a_key_in_use_is_a_conflict(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    intent, key = authorised(), unique()
    simulator.fail_next("/capture$", "slow", seconds=1)

    def capture(_: int) -> str:
        try:
            options = api.own(idempotency_key=key)
            return api.v1.payment_intents.capture(intent.id, None, options).status
        except stripe.APIError as error:
            return str(error.http_status)

    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(capture, range(2))) == {"succeeded", "409"}


def test_a_key_is_forgotten_after_a_day(api: Stripe, simulator: Simulator, checkout_params: Make) -> None:
    options = api.own(idempotency_key=unique())
    first = api.v1.checkout.sessions.create(checkout_params(), options)
    simulator.advance(DAY + 1)
    assert api.v1.checkout.sessions.create(checkout_params(), options).id != first.id


def test_a_key_belongs_to_its_account(api: Stripe, simulator: Simulator, checkout_params: Make) -> None:
    other, key, params = new_account(api.client), unique(), checkout_params()
    simulator.activate(other)
    first = api.v1.checkout.sessions.create(params, api.own(idempotency_key=key))
    options = {"stripe_account": other, "idempotency_key": key}
    assert api.v1.checkout.sessions.create(params, options).id != first.id


def test_a_failed_v2_request_is_worked_on_again_under_its_key(api: Stripe, simulator: Simulator) -> None:
    options = {"idempotency_key": unique()}
    simulator.fail_next("/v2/core/accounts$", "500")
    with pytest.raises(stripe.APIError):
        api.v2.core.accounts.create(account_params(), options)
    assert api.v2.core.accounts.create(account_params(), options).id.startswith("acct_")
