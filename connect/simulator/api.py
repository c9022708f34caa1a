"""One API request from end to end: who asks, what for, has it been answered before, does it fail to order."""

import json
import secrets
import sys
import traceback
from typing import Any

from connect.simulator import accounts, alarms, fitting, forms, idempotency, rendering, schemas
from connect.simulator.faults import Fault
from connect.simulator.messages import Answer, NoAnswer, Request, as_json
from connect.simulator.refusals import Refusal, invalid, no_access, server_fault
from connect.simulator.routes import Route, route_for
from connect.simulator.store import PLATFORM, Document
from connect.simulator.world import API_VERSION, Call, World

LIVE_KEYS = ("sk_live_", "rk_live_")


def answer(world: World, request: Request) -> Answer:
    request_id = f"req_{secrets.token_hex(7)}"
    try:
        return _answer(world, request, request_id)
    except Refusal as refusal:
        return _said(refusal.status, refusal.body, request_id)


def _answer(world: World, request: Request, request_id: str) -> Answer:
    _check_key(request)
    found = route_for(request.method, request.path)
    if found is None:
        message = f"Unrecognized request URL ({request.method}: {request.path}), or not simulated."
        raise invalid(message, status=404)
    route, ids = found
    account = _account(world, request)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    with idempotency.only_one(account, key):
        kept = idempotency.kept_answer(world.store, request, account, key)
        if kept:
            return _replayed(world, request, kept)
        params = check_params(route, request)
        call = Call(world, account, ids, params, request_id, key)
        fault = world.faults.next_for(request.method, request.path)
        status, content = _carry_out(route, call, request, fault)
    return _said(status, content, request_id)


def _replayed(world: World, request: Request, kept: tuple[int, str, str]) -> Answer:
    status, body, first_id = kept
    fault = world.faults.next_for(request.method, request.path, replay=True)
    if fault and fault.breaks_off():
        raise NoAnswer
    refusal = fault.refusal() if fault else None
    if refusal:
        raise refusal
    return _said(status, json.loads(body), first_id, Idempotent_Replayed="true")


def _carry_out(route: Route, call: Call, request: Request, fault: Fault | None) -> tuple[int, Any]:
    """Work on the request, keep the answer under its key, and let the fault have its way with both."""
    status, content = 0, None
    if fault is None or fault.has_effect:
        status, content = _work(route, call)
    refusal = fault.refusal() if fault else None
    if refusal:
        status, content = refusal.status, refusal.body
    if status and _is_kept(route, status):
        idempotency.keep(
            *(call.store, request, call.account, call.key),
            status=status,
            body=content,
            request_id=call.request_id,
        )
    if fault and fault.breaks_off():
        raise NoAnswer
    return status, content


def _work(route: Route, call: Call) -> tuple[int, Any]:
    """All of it or nothing: an error undoes what the request did, except a bank's refusal."""
    refusal = None
    try:
        with call.store.transaction():
            alarms.catch_up(call.world)
            try:
                said = route.answer(call)
            except Refusal as stopped:
                if not stopped.keeps_effects:
                    raise
                refusal = stopped
            else:
                return 200, rendering.expanded(call.store, said, call.params.get("expand", []))
    except Refusal as stopped:
        refusal = stopped
    except rendering.WrongShape:
        traceback.print_exc(file=sys.stderr)
        refusal = server_fault("The simulator's answer does not have Stripe's shape; see its error output.")
    assert refusal is not None
    return refusal.status, refusal.body


def _is_kept(route: Route, status: int) -> bool:
    """v1 keeps whatever the first try came to; v2 only successes, so that a retry finishes failed work."""
    return status == 200 or (not route.is_v2 and status != 429)


def _said(status: int, content: Any, request_id: str, **headers: str) -> Answer:
    if status >= 500:
        # As Stripe does: another try under the same key would only be given the same answer.
        headers["Stripe_Should_Retry"] = "false"
    return as_json(status, content, Request_Id=request_id, Stripe_Version=API_VERSION, **headers)


def _check_key(request: Request) -> None:
    key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not key:
        raise invalid("You did not provide an API key.", status=401)
    if key.startswith(LIVE_KEYS):
        raise invalid("This is a simulator. It takes no live keys; use a test key.", status=401)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise invalid("Invalid API Key provided.", status=401)


def _account(world: World, request: Request) -> str:
    """The account in whose name the request is made. Raises Refusal (403) when it is not ours to use."""
    context = request.headers.get("Stripe-Context", "").rsplit("/", 1)[-1]
    account_id = request.headers.get("Stripe-Account") or context
    if not account_id:
        return PLATFORM
    account = world.store.find(account_id, account=PLATFORM)
    if account is None or not accounts.is_reachable(account):
        raise no_access(account_id)
    return account_id


def check_params(route: Route, request: Request) -> Document:
    """The request's parameters with their types. Raises Refusal for what the SDK's types do not know."""
    schema = schemas.schema(route.params_type)
    params = _params(request, schema, route)
    if fitting.fits(route.params_type)(params):
        return params
    problem = next(schemas.validator(route.params_type).iter_errors(params), None)
    if problem is not None:
        raise _bad_parameter(problem)
    return params


def _params(request: Request, schema: schemas.Schema, route: Route) -> Document:
    if request.method == "POST" and route.is_v2:
        return json.loads(request.body or b"{}")
    text = request.query if request.method == "GET" else request.body.decode()
    return forms.typed(forms.decode(text), schema, schema)


def _bad_parameter(problem: Any) -> Refusal:
    path = [str(part) for part in problem.absolute_path]
    if problem.validator == "additionalProperties":
        extra = sorted(set(problem.instance) - set(problem.schema["properties"]))[0]
        name = _bracketed([*path, extra])
        return invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    if problem.validator == "required":
        absent = next(name for name in problem.validator_value if name not in problem.instance)
        name = _bracketed([*path, absent])
        return invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    name = _bracketed(path)
    if problem.validator == "type" and problem.validator_value == "integer":
        message = f"Invalid integer: {problem.instance}"
        return invalid(message, code="parameter_invalid_integer", param=name)
    return invalid(f"Invalid {name}: {problem.message}", param=name)


def _bracketed(path: list[str]) -> str:
    return path[0] + "".join(f"[{part}]" for part in path[1:]) if path else "body"
