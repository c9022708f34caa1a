"""The programs of partners: those that coaches may let in, and a form to register one more."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from kit.clock import now
from operators.audience import operator_of, operators_only
from partners import applications

TAKEN = (
    "A program of this name is registered already, and nothing was changed. Coaches tell programs apart by "
    "their names: choose another one."
)


class ProgramForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="Coaches read it when they let the program in.")
    redirect_uris = forms.CharField(
        label="Where answers go",
        help_text="One address a line, exactly as the program sends it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    keeps_secret = forms.BooleanField(
        label="It runs on a server, where it can keep a secret", required=False, initial=True
    )


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def programs(request: HttpRequest) -> HttpResponse:
    """The list; after a registration with the id and the secret of the new one, this once."""
    form = ProgramForm(request.POST or None)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    said = form.cleaned_data
    try:
        made, secret = applications.register(
            name=said["name"],
            redirect_uris=said["redirect_uris"].split(),
            keeps_secret=said["keeps_secret"],
            now=now(),
            actor=operator_of(request),
        )
    except applications.RegisteredAlready:
        form.add_error("name", TAKEN)
        return _page(request, form, status=409)
    except ValidationError as refused:
        form.add_error("redirect_uris", refused.messages[0])
        return _page(request, form, status=422)
    return _page(request, ProgramForm(), status=201, made=made, secret=secret)


def _page(request: HttpRequest, form: ProgramForm, status: int = 200, **made: object) -> HttpResponse:
    context = {"form": form, "programs": applications.every(), **made}
    return render(request, "operators/partners.html", context, status=status)
