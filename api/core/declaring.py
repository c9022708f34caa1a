"""Declaring what an address does: one line from which it is guarded, answered, written down and tested."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest

from api.core.fields import PageAsked, Shown, Taken
from api.core.pages import Asked
from api.core.problems import Kind
from kit.actors import Actor
from tenants.integrations.keys import Caller
from tenants.integrations.scopes import SCOPES

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address needs, takes and gives."""

    scope: str
    summary: str
    gives: type[Shown]
    takes: type[Taken] | None = None
    is_write: bool = False
    is_page: bool = False
    status: int = 200
    needs_match: bool = False
    is_repeatable: bool = False
    problems: tuple[Kind, ...] = ()
    example: Mapping[str, Any] | None = None
    answer_example: Mapping[str, Any] | None = None
    description: str = ""


@dataclass(slots=True)
class Call:
    """A request that was let in: who asks, what was said, and when."""

    request: HttpRequest
    caller: Caller
    version: str
    now: datetime
    said: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    prepared: Any = None

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def shows_money(self) -> bool:
        return "billing:read" in self.caller.scopes

    @property
    def page(self) -> Asked:
        return Asked(self.said["limit"], self.said["cursor"])


def reads(
    scope: str,
    *,
    gives: type[Shown],
    summary: str,
    asks: type[Taken] | None = None,
    page: bool = False,
    problems: tuple[Kind, ...] = (),
    example: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    description: str = "",
) -> Callable[[Handler], Handler]:
    """Mark a GET. `asks` are its query parameters; a `page` has `limit` and `cursor` besides, and its handler
    answers with `pages.page_of`. `example` are parameters, `answer` an example of one thing that it gives."""
    if page and asks is None:
        asks = PageAsked
    return _marked(
        Operation(
            scope=scope,
            summary=summary,
            gives=gives,
            takes=asks,
            is_page=page,
            problems=problems,
            example=example,
            answer_example=answer,
            description=description,
        )
    )


def writes(
    scope: str,
    *,
    gives: type[Shown],
    summary: str,
    takes: type[Taken] | None = None,
    status: int = 200,
    needs_match: bool = False,
    is_repeatable: bool = False,
    problems: tuple[Kind, ...] = (),
    example: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    description: str = "",
) -> Callable[[Handler], Handler]:
    """Mark a POST, PATCH or DELETE: it needs an Idempotency-Key, and calls one use case.

    `needs_match`: only in the state that was read (If-Match). `is_repeatable`: the use case itself has one
    effect if it is called twice with the same values, so that what broke off may be done again.
    """
    return _marked(
        Operation(
            scope=scope,
            summary=summary,
            gives=gives,
            takes=takes,
            is_write=True,
            status=status,
            needs_match=needs_match,
            is_repeatable=is_repeatable,
            problems=problems,
            example=example,
            answer_example=answer,
            description=description,
        )
    )


def _marked(operation: Operation) -> Callable[[Handler], Handler]:
    if operation.scope not in SCOPES:
        raise ValueError(f"There is no scope {operation.scope}.")

    def mark(handler: Handler) -> Handler:
        handler.operation = operation  # type: ignore[attr-defined]
        return handler

    return mark


def operation_of(view: Any, method: str) -> Operation | None:
    """What was declared of a method of an address; None where there is no such method."""
    handler = getattr(view, method.lower(), None)
    return getattr(handler, "operation", None)
