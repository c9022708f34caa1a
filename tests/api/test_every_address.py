"""What holds for every address of the API, found by walking its URL files: nobody can forget one."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django_tenants.utils import tenant_context

from api.core.declaring import Operation, operation_of
from api.core.problems import every_kind
from tenants.integrations import requests
from tenants.integrations.models import ApiRequest
from tenants.integrations.scopes import SCOPES
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests.api.conftest import MakeProgram
from tests.api.writes import WRITES, sent
from tests.architecture import routes
from tests.worlds import Shop

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Address(NamedTuple):
    """One method of one address."""

    name: str
    method: str
    pattern: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"

    @property
    def path(self) -> str:
        """With ids of nothing."""
        return "/" + re.sub(r"<\w+:\w+>", lambda _found: str(uuid4()), self.pattern)


def addresses() -> Iterator[Address]:
    for route in routes.of_programs():
        view: Any = getattr(route.view, "view_class", None)
        for method in METHODS:
            if (operation := operation_of(view, method)) is not None:
                yield Address(route.name, method, route.pattern, operation)


ALL = list(addresses())
WRITTEN = [each for each in ALL if each.operation.is_write]
each_address = pytest.mark.parametrize("address", ALL, ids=str)
each_write = pytest.mark.parametrize("address", WRITTEN, ids=str)


def test_every_write_says_in_its_line_how_it_is_asked() -> None:
    assert len(ALL) >= 14
    assert {(each.name, each.method) for each in WRITTEN} == set(WRITES)


def test_only_reads_are_gets() -> None:
    assert {each.method for each in ALL if not each.operation.is_write} == {"GET"}
    assert "GET" not in {each.method for each in WRITTEN}


def problem(answer: Any) -> str:
    """Its code; fails unless it is a whole problem."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    said = answer.json()
    kinds = {kind.code: kind for kind in every_kind()}
    kind = kinds[said["code"]]
    assert (said["status"], said["title"], said["type"]) == (answer.status_code, kind.title, kind.type)
    assert said["status"] == kind.status
    assert said["detail"][-1] == "."
    assert said["request_id"] == answer.headers["X-Request-Id"]
    return str(said["code"])


@each_address
def test_without_a_key_nothing_opens(address: Address, anna: Tenant, program: MakeProgram) -> None:
    nobody = program(anna)
    for secret in ("", "x", "upfk_abcdefgh_" + "a" * 43, nobody.secret + "a", "Ä", "a\tb"):
        nobody.headers = {"Authorization": f"Bearer {secret}".strip()}
        answer = nobody.ask(address.method, address.path)
        assert problem(answer) == "unauthenticated", secret
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@each_address
def test_the_key_of_another_practice_opens_nothing(
    address: Address, anna: Tenant, ben: Tenant, program: MakeProgram
) -> None:
    bens = program(ben)
    bens.tenant = anna
    assert problem(bens.ask(address.method, address.path)) == "unauthenticated"


@each_address
def test_the_scope_is_needed_and_no_other_will_do(
    address: Address, anna: Tenant, program: MakeProgram
) -> None:
    others = program(anna, [scope for scope in SCOPES if scope != address.operation.scope])
    answer = others.ask(address.method, address.path)
    assert problem(answer) == "scope-missing"
    assert answer.json()["scope"] == address.operation.scope
    only = program(anna, [address.operation.scope])
    assert only.ask(address.method, address.path).status_code not in (401, 403)


@each_address
def test_ids_of_nothing_find_nothing(address: Address, shop: Shop, program: MakeProgram) -> None:
    if "<" not in address.pattern:
        return
    body = WRITES[address.name, address.method](shop).body if address.operation.is_write else None
    answer = program(shop.tenant).ask(address.method, address.path, body, match="*")
    assert problem(answer) == "not-found"


@each_address
def test_ids_of_another_practice_find_nothing(
    address: Address, ben: Tenant, shop: Shop, program: MakeProgram
) -> None:
    if "<" not in address.pattern or not address.operation.is_write:
        return
    ask = WRITES[address.name, address.method](shop)
    with tenant_context(shop.tenant):
        before = ask.counts()
    assert problem(sent(program(ben), address.method, ask)) == "not-found"
    with tenant_context(shop.tenant):
        assert ask.counts() == before


@each_write
def test_a_write_without_a_key_of_its_own_is_refused(
    address: Address, shop: Shop, program: MakeProgram
) -> None:
    ask, asks = WRITES[address.name, address.method](shop), program(shop.tenant)
    with tenant_context(shop.tenant):
        before = ask.counts()
    for key in ("", "two words", "x" * 201):
        assert problem(sent(asks, address.method, ask, key=key)) == "idempotency-key-missing"
    with tenant_context(shop.tenant):
        assert ask.counts() == before


@each_write
def test_a_write_that_needs_a_state_is_refused_without_and_with_another(
    address: Address, shop: Shop, program: MakeProgram
) -> None:
    if not address.operation.needs_match:
        return
    ask, asks = WRITES[address.name, address.method](shop), program(shop.tenant)
    with tenant_context(shop.tenant):
        before = ask.counts()
    path = f"/api/v1/{ask.path}"
    assert problem(asks.ask(address.method, path, ask.body)) == "if-match-missing"
    refused = asks.ask(address.method, path, ask.body, match='"of yesterday"', key="k")
    assert problem(refused) == "changed"
    with tenant_context(shop.tenant):
        assert ask.counts() == before
    # The state that it is in is told, and the same key is free again.
    assert asks.ask(address.method, path, ask.body, match=refused.headers["ETag"], key="k").status_code < 300


@each_write
def test_a_write_sent_twice_has_one_effect_and_one_answer(
    address: Address, shop: Shop, program: MakeProgram
) -> None:
    ask, asks = WRITES[address.name, address.method](shop), program(shop.tenant)
    with tenant_context(shop.tenant):
        before = ask.counts()
    first = sent(asks, address.method, ask, key="k")
    assert first.status_code == address.operation.status
    with tenant_context(shop.tenant):
        after = ask.counts()
    assert after != before
    again = sent(asks, address.method, ask, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    with tenant_context(shop.tenant):
        assert ask.counts() == after
    assert problem(asks.ask(address.method, f"/api/v1/{ask.path}", {"other": 1}, match="*", key="k")) == (
        "idempotency-key-reused"
    )


@each_write
def test_a_write_sent_by_many_at_once_has_one_effect(
    address: Address, shop: Shop, program: MakeProgram
) -> None:
    ask, asks = WRITES[address.name, address.method](shop), program(shop.tenant)
    with tenant_context(shop.tenant):
        before = ask.counts()
    answers = at_once(4, lambda: sent(asks, address.method, ask, key="k"))
    assert {each.status_code for each in answers} == {address.operation.status}, [e.content for e in answers]
    assert len({each.content for each in answers}) == 1
    with tenant_context(shop.tenant):
        once = ask.counts()
        assert once != before
        assert ApiRequest.objects.count() == 1
    assert sent(asks, address.method, ask, key="k").content == answers[0].content
    with tenant_context(shop.tenant):
        assert ask.counts() == once


def test_without_the_claim_many_at_once_have_many_effects(
    shop: Shop, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the record in the use case's own transaction is for: looking first is not enough."""
    ask, asks = WRITES["api_hold_renewal", "POST"](shop), program(shop.tenant)
    monkeypatch.setattr("tenants.integrations.requests.beginning_with", lambda _step: nullcontext())
    looked, looks, look = Barrier(2), iter(range(100)), requests.earlier

    def looking_together(**asked: Any) -> ApiRequest | None:
        """Both have looked before one of them acts."""
        found = look(**asked)
        if next(looks) < 2:
            looked.wait()
        return found

    monkeypatch.setattr("tenants.integrations.requests.earlier", looking_together)
    at_once(2, lambda: sent(asks, "POST", ask, key="k"))
    with tenant_context(shop.tenant):
        assert Booking.objects.get().renewals == 2


@each_write
def test_a_write_whose_answer_was_lost_is_answered_by_what_it_came_to(
    address: Address, shop: Shop, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the effect and the answer."""
    ask, asks = WRITES[address.name, address.method](shop), program(shop.tenant)
    with monkeypatch.context() as patched:
        patched.setattr("tenants.integrations.requests.answered", _dies)
        assert problem(sent(asks, address.method, ask, key="k")) == "our-fault"
    with tenant_context(shop.tenant):
        after = ask.counts()
        waiting = ApiRequest.objects.get()
        assert waiting.status <= 0
        _abandon(waiting)
    answer = sent(asks, address.method, ask, key="k")
    assert answer.status_code == address.operation.status, answer.content
    with tenant_context(shop.tenant):
        assert ask.counts() == after
    assert sent(asks, address.method, ask, key="k").content == answer.content


def _dies(*_: object, **__: object) -> None:
    raise RuntimeError("the machine is gone")


def _abandon(row: ApiRequest) -> None:
    with transaction.atomic():
        ApiRequest.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(minutes=2))


def at_once(many: int, do: Callable[[], Any]) -> list[Any]:
    """The same by several threads that begin together."""
    ready = Barrier(many)

    def one(_number: int) -> Any:
        ready.wait()
        try:
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))
