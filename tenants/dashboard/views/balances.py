"""The roster: what everybody has left of their packs, the most urgent first, on the page and as a file."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from kit.requests import looked_for
from kit.words import short_date
from tenants.dashboard import balances
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.packs.validity import last_day

ON_A_PAGE = 100


@require_safe
def roster(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    show, wanted = _asked(request)
    page = Paginator(balances.roster(now=desk.now, show=show, wanted=wanted), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    with desk.speaking():
        rows = [_row(desk, held) for held in page]
    return desk.page(
        "balances",
        "clients",
        rows=rows,
        page=page,
        asked=urlencode({"show": show, "q": wanted}),
        filters=[_filter(name, show, wanted) for name in balances.SHOWS],
        show=show,
        wanted=wanted,
    )


@require_safe
def roster_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The rows that the page shows under the same filter, all of them."""
    desk = desk_of(request)
    show, wanted = _asked(request)
    with desk.speaking():
        text = balances.as_csv(balances.roster(now=desk.now, show=show, wanted=wanted), tz=desk.tz)
    return download(text, name=f"balances-{slug}-{show}.csv")


def _asked(request: HttpRequest) -> tuple[str, str]:
    show = request.GET.get("show", "all")
    return show if show in balances.SHOWS else "all", looked_for(request, "q")


def _row(desk: Desk, held: balances.Held) -> dict[str, object]:
    ends = held.pack.expires_at
    return {
        "held": held,
        "badges": balances.badges(held),
        "until": short_date(last_day(ends, desk.tz), desk.practice.locale) if ends else "No end",
    }


def _filter(name: str, show: str, wanted: str) -> dict[str, object]:
    kept = {"show": name, **({"q": wanted} if wanted else {})}
    return {"words": balances.SHOWS[name], "asked": urlencode(kept), "is_current": name == show}
