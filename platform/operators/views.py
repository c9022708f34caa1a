from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kit.clock import now
from kit.requests import looked_for
from operators import figures
from operators.audience import operators_only

ON_A_PAGE = 25


@operators_only
@require_safe
def coaches(request: HttpRequest) -> HttpResponse:
    """Every coach with state, Stripe and fees; above them what needs an operator."""
    words = looked_for(request, "q")
    page = Paginator(figures.found(words), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": figures.rows(page.object_list),
        "page": page,
        "words": words,
        "totals": figures.totals(),
        "inbox": figures.inbox(),
        "now": now(),
        "scheme": settings.SITE_SCHEME,
    }
    return render(request, "operators/coaches.html", context)
