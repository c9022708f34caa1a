"""Help for anybody: a question to the platform's people."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import support
from kit.clock import now
from kit.limits import allows, connection_of

ASKS = {"most": 5, "seconds": 600}
# A mail goes to the address that is typed, which may be somebody else's.
TO_ONE_ADDRESS = {"most": 3, "seconds": 3600}


class HelpForm(forms.Form):
    text = forms.CharField(
        label="Your question",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Our answer comes to it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        label="Your name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    # People do not see it, and programs fill in everything.
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    @property
    def is_by_a_program(self) -> bool:
        return bool(self.cleaned_data["website"])

    @property
    def said(self) -> dict[str, Any]:
        """By the names of the use case."""
        return {name: self.cleaned_data[name] for name in ("email", "name", "text")}


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask a question. A program that fills in what people do not see is thanked, and not listened to."""
    if request.method != "POST":
        return _page(request, HelpForm(initial=_known(request)))
    if not allows("help", connection_of(request), **ASKS):
        return render(request, "429.html", status=429)
    form = HelpForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if form.is_by_a_program:
        return redirect("help_sent")
    if not allows("help-to", form.cleaned_data["email"].lower(), **TO_ONE_ADDRESS):
        return render(request, "429.html", status=429)
    support.ask(**form.said, now=now())
    return redirect("help_sent")


def _known(request: HttpRequest) -> dict[str, str]:
    """Who is signed in need not type who they are."""
    user = request.user
    return {"email": user.email, "name": user.name} if user.is_authenticated else {}


def _page(request: HttpRequest, form: HelpForm, *, status: int = 200) -> HttpResponse:
    return render(request, "public_pages/central/help.html", {"form": form}, status=status)


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "public_pages/central/help_sent.html")
