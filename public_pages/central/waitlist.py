"""Sign-up by invitation: a list to join, and the link that opens the way in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import waitlist as entries
from accounts.sessions import keep_invitation
from kit.clock import now
from kit.limits import allows, connection_of
from kit.signed_links import BadLink
from public_pages.central.forms import WaitlistForm

JOINS = {"most": 10, "seconds": 600}


@require_http_methods(["GET", "HEAD", "POST"])
def waitlist(request: HttpRequest) -> HttpResponse:
    """Join the list. The answer is the same whether or not the address is on it, or has an account."""
    if settings.SIGN_UP == "open":
        return redirect("account_signup")
    if request.method != "POST":
        return _page(request, WaitlistForm())
    if not allows("waitlist", connection_of(request), **JOINS):
        return render(request, "429.html", status=429)
    form = WaitlistForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    entries.join(**form.cleaned_data, now=now())
    return redirect("waitlist_joined")


def _page(request: HttpRequest, form: WaitlistForm, *, status: int = 200) -> HttpResponse:
    return render(request, "public_pages/central/waitlist.html", {"form": form}, status=status)


@require_safe
def joined(request: HttpRequest) -> HttpResponse:
    return render(request, "public_pages/central/waitlist_joined.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, invitation: str) -> HttpResponse:
    """What an invitation's link leads to. Mail servers open links, so the way on is a button."""
    try:
        entry = entries.invited_by(invitation)
    except BadLink:
        return render(request, "public_pages/central/invitation_ended.html", status=404)
    if request.method == "POST":
        keep_invitation(request, invitation, entry)
        return redirect("account_signup")
    return render(request, "public_pages/central/invited.html", {"entry": entry})
