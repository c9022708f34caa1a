"""Who sees the operators' pages: staff, with a second factor, and for acts with a fresh one."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from accounts.sessions import signed_in
from kit.actors import Actor

View = Callable[..., HttpResponse]

# How long ago the code of the app may have been typed in this session.
TO_LOOK = timedelta(hours=10)
TO_ACT = timedelta(hours=1)
NO_FACTOR = "Operators' pages are opened by a second factor. Set up an app first, then come back."


def operators_only(view: View) -> View:
    """Anybody else does not learn that the page exists; who is not signed in is asked to.

    An operator without a second factor is led to set one up. Whose step with it is too long ago takes it
    again; what was typed is kept meanwhile, and done then.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_staff:
            raise Http404
        if not is_mfa_enabled(request.user):
            messages.info(request, NO_FACTOR)
            return redirect_to_login(request.get_full_path(), "mfa_activate_totp")
        if not _has_stepped_up(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return guarded


def operator_of(request: HttpRequest) -> Actor:
    """Whoever acts on a page that is for operators only."""
    user = signed_in(request)
    return Actor("operator", str(user.pk), str(user))


def _has_stepped_up(request: HttpRequest) -> bool:
    longest = TO_LOOK if request.method in ("GET", "HEAD") else TO_ACT
    steps = get_authentication_records(request, signed_in(request))
    since = time.time() - longest.total_seconds()
    return any(step["method"] == "mfa" and step["at"] > since for step in steps)
