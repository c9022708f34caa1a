from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ui import specimens
from ui.accents import ACCENTS, stylesheet

THEMES = ("light", "dark")


def components(request: HttpRequest) -> HttpResponse:
    """Every component on one page, in the theme and accent that the address asks for."""
    theme = request.GET.get("theme", "")
    accent = request.GET.get("accent", ACCENTS[0])
    context = {
        **specimens.everything(),
        "theme": theme if theme in THEMES else "",
        "accent": accent if accent in ACCENTS else ACCENTS[0],
    }
    return render(request, "ui/components_page.html", context)


@require_safe
def accent(request: HttpRequest, colour: str) -> HttpResponse:
    """The tokens of a coach's own colour. They follow from the address alone, so they are kept for ever."""
    response = HttpResponse(stylesheet(f"#{colour}"), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
