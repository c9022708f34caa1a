"""What is announced to coaches: written, looked at as they will see it, published, and withdrawn."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import announcements
from accounts.models import Announcement
from kit.clock import now
from operators.audience import operator_of, operators_only
from tenants.registry import news_mails
from ui.markdown import as_html

MOST_DAYS = 5
MOST_LISTED = 50


class AnnouncementForm(forms.Form):
    title = forms.CharField(label="Title", max_length=120)
    text = forms.CharField(
        label="Text",
        max_length=4000,
        help_text="A blank line begins a paragraph. # makes a heading, - a list, **two stars** bold.",
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def __init__(self, data: Any = None, *, written: Announcement | None = None) -> None:
        initial = {"title": written.title, "text": written.text} if written else {}
        days = announcements.milestones_of(written) if written else []
        for nth, each in enumerate(days, 1):
            initial |= {f"day_{nth}": each.day.isoformat(), f"words_{nth}": each.text}
        super().__init__(data, initial=initial)
        for nth in range(1, MOST_DAYS + 1):
            self.fields[f"day_{nth}"] = forms.DateField(
                label=f"Day {nth}", required=False, widget=forms.DateInput(attrs={"type": "date"})
            )
            self.fields[f"words_{nth}"] = forms.CharField(
                label=f"What happens on day {nth}", max_length=160, required=False
            )

    def clean(self) -> dict[str, Any]:
        """A day needs words, and words a day."""
        cleaned: dict[str, Any] = super().clean() or {}
        for nth in range(1, MOST_DAYS + 1):
            day, words = cleaned.get(f"day_{nth}"), cleaned.get(f"words_{nth}")
            if day and not words:
                self.add_error(f"words_{nth}", "Say what happens on this day, or empty the day.")
            if words and not day and f"day_{nth}" not in self.errors:
                self.add_error(f"day_{nth}", "Say on which day, or empty the words.")
        return cleaned

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"day_{nth}"], self[f"words_{nth}"]) for nth in range(1, MOST_DAYS + 1)]

    @property
    def said(self) -> dict[str, Any]:
        """By the names of the use case."""
        typed = self.cleaned_data
        days: list[tuple[date, str]] = [
            (typed[f"day_{nth}"], typed[f"words_{nth}"])
            for nth in range(1, MOST_DAYS + 1)
            if typed[f"day_{nth}"]
        ]
        return {"title": typed["title"], "text": typed["text"], "milestones": days}


@operators_only
@require_safe
def every(request: HttpRequest) -> HttpResponse:
    """Drafts and what was published, the newest first."""
    rows = Announcement.objects.order_by("-created_at", "-pk")[:MOST_LISTED]
    return render(request, "operators/announcements.html", {"rows": rows, "now": now()})


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, announcement_id: uuid.UUID | None = None) -> HttpResponse:
    """A new one, or other words for a draft."""
    written = _found(announcement_id) if announcement_id else None
    if request.method != "POST":
        return _form(request, AnnouncementForm(written=written), written)
    form = AnnouncementForm(request.POST, written=written)
    if not form.is_valid():
        return _form(request, form, written, status=422)
    try:
        kept = announcements.write(
            announcement_id=announcement_id, **form.said, now=now(), actor=operator_of(request)
        )
    except announcements.NotADraft:
        form.add_error(None, "It was published meanwhile, and stays as coaches have read it.")
        return _form(request, form, written, status=409)
    return redirect("operators_announcement", kept.pk)


def _form(
    request: HttpRequest, form: AnnouncementForm, written: Announcement | None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "written": written}
    return render(request, "operators/announcement_write.html", context, status=status)


@operators_only
@require_safe
def announcement(request: HttpRequest, announcement_id: uuid.UUID) -> HttpResponse:
    """As coaches see it, and what can be done with it."""
    shown = _found(announcement_id)
    context = {
        "shown": shown,
        "text": as_html(shown.text, ids=False),
        "milestones": announcements.milestones_of(shown),
        "left_to_mail": _left(shown),
        "now": now(),
    }
    return render(request, "operators/announcement.html", context)


def _left(shown: Announcement) -> int:
    """How many are still to be mailed."""
    under_way = shown.mail_wanted_at and not shown.mailed_at and not shown.withdrawn_at
    return news_mails.readers(shown).count() if under_way else 0


@operators_only
@require_POST
def publish(request: HttpRequest, announcement_id: uuid.UUID) -> HttpResponse:
    mails = request.POST.get("mails") == "yes"

    def done() -> str:
        announcements.publish(
            announcement_id=announcement_id, mails=mails, now=now(), actor=operator_of(request)
        )
        return "Published. It is mailed within minutes." if mails else "Published. It was not mailed."

    return _told(request, announcement_id, done)


@operators_only
@require_POST
def withdraw(request: HttpRequest, announcement_id: uuid.UUID) -> HttpResponse:
    def done() -> str:
        announcements.withdraw(announcement_id=announcement_id, now=now(), actor=operator_of(request))
        return "Withdrawn. What was mailed already cannot be taken back."

    return _told(request, announcement_id, done)


def _told(request: HttpRequest, announcement_id: uuid.UUID, done: Callable[[], str]) -> HttpResponse:
    _found(announcement_id)
    try:
        messages.success(request, done())
    except (announcements.NotADraft, announcements.NotPublished):
        messages.info(request, "Somebody did it meanwhile. Nothing was changed.")
    return redirect("operators_announcement", announcement_id)


def _found(announcement_id: uuid.UUID) -> Announcement:
    found = Announcement.objects.filter(pk=announcement_id).first()
    if found is None:
        raise Http404("There is no such announcement.")
    return found
