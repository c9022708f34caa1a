"""What nobody waits for is done when the answer has gone."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kit.requests import RequestLog, after_answer


def answered(view: object) -> HttpResponse:
    response = RequestLog(view)(RequestFactory().get("/"))  # type: ignore[arg-type]
    assert isinstance(response, HttpResponse)
    return response


def test_it_waits_until_the_server_has_sent_the_answer() -> None:
    done: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        after_answer(lambda: done.append("first"))
        after_answer(lambda: done.append("second"))
        return HttpResponse()

    response = answered(view)
    assert done == []
    response.close()
    assert done == ["first", "second"]


def test_outside_of_a_request_it_is_done_at_once() -> None:
    answered(lambda request: HttpResponse()).close()
    done: list[str] = []
    after_answer(lambda: done.append("at once"))
    assert done == ["at once"]


def test_after_a_request_that_failed_the_next_work_waits_for_none() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        answered(view)
    done: list[str] = []
    after_answer(lambda: done.append("at once"))
    assert done == ["at once"]
