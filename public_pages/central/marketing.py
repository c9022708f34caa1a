"""What the platform says about itself, page by page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from public_pages.central.calculator import percent, terms
from public_pages.central.months import EXAMPLE, MonthForm
from public_pages.central.questions import groups

PAGES = {
    "how_it_works": "How it works",
    "fees": "Fees",
    "compared": "Compared with invoicing",
    "questions": "Questions",
}


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    words: str


def common() -> dict[str, Any]:
    """What every page of these needs: the way to the others, and what a new coach is charged."""
    return {
        "marketing_pages": [Page(reverse(name), words) for name, words in PAGES.items()],
        "terms": terms(),
        "percent": percent(terms().rate_bp),
    }


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    return _page(request, "how_it_works")


@require_safe
def fees(request: HttpRequest) -> HttpResponse:
    """What it costs, with a month of the visitor's own."""
    form = MonthForm(request.GET if "price" in request.GET else EXAMPLE)
    status = 200 if form.is_valid() else 422
    return _page(request, "fees", status=status, form=form, months=form.months)


@require_safe
def compared(request: HttpRequest) -> HttpResponse:
    return _page(request, "compared")


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    return _page(request, "questions", groups=groups())


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"public_pages/central/{name}.html", {**common(), **context}, status=status)
