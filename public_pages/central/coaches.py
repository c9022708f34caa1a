from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.sessions import signed_in
from tenants.registry.models import Membership


@login_required
@require_safe
def coaches(request: HttpRequest) -> HttpResponse:
    """The user's only dashboard, a choice among several, or the way to a first one."""
    memberships = list(
        Membership.objects.filter(user=signed_in(request)).select_related("tenant").order_by("tenant__name")
    )
    if not memberships:
        return redirect("start")
    if len(memberships) == 1:
        return redirect(f"/coach/{memberships[0].tenant.slug}/")
    return render(request, "public_pages/central/coaches.html", {"memberships": memberships})
