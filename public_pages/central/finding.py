"""What programs that look for pages are told on the central host."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from public_pages.central.marketing import PAGES
from ui.finding import robots_file, sitemap_file

# Of people who are signed in, or on the way to it.
CLOSED = ("accounts", "coach", "operators", "start", "invited", "internal", "stripe", "mail")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return robots_file([f"/{folder}/" for folder in CLOSED], sitemap=f"{_host()}{reverse('sitemap')}")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Coaches' pages are theirs to make known."""
    return sitemap_file([f"{_host()}{reverse(name)}" for name in ("landing", *PAGES)])


def _host() -> str:
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}"
