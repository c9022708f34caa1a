import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import waitlist
from accounts.models import WaitlistEntry
from connect import inbox
from kit.clock import now
from kit.requests import looked_for
from operators import attention, figures, funnel, matching, stuck, turnover, work
from operators.audience import operator_of, operators_only
from tenants.registry import wakeups

ON_A_PAGE = 25
MOST_WAITING = 50


@operators_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """How far coaches come, what went through, what the platform kept; and what needs an operator."""
    moment = now()
    context = {
        "funnel": funnel.funnel(),
        "cohorts": funnel.cohorts(now=moment),
        "stages": funnel.STAGES.values(),
        "turnovers": turnover.by_currency(now=moment),
        "free_used": figures.free_used(),
        "inbox": figures.inbox(),
        "needs": attention.needs(now=moment),
        "now": moment,
    }
    return render(request, "operators/overview.html", context)


@operators_only
@require_safe
def coaches(request: HttpRequest) -> HttpResponse:
    """Every coach with state, Stripe and fees; searched, of one state, and in the order that is wanted."""
    words, state, order = looked_for(request, "q"), request.GET.get("state", ""), request.GET.get("order", "")
    found = figures.found(words, state=state, order=order)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": figures.rows(page.object_list),
        "page": page,
        "words": words,
        "state": state if state in figures.STATES else "",
        "order": order if order in figures.ORDERS else "newest",
        "now": now(),
    }
    return render(request, "operators/coaches.html", context)


@operators_only
@require_safe
def work_of_all(request: HttpRequest) -> HttpResponse:
    """What workers have before them, and what failed."""
    moment = now()
    context = {
        "kinds": work.wakeups(now=moment),
        "events": work.events(now=moment),
        "inbox": figures.inbox(),
        "queues": work.queues(),
        "waiting": work.waiting_for_a_schema()[:MOST_WAITING],
        "migrations": work.failed_migrations(),
        "mails": work.failed_mails(),
        "now": moment,
    }
    return render(request, "operators/work.html", context)


@operators_only
@require_safe
def stuck_things(request: HttpRequest) -> HttpResponse:
    """What patrols found, and what failed until its patience ended."""
    moment = now()
    context = {
        "findings": stuck.findings(),
        "events": stuck.events(now=moment),
        "wakeups": stuck.wakeups(),
        "now": moment,
    }
    return render(request, "operators/stuck.html", context)


@operators_only
@require_safe
def books_of_all(request: HttpRequest) -> HttpResponse:
    """Whether each practice's books tie, those that do not first."""
    page = Paginator(matching.every(), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": matching.rows(page.object_list),
        "page": page,
        "differences": matching.do_not_tie().count(),
        "now": now(),
    }
    return render(request, "operators/books.html", context)


@operators_only
@require_POST
def event_again(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    return _told(request, inbox.try_again(event_id=event_id, now=now(), actor=operator_of(request)))


@operators_only
@require_POST
def wakeup_again(request: HttpRequest, wakeup_id: uuid.UUID) -> HttpResponse:
    return _told(request, wakeups.try_again(wakeup_id=wakeup_id, now=now(), actor=operator_of(request)))


@operators_only
@require_safe
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Who waits for an invitation, who has one, and who has used it; the oldest first."""
    entries = WaitlistEntry.objects.order_by("joined_at", "pk")
    page = Paginator(entries, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "operators/waitlist.html", {"page": page, "now": now()})


@operators_only
@require_POST
def invite(request: HttpRequest, entry_id: uuid.UUID) -> HttpResponse:
    again = request.POST.get("again") == "yes"
    try:
        is_sent = waitlist.invite(entry_id=entry_id, again=again, now=now(), actor=operator_of(request))
    except WaitlistEntry.DoesNotExist as error:
        raise Http404("Nobody on the list has this number.") from error
    except waitlist.CannotSend as refused:
        messages.error(request, f"The mail to {refused} was not taken. Nothing was changed; try again later.")
    else:
        if is_sent:
            messages.success(request, "The invitation was sent.")
        else:
            messages.info(request, "Nothing was sent: somebody did it meanwhile, or they have signed up.")
    return redirect("operators_waitlist", permanent=False)


def _told(request: HttpRequest, is_due: bool) -> HttpResponse:
    if is_due:
        messages.success(request, "It is tried again within seconds. If it fails, it comes back here.")
    else:
        messages.info(request, "It is not stuck any more. Nothing was changed.")
    return redirect("operators_stuck", permanent=False)
