"""From an account to a page of one's own: a name, an address, and about a second."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.sessions import signed_in
from kit.actors import Actor
from kit.clock import now as present
from public_pages.central.addresses import Standing, standing, suggested
from public_pages.central.forms import StartForm
from tenants.registry import provisioning
from tenants.registry.models import Membership

LONG = timedelta(seconds=15)
# Each page is a schema of its own: nobody needs more, and a script could make thousands.
MOST_A_DAY, DAY = 10, timedelta(days=1)
ASKED = ("name", "slug", "timezone", "country", "currency", "contact_email")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for the few things a page starts with; sent, the page is being made."""
    if request.method != "POST":
        return _form_page(request, StartForm(initial={"contact_email": signed_in(request).email}))
    if other := request.POST.get("use"):
        return _with_another_address(request, other)
    form = StartForm(request.POST)
    if form.is_valid() and (slug := _sign_up(request, form)):
        return redirect("start_waiting", slug=slug)
    return _form_page(request, form, status=422)


def _with_another_address(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the addresses we offered was pressed: everything else stays as it was typed."""
    typed = {**request.POST.dict(), "slug": slug}
    return _form_page(request, StartForm(initial=typed), here=standing(slug))


def _sign_up(request: HttpRequest, form: StartForm) -> str | None:
    """The address of the new page, or None when it could not be had; the form then says why."""
    user = signed_in(request)
    wanted = {name: form.cleaned_data[name] for name in ASKED}
    if _made_many(user, wanted["slug"]):
        form.add_error(
            None, f"This account has created {MOST_A_DAY} pages within a day. Create the next one tomorrow."
        )
        return None
    try:
        provisioning.sign_up(
            user=user, now=present(), actor=Actor("coach", str(user.pk), str(user)), **wanted
        )
    except provisioning.AddressTaken as refusal:
        # A second press of the button, or the way back: the page is there already, and it is theirs.
        if not Membership.objects.filter(user=user, tenant__slug=wanted["slug"]).exists():
            form.add_error("slug", str(refusal))
            return None
    except provisioning.AddressRefused as refusal:
        form.add_error("slug", str(refusal))
        return None
    return str(wanted["slug"])


def _made_many(user: User, slug: str) -> bool:
    """Whether it is enough for today; the same page once more is none more."""
    mine = Membership.objects.filter(user=user)
    return (
        mine.filter(created_at__gt=present() - DAY).count() >= MOST_A_DAY
        and not mine.filter(tenant__slug=slug).exists()
    )


def _form_page(
    request: HttpRequest, form: StartForm, *, here: Standing | None = None, status: int = 200
) -> HttpResponse:
    if here is None and "slug" in form.errors:
        here = standing(form.address)
    context = {
        "form": form,
        "here": here,
        "has_pages": Membership.objects.filter(user=signed_in(request)).exists(),
        "after_address": f".{settings.COACH_BASE_DOMAIN}",
    }
    return render(request, "public_pages/central/start.html", context, status=status)


@login_required
@never_cache
@require_safe
def address(request: HttpRequest) -> HttpResponse:
    """A part of the form: whether the typed address is free, and one made from the name while none is typed.

    `suggested` is what we last put into the field: as long as it still stands there, we may replace it.
    """
    typed = request.GET.get("slug", "").strip().lower()
    ours = request.GET.get("suggested", "")
    by_name = request.headers.get("HX-Trigger-Name") == "name"
    replace = by_name and typed in ("", ours)
    slug = suggested(request.GET.get("name", "")) if replace else typed
    form = StartForm(initial={"slug": slug})
    form.fields["slug"].widget.attrs["hx-swap-oob"] = "true"
    context = {
        "here": standing(slug) if slug else None,
        "form": form,
        "suggested": slug if replace else ours,
        "replace": replace,
        "after_address": f".{settings.COACH_BASE_DOMAIN}",
    }
    return render(request, "public_pages/central/address.html", context)


@login_required
@never_cache
@require_safe
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """Stays until the page is there, then leads to its dashboard."""
    membership = Membership.objects.select_related("tenant").filter(
        user=signed_in(request), tenant__slug=slug
    )
    mine = membership.first()
    if mine is None:
        raise Http404("There is no such page among yours.")
    dashboard = f"/coach/{slug}/"
    if mine.tenant.is_open:
        return HttpResponseClientRedirect(dashboard) if _by_htmx(request) else redirect(dashboard)
    if _by_htmx(request):
        return HttpResponse(status=204)
    takes_long = present() - mine.tenant.created_at > LONG
    page = render(
        request, "public_pages/central/waiting.html", {"tenant": mine.tenant, "takes_long": takes_long}
    )
    # The way on where scripts are off; with them the page asks more often.
    page["Refresh"] = "10" if takes_long else "2"
    return page


def _by_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
