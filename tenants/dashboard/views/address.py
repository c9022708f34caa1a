"""Settings: where the coach's pages are, and the domains that the coach has brought."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from kit.limits import allows
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.address import DomainForm
from tenants.registry import domains
from tenants.registry.addresses import host_for
from tenants.registry.domain_names import DomainRefused, shown
from tenants.registry.models import Domain

LOOKS = {"most": 20, "seconds": 600}


@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, slug: str) -> HttpResponse:
    """What there is, and bringing one more."""
    desk = desk_of(request)
    if request.method != "POST":
        return _page(desk, DomainForm())
    form = DomainForm(request.POST)
    if not form.is_valid():
        return _page(desk, form, status=422)
    try:
        domain = domains.claim(
            tenant_id=desk.tenant.pk, typed=form.cleaned_data["domain"], now=desk.now, actor=desk.actor
        )
    except DomainRefused as refusal:
        form.add_error("domain", str(refusal))
        return _page(desk, form, status=422)
    messages.success(request, f"Added. Now set the two records of {shown(domain.domain)} at your provider.")
    return desk.go("address")


@require_POST
def check(request: HttpRequest, slug: str, domain_id: uuid.UUID) -> HttpResponse:
    """Ask the DNS at once."""
    desk = desk_of(request)
    if not allows("domain-looks", str(desk.tenant.pk), **LOOKS):
        messages.warning(request, "That was often. We look by ourselves; press again in ten minutes.")
        return desk.go("address")
    domain = domains.check_now(tenant_id=desk.tenant.pk, domain_id=domain_id, now=desk.now)
    if domain is None:
        raise Http404("This domain is not there any more.")
    if domain.verified_at and not domain.problem:
        messages.success(request, f"{shown(domain.domain)} is yours, and leads here.")
    else:
        messages.warning(request, f"Not yet. {domain.problem}")
    return desk.go("address")


@require_POST
def use(request: HttpRequest, slug: str, domain_id: uuid.UUID) -> HttpResponse:
    """Make a verified one the address of all pages."""
    desk = desk_of(request)
    _mine(desk, domain_id)
    try:
        host = domains.make_address(tenant_id=desk.tenant.pk, domain_id=domain_id, actor=desk.actor)
    except domains.NotVerified:
        messages.warning(request, "It has to be verified first. Your address stays as it is.")
    else:
        messages.success(
            request, f"Your pages are at {shown(host)} now. Links that you gave out before lead there."
        )
    return desk.go("address")


@require_POST
def use_ours(request: HttpRequest, slug: str) -> HttpResponse:
    """Back to the address that we gave."""
    desk = desk_of(request)
    domains.leave_address(tenant_id=desk.tenant.pk, actor=desk.actor)
    messages.success(request, f"Your pages are at {host_for(desk.tenant.slug)} again.")
    return desk.go("address")


@require_POST
def remove(request: HttpRequest, slug: str, domain_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    domain = _mine(desk, domain_id)
    domains.remove(tenant_id=desk.tenant.pk, domain_id=domain_id, actor=desk.actor)
    messages.success(
        request, f"{shown(domain.domain)} is removed. Take its records out at your provider, too."
    )
    return desk.go("address")


def _mine(desk: Desk, domain_id: uuid.UUID) -> Domain:
    for domain in domains.of_tenant(desk.tenant.pk):
        if domain.pk == domain_id:
            return domain
    raise Http404("This domain is not there any more.")


def _page(desk: Desk, form: DomainForm, *, status: int = 200) -> HttpResponse:
    own = desk.tenant.own_host
    rows = [_row(each, is_address=each.domain == own) for each in domains.of_tenant(desk.tenant.pk)]
    ours = host_for(desk.tenant.slug)
    return desk.page("address", "settings", status=status, form=form, domains=rows, own_host=own, ours=ours)


def _row(domain: Domain, *, is_address: bool) -> dict[str, Any]:
    return {
        "domain": domain,
        "name": shown(domain.domain),
        "text_name": domains.text_name(domain),
        "is_address": is_address,
        "is_verified": domain.verified_at is not None,
        "lapses_at": domain.failing_since + domains.PATIENCE if domain.failing_since else None,
    }
