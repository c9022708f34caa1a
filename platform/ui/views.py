from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ui import specimens
from ui.accents import ACCENTS

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
