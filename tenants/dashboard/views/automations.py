"""What is done without the coach: each automation with its switch, and the log of all that was done."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from tenants.dashboard.automation_rows import groups_of, shown
from tenants.dashboard.automation_words import WORDS
from tenants.dashboard.desk import desk_of
from tenants.dashboard.forms.automations import EVERYTHING, LogForm
from tenants.earnings import deeds
from tenants.messaging import switches

LATELY = timedelta(days=30)


@require_safe
def automations(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    tallies = deeds.tallies(since=desk.now - LATELY)
    return desk.page("automations", "settings", groups=groups_of(desk, tallies))


@require_POST
def switch(request: HttpRequest, slug: str, automation: str) -> HttpResponse:
    desk = desk_of(request)
    if automation not in switches.SWITCHES:
        raise Http404
    to_on = request.POST.get("to") == "on"
    switches.switch(automation=switches.Automation(automation), on=to_on, now=desk.now, actor=desk.actor)
    messages.success(request, f"{WORDS[automation].title}: {'on' if to_on else 'off'} from now on.")
    return desk.go("automations")


@require_safe
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """Paged, the newest first; `of` names one automation."""
    desk = desk_of(request)
    automation = LogForm(request.GET).automation()
    page = deeds.log(automation=automation, number=request.GET.get("page"))
    return desk.page(
        "automation_log",
        "settings",
        form=LogForm(initial={"of": automation or EVERYTHING}),
        title=WORDS[automation].title if automation else "",
        rows=shown(desk, page.object_list),
        page=page,
        asked=f"of={automation}" if automation else "",
    )
