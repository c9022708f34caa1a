"""Money: earnings by period and client, line by line, on the page and as a file."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from babel.dates import format_date
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fees import accounts as fee_accounts
from kit.words import duration
from tenants.dashboard import payout_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.dashboard.forms.money import EarningsFilter
from tenants.dashboard.views.payouts import at_stripe
from tenants.earnings import figures
from tenants.earnings.export import as_csv
from tenants.earnings.periods import NAMES, Period, months_up_to
from tenants.earnings.prepaid import prepaid
from tenants.registry import books
from ui.localtime import current_locale

ON_A_PAGE = 25


@require_safe
def money(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    form = EarningsFilter(request.GET or None)
    if form.is_bound and not form.is_valid():
        return _refused(desk, form)
    lines = _lines(desk, form)
    totals = figures.totals(lines)
    currency = totals[0].currency if totals else desk.practice.currency
    client = form.client_asked_for
    page = Paginator(lines, ON_A_PAGE).get_page(request.GET.get("page"))
    return desk.page(
        "money",
        "money",
        form=form,
        asked=_asked(request),
        periods=_periods(form),
        period=form.span(tz=desk.tz, now=desk.now),
        client=client,
        totals=totals,
        prepaid=prepaid(client_id=client.pk if client else None),
        clients=figures.by_client(lines),
        page=page,
        rows=_rows(desk, page.object_list),
        months=_months(desk, form, currency),
        shares=_shares(lines, currency),
        tenders=figures.by_tender(lines),
        at_stripe=None if client else at_stripe(desk),
        spared=_spared(desk),
        chart_currency=currency,
        free_units=fee_accounts.terms(schema_name=desk.tenant.schema_name).free_units,
    )


@require_safe
def earnings_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The lines that the page shows under the same filter, all of them."""
    desk = desk_of(request)
    form = EarningsFilter(request.GET or None)
    if form.is_bound and not form.is_valid():
        return _refused(desk, form)
    name = _file_name(slug, form.span(tz=desk.tz, now=desk.now))
    return download(as_csv(_lines(desk, form), tz=desk.tz), name=name)


def _lines(desk: Desk, form: EarningsFilter) -> list[figures.Line]:
    client = form.client_asked_for
    period = form.span(tz=desk.tz, now=desk.now)
    return figures.lines(period=period, client_id=client.pk if client else None)


def _refused(desk: Desk, form: EarningsFilter) -> HttpResponse:
    return desk.page("money", "money", status=422, form=form, periods=_periods(form))


def _periods(form: EarningsFilter) -> list[dict[str, object]]:
    """The periods as links, which keep the client that was asked for."""
    client = form.client_asked_for
    kept = {"client": str(client.pk)} if client else {}
    periods: list[dict[str, object]] = [
        {"words": words, "asked": urlencode({"period": name, **kept}), "is_current": name == form.name}
        for name, words in NAMES.items()
        if name != "custom"
    ]
    if form.name == "custom":
        periods.append({"words": NAMES["custom"], "asked": "", "is_current": True})
    return periods


def _asked(request: HttpRequest) -> str:
    """The filter as it stands in the address, for links to the file and to other pages of lines."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _file_name(slug: str, period: Period) -> str:
    ends = "-to-".join(day.isoformat() for day in (period.first, period.last) if day)
    return f"earnings-{slug}-{ends or 'all'}.csv"


def _months(desk: Desk, form: EarningsFilter, currency: str) -> list[dict[str, object]]:
    """The net of the last twelve months, of the client that was asked for; none when there was none."""
    client = form.client_asked_for
    net = figures.net_by_month(
        months=months_up_to(desk.now, desk.tz),
        currency=currency,
        tz=desk.tz,
        client_id=client.pk if client else None,
    )
    if not any(net.values()):
        return []
    with desk.speaking():
        return [
            {"label": _month(first, "LLLLL"), "name": _month(first, "LLLL y"), "minor": minor}
            for first, minor in net.items()
        ]


def _spared(desk: Desk) -> str:
    """The work that was done without the coach this month, as the statement of this morning has it."""
    said = books.of_tenant(schema_name=desk.tenant.schema_name)
    return duration(said.spared_minutes, desk.practice.locale) if said and said.spared_minutes else ""


def _shares(lines: list[figures.Line], currency: str) -> list[dict[str, object]]:
    """What of the gross each session type, pack and retainer is; none where there is but one."""
    shares = [each for each in figures.by_offer(lines) if each.totals.currency == currency]
    rows = [
        {"name": each.name, "minor": each.totals.gross_minor, "share_bp": each.share_bp}
        for each in shares
        if each.totals.gross_minor
    ]
    return rows if len(rows) > 1 else []


def _rows(desk: Desk, lines: Iterable[figures.Line]) -> list[dict[str, object]]:
    """The lines of the page, each with when it is in the coach's bank."""
    spoken = {"tz": desk.tz, "now": desk.now, "locale": desk.practice.locale}
    return [{"line": line, "arrives": payout_words.arrival(line, **spoken)} for line in lines]  # type: ignore[arg-type]


def _month(first: date, pattern: str) -> str:
    return format_date(first, pattern, locale=current_locale())
