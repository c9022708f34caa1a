"""The steps of the set-up that are one tap: agreeing to what is proposed, and having shared the link."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from tenants.dashboard.desk import desk_of
from tenants.offers.practice import change_practice


@require_POST
def agree_hours(request: HttpRequest, slug: str) -> HttpResponse:
    return _agree(request, "hours_agreed_at")


@require_POST
def agree_policy(request: HttpRequest, slug: str) -> HttpResponse:
    return _agree(request, "policy_agreed_at")


@require_POST
def link_shared(request: HttpRequest, slug: str) -> HttpResponse:
    return _agree(request, "link_shared_at")


def _agree(request: HttpRequest, to: str) -> HttpResponse:
    desk = desk_of(request)
    change_practice(now=desk.now, **{to: desk.now})
    return desk.go_back("today")
