"""An address of the API: who comes in, what is checked in which order, and how it is answered."""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Final

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from api.core import etags, problems, quotas, writing
from api.core.authentication import caller_of
from api.core.bodies import checked, digest_of, json_of, words_of
from api.core.declaring import Call, Operation, operation_of
from api.core.openapi import Schema
from api.core.problems import Problem
from api.core.versions import HEADER, version_of
from api.core.writing import Answer, Write
from kit.clock import now
from tenants.integrations.scopes import SCOPES

log = structlog.get_logger()

METHODS: Final = ("get", "post", "patch", "put", "delete")


class Resource(APIView):
    """One address. Each method is a handler marked with `reads` or `writes`, and calls one use case.

    `found` reads what an id names; raise `missing()` where there is nothing. It is what a repeated write is
    answered with, and what If-Match is held against; `lock` keeps that as it is for the transaction.
    """

    schema: ClassVar[Any] = Schema()
    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = []
    renderer_classes: ClassVar[list[Any]] = [JSONRenderer]
    parser_classes: ClassVar[list[Any]] = [JSONParser]
    throttle_classes: ClassVar[list[Any]] = []
    # Of the path: the id of what this address is about, if it is about one thing.
    named: ClassVar[str] = ""

    def found(self, subject_id: uuid.UUID) -> Any:
        """What the id names, as the shapes read it."""
        raise NotImplementedError

    def lock(self, subject_id: uuid.UUID) -> None:
        """Step: nobody changes it until the transaction ends. Raises `missing()`."""
        raise NotImplementedError

    def prepare(self, call: Call, operation: Operation) -> uuid.UUID | None:
        """What comes before the claim, is safe to repeat, and is of no effect by itself: what it is about."""
        return None

    def undo(self, call: Call, subject_id: uuid.UUID | None) -> None:
        """Take back what was prepared, for the rest was refused."""

    def dispatch(self, request: HttpRequest, *_: Any, **path: Any) -> HttpResponseBase:
        headers: dict[str, str] = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
        try:
            response = self._answered(request, path, headers)
        except Problem as problem:
            response = problems.answer(problem)
        except Exception:
            log.exception("api request failed", route=request.resolver_match and request.resolver_match.route)
            response = problems.answer(Problem(problems.OUR_FAULT, OUR_FAULT))
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    def _answered(
        self, request: HttpRequest, path: Mapping[str, Any], headers: dict[str, str]
    ) -> HttpResponse:
        caller = caller_of(request, now=now())
        headers |= quotas.spent(caller)
        version = version_of(request, caller)
        headers[HEADER] = version
        operation = self._operation(request)
        if operation.scope not in caller.scopes:
            raise Problem(
                problems.SCOPE_MISSING,
                f"This needs the scope {operation.scope} ({SCOPES[operation.scope]}) "
                "Nothing was done: ask the coach for a key that has it.",
                scope=operation.scope,
            )
        call = Call(request=request, caller=caller, version=version, now=now())
        work = self._write if operation.is_write else self._read
        return work(call, operation, path)

    def _operation(self, request: HttpRequest) -> Operation:
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        operation = operation_of(self, method) if method in METHODS else None
        if operation is None:
            allowed = [each.upper() for each in METHODS if operation_of(self, each)]
            raise Problem(
                problems.METHOD_NOT_ALLOWED,
                f"This address can be asked: {', '.join(allowed)}.",
                headers={"Allow": ", ".join(allowed)},
            )
        return operation

    def _read(self, call: Call, operation: Operation, path: Mapping[str, Any]) -> HttpResponse:
        call.said = checked(words_of(call.request), operation.takes)
        answer = self._shown(call, operation, self.get(call, **path))
        if etags.is_known(call.request, answer.headers["ETag"]):
            return HttpResponse(status=304, headers=answer.headers)
        return answer.sent()

    def _write(self, call: Call, operation: Operation, path: Mapping[str, Any]) -> HttpResponse:
        call.key = writing.key_of(call.request)
        said = json_of(call.request)
        subject_id: Any = path.get(self.named)
        if operation.needs_match:
            etags.require_said(call.request)
        handler: Callable[..., Any] = getattr(self, str(call.request.method).lower())

        def prepare() -> Any:
            call.said = checked(said, operation.takes)
            return self.prepare(call, operation) or subject_id

        def run() -> Answer:
            return self._shown(call, operation, handler(call, **path))

        def again(noted: uuid.UUID) -> Answer:
            return self._shown(call, operation, self.found(noted))

        return writing.carried_out(
            Write(
                call=call,
                operation=operation,
                digest=digest_of(call.request, said),
                run=run,
                again=again,
                prepare=prepare,
                undo=partial(self.undo, call),
                guard=partial(self._guard, call, operation, subject_id) if operation.needs_match else None,
            )
        )

    def _guard(self, call: Call, operation: Operation, subject_id: uuid.UUID) -> None:
        """Step: raise Problem unless it is as it was read, and keep it so."""
        self.lock(subject_id)
        etags.require_match(
            call.request, self._shown(call, operation, self.found(subject_id)).headers["ETag"]
        )

    def _shown(self, call: Call, operation: Operation, given: Any) -> Answer:
        context = {"shows_money": call.shows_money, "call": call}

        def show(row: Any) -> Any:
            return operation.gives(row, context=context).data

        is_page = operation.is_page
        shown = {**given, "data": [show(row) for row in given["data"]]} if is_page else show(given)
        body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), cls=JSONRenderer.encoder_class)
        return Answer(operation.status, body, {"ETag": etags.etag_of(body)})


OUR_FAULT = (
    "Something broke on our side, and we were told. A write may be sent again with the same Idempotency-Key: "
    "it is done once. If it goes on, write to us and name the request_id."
)


def missing() -> Problem:
    return Problem(problems.NOT_FOUND, "There is nothing under this address in this practice.")


class Nothing(Resource):
    """Every address that there is not."""

    schema: ClassVar[Any] = None

    def _operation(self, request: HttpRequest) -> Operation:
        raise missing()
