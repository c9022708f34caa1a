"""Settings: the coach's free times on the coach's own website."""

from html import escape

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.widget import SitesForm
from tenants.offers.practice import change_practice
from tenants.registry.pages import page_address


@require_http_methods(["GET", "HEAD", "POST"])
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = SitesForm(request.POST if request.method == "POST" else None, sites=desk.practice.embed_sites)
    if request.method != "POST":
        return _page(desk, form)
    if not form.is_valid():
        return _page(desk, form, status=422)
    change_practice(now=desk.now, embed_sites=form.cleaned_data["sites"])
    messages.success(request, "Saved. It counts from now on.")
    return desk.go("widget")


def _page(desk: Desk, form: SitesForm, *, status: int = 200) -> HttpResponse:
    home, sites = page_address(desk.tenant), desk.practice.embed_sites
    # Plain text, to be shown as such: the page escapes it once more.
    code = (
        f'<script src="{home}/embed.js" async></script>'
        f'<noscript><a href="{home}/">Book with {escape(desk.tenant.name)}</a></noscript>'
    )
    return desk.page(
        "widget", "settings", status=status, form=form, sites=sites, code=code, preview=f"{home}/embed/"
    )
