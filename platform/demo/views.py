from datetime import timedelta
from urllib.error import URLError

from csp.constants import SELF
from csp.decorators import csp_exempt, csp_update
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from demo import mailbox, second_factor, worlds
from demo.sales import shown_pack
from demo.seeding import other_worlds, simulator
from demo.world import OPERATOR, PASSWORD
from kit import clock
from tenants.registry.models import Tenant, TenantStatus
from tenants.registry.pages import coach_address

ON_A_PAGE = 50
# Instead of the site's: a mail may bring its looks, small pictures and a coach's logo, and nothing that acts.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    f"img-src data: {settings.SITE_SCHEME}://*.{settings.COACH_BASE_DOMAIN}; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# What time may be moved by, in seconds, and how the button says it.
STEPS = [(3_600, "1 hour"), (86_400, "1 day"), (7 * 86_400, "1 week")]


@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everybody in the demo, and everything that only the demo has."""
    stripe = simulator()
    context = {
        "coaches": _coaches(),
        "shown_pack": shown_pack(),
        "operator": OPERATOR,
        "code": second_factor.code(),
        "password": PASSWORD,
        "stripe_url": stripe.url if stripe else None,
        "now": clock.now(),
        "ahead": clock.offset() > timedelta(minutes=1),
        "steps": STEPS,
        "to_see": worlds.present().to_see,
        "other_worlds": other_worlds(),
    }
    return render(request, "demo/overview.html", context)


def _coaches() -> list[dict[str, object]]:
    """Those of the seed first, then the ones that signed up since."""
    seeded = {coach.slug: coach for coach in worlds.present().coaches}
    tenants = Tenant.objects.filter(status=TenantStatus.OPEN).order_by("created_at")[:ON_A_PAGE]
    return [
        {"tenant": tenant, "known": seeded.get(tenant.slug), "page_url": coach_address(tenant.schema_name)}
        for tenant in sorted(tenants, key=lambda tenant: tenant.slug not in seeded)
    ]


@require_POST
def move_time(request: HttpRequest) -> HttpResponse:
    """Move the demo's clock, and the simulated Stripe's with it, forward."""
    names = {str(seconds): words for seconds, words in STEPS}
    words = names.get(request.POST.get("seconds", ""))
    if words is None:
        messages.error(request, "Time moves by one of the steps below. Nothing was changed.")
        return redirect("demo")
    seconds = int(request.POST["seconds"])
    try:
        # Stripe first: if it does not answer, both clocks stay together.
        if stripe := simulator():
            stripe.advance(seconds)
        clock.advance(seconds)
    except URLError:
        messages.error(request, "The simulated Stripe does not answer, so time was not moved. Try again.")
    else:
        messages.success(request, f"It is {words} later, for Stripe too.")
    return redirect("demo")


@never_cache
@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """Every mail that was sent, the newest first."""
    to = request.GET.get("to", "").strip()
    page = Paginator(mailbox.mails(to=to), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"page": page, "to": to})


@never_cache
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: as it looks, as plain text, and what is attached."""
    return render(request, "demo/mail.html", {"mail": _found(key)})


@require_safe
@csp_exempt()  # type: ignore[arg-type]
@xframe_options_sameorigin
def mail_html(request: HttpRequest, key: str) -> HttpResponse:
    """The mail's own page, for the frame: links open outside of it, nothing in it runs."""
    html = _found(key).html
    if not html:
        raise Http404("This mail has plain text only.")
    page = html.replace("<head>", '<head><base target="_top">', 1)
    return HttpResponse(page, headers={"Content-Security-Policy": FRAME_POLICY})


@require_safe
def attachment(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """A file to save, never to show: its type is the sender's word."""
    try:
        found = mailbox.attachment(key, number)
    except mailbox.NoSuchMail as error:
        raise Http404("There is no such attachment.") from error
    name = "".join(letter for letter in found.name if letter.isalnum() or letter in "._-") or "attachment"
    return HttpResponse(
        found.content,
        content_type=found.type if found.type == "text/calendar" else "application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(key: str) -> mailbox.Mail:
    try:
        return mailbox.mail(key)
    except mailbox.NoSuchMail as error:
        raise Http404("There is no such mail. It may belong to an earlier demo.") from error
