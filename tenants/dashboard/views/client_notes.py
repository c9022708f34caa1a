"""Private notes about a client or a session: added, changed, removed."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from tenants.clients import notes
from tenants.clients.models import Client, Note
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.clients import NoteForm
from tenants.scheduling.models import Booking


@require_http_methods(["GET", "HEAD", "POST"])
def note_client(request: HttpRequest, slug: str, client_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    return _note(desk, get_object_or_404(Client, pk=client_id, erased_at=None), None)


@require_http_methods(["GET", "HEAD", "POST"])
def note_booking(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """About one session."""
    bookings = Booking.objects.select_related("client", "session")
    booking = get_object_or_404(bookings, pk=booking_id, client__isnull=False, client__erased_at=None)
    assert booking.client is not None
    return _note(desk_of(request), booking.client, booking)


def _note(desk: Desk, client: Client, booking: Booking | None) -> HttpResponse:
    request = desk.request
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        notes.add(
            client_id=client.pk,
            booking_id=booking.pk if booking else None,
            text=form.cleaned_data["text"],
            now=desk.now,
            actor=desk.actor,
        )
        messages.success(request, "Noted. Only you read it.")
        return desk.go_back("booking", booking.pk) if booking else desk.go_back("client", client.pk)
    status = 422 if request.method == "POST" else 200
    written = notes.of_booking(booking.pk, client.pk) if booking else notes.of_client(client.pk)
    context = {"client": client, "booking": booking, "form": form, "notes": written}
    return desk.page("client_note", "clients", status=status, **context)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str, note_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    note = get_object_or_404(Note.objects.select_related("client"), pk=note_id)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and form.is_valid():
        notes.change(note_id=note.pk, text=form.cleaned_data["text"], now=desk.now)
        messages.success(request, "Saved.")
        return desk.go("client", note.client_id)
    status = 422 if request.method == "POST" else 200
    return desk.page("client_note", "clients", status=status, client=note.client, note=note, form=form)


@require_POST
def remove(request: HttpRequest, slug: str, note_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    note = get_object_or_404(Note, pk=note_id)
    notes.remove(note_id=note.pk)
    messages.success(request, "The note is gone.")
    return desk.go("client", note.client_id)
