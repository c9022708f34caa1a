"""The policy's header is the one that django-csp would compose, whatever a view says of it."""

from collections.abc import Callable
from typing import Any

import pytest
from csp.constants import HEADER
from csp.decorators import csp_exempt, csp_replace, csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kit.content_policy import ContentPolicy

View = Callable[..., HttpResponse]


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def own(request: HttpRequest) -> HttpResponse:
    return HttpResponse("", headers={HEADER: "default-src 'none'"})


def with_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


def said(middleware: type[CSPMiddleware], view: View) -> set[str] | None:
    # A view's decorators see every request that comes, as in life: the second must not hear of the first.
    answers = [middleware(view)(RequestFactory().get("/")) for view in (view, plain, view)]
    header = answers[-1].headers.get(HEADER)
    return header and set(header.split("; "))


@pytest.mark.parametrize(
    "view",
    [
        plain,
        own,
        with_nonce,
        csp_exempt()(plain),
        csp_update({"form-action": ["https://coach.example"]})(plain),
        csp_replace({"frame-ancestors": ["https://blog.example"]})(plain),
    ],
    ids=["usual", "its own", "nonce", "none", "more", "other"],
)
def test_it_is_what_django_csp_says(view: View) -> None:
    assert said(ContentPolicy, view) == said(CSPMiddleware, view)


def test_the_usual_one_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[int] = []
    monkeypatch.setattr("kit.content_policy.build_policy", lambda: composed.append(1) or "default-src 'none'")
    guarded = ContentPolicy(plain)
    assert {guarded(RequestFactory().get("/"))[HEADER] for _ in range(3)} == {"default-src 'none'"}
    assert composed == [1]
