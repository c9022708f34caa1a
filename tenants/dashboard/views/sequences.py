"""Sequences: the list, what starts and ends one, its mails, and who is on the way."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.database import read_only
from tenants.dashboard import sequence_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.sequences import NewSequenceForm, SequenceForm, StepForm, typed_step
from tenants.messaging import sequence_fields, sequence_runs, sequence_subjects, sequences
from tenants.messaging.models import Sequence, SequenceRun

MOST_RUNS = 25


@require_safe
def sequence_list(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    return desk.page("sequences", "offers", rows=sequence_words.list_rows(), starters=sequence_words.STARTERS)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = NewSequenceForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return desk.page("sequence_new", "offers", status=422 if form.is_bound else 200, form=form)
    made = sequences.make(now=desk.now, actor=desk.actor, **form.cleaned_data)
    messages.success(request, f"“{made.name}” is made. Write its first mail.")
    return desk.go("sequence_step_new", made.pk)


@require_POST
def begin_with(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the starters, off until it is read."""
    desk, wanted = desk_of(request), request.POST.get("starter", "")
    if wanted not in sequence_words.STARTERS:
        raise Http404
    starter = sequence_words.STARTERS[wanted]
    given = {name: starter[name] for name in ("name", "starts_on", "steps")}
    made = sequences.make(now=desk.now, actor=desk.actor, **given)
    messages.success(request, "It is off. Make its words yours, send yourself a test, and switch it on.")
    return desk.go("sequence", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def sequence(request: HttpRequest, slug: str, sequence_id: uuid.UUID) -> HttpResponse:
    desk, found = desk_of(request), get_object_or_404(Sequence, pk=sequence_id)
    form = SequenceForm(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "applies_to": found.applies_to, "stops_on": found.stops_on},
        sequence=found,
        things=sequence_subjects.choices(found.starts_on),
    )
    if request.method != "POST":
        return _page(desk, found, form)
    if not form.is_valid():
        with read_only():
            return _page(desk, found, form, status=422)
    sequences.change(sequence_id=found.pk, now=desk.now, actor=desk.actor, **form.cleaned_data)
    messages.success(request, "Saved, for all that happens from now on.")
    return desk.go("sequence", found.pk)


def _page(desk: Desk, found: Sequence, form: SequenceForm, status: int = 200) -> HttpResponse:
    runs = SequenceRun.objects.filter(sequence=found).select_related("sequence", "client")
    steps = [{**step, "when": sequence_words.after(int(step["after_hours"]))} for step in found.steps]
    return desk.page(
        "sequence",
        "offers",
        status=status,
        sequence=found,
        form=form,
        steps=steps,
        runs=sequence_words.run_rows(runs.order_by("-started_at", "-pk")[:MOST_RUNS]),
    )


@require_POST
def switch(request: HttpRequest, slug: str, sequence_id: uuid.UUID) -> HttpResponse:
    desk, found = desk_of(request), get_object_or_404(Sequence, pk=sequence_id)
    on = request.POST.get("to") == "on"
    if on and not found.steps:
        messages.error(request, "There is nothing to send yet. Write its first mail.")
        return desk.go("sequence_step_new", found.pk)
    sequences.switch(sequence_id=found.pk, on=on, now=desk.now, actor=desk.actor)
    told = "is on: it starts by itself from now on." if on else "is off: who is on the way waits."
    messages.success(request, f"“{found.name}” {told}")
    return desk.go_back("sequence", found.pk)


# --- its mails ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def step_new(request: HttpRequest, slug: str, sequence_id: uuid.UUID) -> HttpResponse:
    return _step(desk_of(request), get_object_or_404(Sequence, pk=sequence_id), None)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, slug: str, sequence_id: uuid.UUID, step_id: uuid.UUID) -> HttpResponse:
    found, known = _known(sequence_id, step_id)
    return _step(desk_of(request), found, known)


def _step(desk: Desk, found: Sequence, known: dict[str, Any] | None) -> HttpResponse:
    request = desk.request
    form = StepForm(request.POST if request.method == "POST" else None, initial=typed_step(known))
    if request.method == "POST" and form.is_valid():
        try:
            _save(desk, found, known, form)
        except sequences.TooManySteps as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"“{form.cleaned_data['subject']}” is saved.")
            return desk.go("sequence", found.pk)
    return desk.page(
        "sequence_step",
        "offers",
        status=422 if form.is_bound else 200,
        sequence=found,
        form=form,
        known=known,
        fields=sequence_fields.FIELDS,
    )


def _save(desk: Desk, found: Sequence, known: dict[str, Any] | None, form: StepForm) -> None:
    sequences.save_step(
        sequence_id=found.pk,
        step_id=uuid.UUID(known["id"]) if known else None,
        after_hours=form.after_hours(),
        subject=form.cleaned_data["subject"],
        body=form.cleaned_data["body"],
        now=desk.now,
        actor=desk.actor,
    )


@require_POST
def step_move(request: HttpRequest, slug: str, sequence_id: uuid.UUID, step_id: uuid.UUID) -> HttpResponse:
    desk, (found, _known_step) = desk_of(request), _known(sequence_id, step_id)
    earlier = request.POST.get("to") == "up"
    sequences.move_step(
        sequence_id=found.pk, step_id=step_id, earlier=earlier, now=desk.now, actor=desk.actor
    )
    return desk.go("sequence", found.pk)


@require_POST
def step_remove(request: HttpRequest, slug: str, sequence_id: uuid.UUID, step_id: uuid.UUID) -> HttpResponse:
    desk, (found, known) = desk_of(request), _known(sequence_id, step_id)
    sequences.remove_step(sequence_id=found.pk, step_id=step_id, now=desk.now, actor=desk.actor)
    messages.success(request, f"“{known['subject']}” is not sent any more.")
    return desk.go("sequence", found.pk)


@require_POST
def step_test(request: HttpRequest, slug: str, sequence_id: uuid.UUID, step_id: uuid.UUID) -> HttpResponse:
    desk, (found, known) = desk_of(request), _known(sequence_id, step_id)
    sequences.send_test(sequence_id=found.pk, step_id=step_id, now=desk.now, actor=desk.actor)
    messages.success(request, f"A test of “{known['subject']}” is on its way to your own address.")
    return desk.go("sequence", found.pk)


def _known(sequence_id: uuid.UUID, step_id: uuid.UUID) -> tuple[Sequence, dict[str, Any]]:
    found = get_object_or_404(Sequence, pk=sequence_id)
    known = sequences.step_of(found, step_id)
    if known is None:
        raise Http404
    return found, known


# --- who is on the way -------------------------------------------------------------------------------


@require_POST
def stop(request: HttpRequest, slug: str, run_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    run = get_object_or_404(SequenceRun.objects.select_related("client"), pk=run_id)
    if sequence_runs.stop(run_id=run.pk, now=desk.now, actor=desk.actor):
        messages.success(request, f"{run.client.name} gets no more mails of it.")
    else:
        messages.info(request, "It had ended before.")
    return desk.go_back("sequence", run.sequence_id)
