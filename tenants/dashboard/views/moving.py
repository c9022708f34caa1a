"""Moving a session to another time; the same button moves it back."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kit.states import IllegalMove
from kit.words import wall_time
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.diary import Entry
from tenants.dashboard.forms.sessions import MoveForm
from tenants.dashboard.views.bookings import entry_or_404
from tenants.scheduling import moving
from tenants.scheduling.holds import SlotTaken

TAKEN = "Something else stands at that time, with its buffers. Nothing was moved; choose another time."


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    entry = entry_or_404(desk, booking_id)
    if request.method != "POST":
        return _page(desk, entry, MoveForm.at(entry.session.starts_at, desk.tz))
    form = MoveForm(request.POST, tz=desk.tz)
    if not form.is_valid():
        return _page(desk, entry, form, status=422)
    try:
        moving.move_by_coach(booking_id=booking_id, starts_at=form.starts_at, now=desk.now, actor=desk.actor)
    except SlotTaken:
        return _refused(desk, entry, form, TAKEN)
    except (moving.CannotMove, IllegalMove) as refusal:
        return _refused(desk, entry, form, str(refusal))
    when = wall_time(form.starts_at, desk.tz, desk.practice.locale)
    messages.success(request, f"Moved to {when}. {entry.name} is told, and may decline.")
    return desk.go("booking", booking_id)


def _refused(desk: Desk, entry: Entry, form: MoveForm, why: str) -> HttpResponse:
    form.add_error(None, why)
    return _page(desk, entry, form, status=409)


def _page(desk: Desk, entry: Entry, form: MoveForm, *, status: int = 200) -> HttpResponse:
    return desk.page("move", "calendar", status=status, entry=entry, form=form)
