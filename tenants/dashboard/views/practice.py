"""Settings: where they are, how the practice appears, and its rules for cancelling and reminders."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from kit.words import duration
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.practice import CancellingForm, PracticeForm, RemindersForm
from tenants.dashboard.hour_words import week_in_words
from tenants.dashboard.rule_words import cancelling_in_words, reminders_in_words
from tenants.dashboard.stripe_words import newest_account, standing
from tenants.messaging.switches import set_reminders
from tenants.offers.models import Practice
from tenants.offers.practice import change_practice
from tenants.registry.pages import rename
from tenants.scheduling.hours import weekly


@require_safe
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    return desk.page(
        "settings",
        "settings",
        practice=desk.practice,
        hours=week_in_words(weekly(), desk.practice),
        reminders=reminders_in_words(desk.practice),
        stripe=standing(newest_account(schema_name=desk.tenant.schema_name)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = PracticeForm(request.POST or None, practice=desk.practice, name=desk.tenant.name)
    if request.method != "POST":
        return desk.page("practice", "settings", form=form)
    if not form.is_valid():
        return desk.page("practice", "settings", status=422, form=form)
    change_practice(now=desk.now, **form.changes())
    if form.cleaned_data["name"] != desk.tenant.name:
        rename(tenant_id=desk.tenant.pk, name=form.cleaned_data["name"])
    messages.success(request, "Saved. Your page shows it already.")
    return desk.go("settings")


@require_http_methods(["GET", "HEAD", "POST"])
def cancelling(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    hours = _proposed(request, desk.practice.cancel_window_hours)
    form = CancellingForm(request.POST or None, initial={"cancel_window_hours": hours})
    if request.method != "POST":
        return _cancelling(desk, form, hours)
    if not form.is_valid():
        return _cancelling(desk, form, hours, status=422)
    wanted: int = form.cleaned_data["cancel_window_hours"]
    if "preview" in request.POST:
        return _cancelling(desk, form, wanted)
    change_practice(now=desk.now, cancel_window_hours=wanted, policy_agreed_at=desk.now)
    messages.success(request, "Saved for new bookings. What is booked keeps the rule it was booked under.")
    return desk.go("settings")


@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    practice = desk.practice
    form = RemindersForm(request.POST or None, hours=practice.reminder_hours, locale=practice.locale)
    if request.method != "POST":
        return desk.page("reminders", "settings", form=form, too_late=_too_late_to_cancel(practice))
    if not form.is_valid():
        return desk.page("reminders", "settings", status=422, form=form)
    saved = set_reminders(hours=form.hours(), now=desk.now, actor=desk.actor)
    messages.success(
        request, f"Saved. {reminders_in_words(saved)}. That counts for what is booked already, too."
    )
    return desk.go("settings")


def _too_late_to_cancel(practice: Practice) -> str:
    """The window for cancelling, where every reminder comes when it is over."""
    hours, window = practice.reminder_hours, practice.cancel_window_hours
    return duration(window * 60, practice.locale) if hours and max(hours) <= window else ""


def _proposed(request: HttpRequest, hours: int) -> int:
    """A rule that was tried before, to be read here and saved; or else the one there is."""
    tried = CancellingForm(request.GET)
    return int(tried.cleaned_data["cancel_window_hours"]) if tried.is_valid() else hours


def _cancelling(desk: Desk, form: CancellingForm, hours: int, *, status: int = 200) -> HttpResponse:
    preview = cancelling_in_words(hours, practice=desk.practice, now=desk.now)
    return desk.page("cancelling", "settings", status=status, form=form, preview=preview)
