"""Words: what the coach calls a session and a client, with sentences to judge them by."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.words import WordsForm
from tenants.offers.practice import change_practice
from tenants.offers.vocabulary import Called, Words, kept, words_of


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = WordsForm(request.POST or None, practice=desk.practice)
    if request.method != "POST":
        return _page(desk, form)
    if not form.is_valid():
        return _page(desk, form, status=422)
    if "preview" in request.POST:
        return _page(desk, form, form.words())
    change_practice(now=desk.now, words=kept(form.words()))
    messages.success(request, "Saved. Your pages and mails say it like this from now on.")
    return desk.go("settings")


def _page(desk: Desk, form: WordsForm, shown: Words | None = None, *, status: int = 200) -> HttpResponse:
    said = shown or words_of(desk.practice)
    return desk.page("words", "settings", status=status, form=form, sample=Called(lambda: said))
