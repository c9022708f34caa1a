"""Views of what a secret link opens: the link is the authority, and one that opens nothing is told so."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse

from kit.signed_links import BadLink
from public_pages.booking.coach import coach_of, not_here

P = ParamSpec("P")
F = TypeVar("F")
View = Callable[..., HttpResponse]


def opened_by_link(
    parameter: str, find: Callable[[HttpRequest, str], F], bad_template: str
) -> Callable[[Callable[Concatenate[HttpRequest, F, P], HttpResponse]], View]:
    """A decorator: the view is handed what `find` opens by the address's `parameter`, else a page says why.

    `find` raises `kit.signed_links.BadLink` where the link opens nothing, which is answered with 404.
    """

    def by_its_link(view: Callable[Concatenate[HttpRequest, F, P], HttpResponse]) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            try:
                found = find(request, named.pop(parameter))
            except BadLink:
                return not_here(request, coach_of(request), bad_template)
            return view(request, found, *args, **named)

        return opened

    return by_its_link
