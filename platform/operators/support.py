"""Questions to the platform's people: those without an answer, the oldest first, and the answer to one."""

import uuid

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import support
from accounts.models import SupportRequest
from kit.actors import Actor
from kit.clock import now
from operators.audience import operators_only
from tenants.registry.models import Tenant

ON_A_PAGE = 25


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="Answer",
        max_length=4000,
        help_text="It is mailed as it stands here, with the question below it.",
        widget=forms.Textarea(attrs={"rows": 8}),
    )


@operators_only
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """Without an answer, the oldest first; or with one, the newest first."""
    answered = request.GET.get("show") == "answered"
    rows = support.answered() if answered else support.unanswered().order_by("created_at", "pk")
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "answered": answered, "now": now()}
    return render(request, "operators/questions.html", context)


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """One question with its answer, or the form for it. Of two operators one answers."""
    asked = SupportRequest.objects.filter(pk=request_id).first()
    if asked is None:
        raise Http404("Nobody asked this.")
    if request.method != "POST":
        return _page(request, asked, AnswerForm())
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, form, status=422)
    actor = Actor("operator", str(request.user.pk), str(request.user))
    try:
        support.answer(request_id=asked.pk, text=form.cleaned_data["text"], now=now(), actor=actor)
    except support.AnsweredAlready:
        asked.refresh_from_db()
        return _page(request, asked, form, status=409)
    except support.CannotSend as refused:
        form.add_error(None, f"The mail to {refused} was not taken. Nothing was changed; try again later.")
        return _page(request, asked, form, status=422)
    messages.success(request, f"The answer was mailed to {asked.email}.")
    return redirect("operators_questions", permanent=False)


def _page(
    request: HttpRequest, asked: SupportRequest, form: AnswerForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "asked": asked,
        "form": form,
        "coach": _names([asked]).get(asked.schema_name, ""),
        "now": now(),
    }
    return render(request, "operators/question.html", context, status=status)


def _names(rows: list[SupportRequest]) -> dict[str, str]:
    """What the practices are called that questions were asked from."""
    tenants = Tenant.objects.filter(schema_name__in={each.schema_name for each in rows})
    return dict(tenants.values_list("schema_name", "name"))
