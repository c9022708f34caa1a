"""Help for a coach: a question to the platform's people, with the page that they were on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts import support
from accounts.models import User
from kit.limits import allows
from kit.requests import looked_for
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.support import QuestionForm
from tenants.registry.looking import open_while_suspended

ASKS = {"most": 10, "seconds": 600}


@open_while_suspended
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer comes to the e-mail that the coach signs in with."""
    desk = desk_of(request)
    if request.method != "POST":
        return _page(desk, QuestionForm(initial={"page": _own(desk, looked_for(request, "from"))}))
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _page(desk, form, status=422)
    user = request.user
    assert isinstance(user, User)
    if not allows("help-of-coach", str(user.pk), **ASKS):
        form.add_error(None, "That were many questions. Wait ten minutes; your words are kept here.")
        return _page(desk, form, status=429)
    page = _own(desk, form.cleaned_data["page"])
    support.ask(
        email=user.email, name=desk.tenant.name, text=form.cleaned_data["text"], page=page, now=desk.now
    )
    messages.success(request, f"We have your question. The answer comes to {user.email}.")
    return desk.go("help")


def _own(desk: Desk, page: str) -> str:
    """One of this dashboard's own pages, or nothing: the address bar is no place to tell us stories."""
    page = support.without_secrets(page)
    return page if page.startswith(desk.address("today")) else ""


def _page(desk: Desk, form: QuestionForm, *, status: int = 200) -> HttpResponse:
    page = _own(desk, str(form["page"].value() or ""))
    return desk.page("help", "settings", status=status, up=None, form=form, page=page, user=desk.request.user)
