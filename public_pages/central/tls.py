"""Asked by the proxy before it gets a certificate for a host: whether that host is one of ours."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kit.limits import allows, connection_of
from tenants.registry.hosts import name_of, tenant_for_host

# A handshake with a name that the proxy has no certificate for makes it ask: anybody can cause that.
ASKED = {"most": 600, "seconds": 60}


@never_cache
@require_safe
def may_have_certificate(request: HttpRequest) -> HttpResponse:
    """200 for the central host and for a host that shows an open coach's pages, or leads to where they are
    now; 404 for any other name.

    A domain that is claimed and not verified has none: nobody gets certificates for a stranger's name.
    """
    if not allows("tls-ask", connection_of(request) or "proxy", **ASKED):
        return _said("Ask again in a minute.", 429)
    name = name_of(request.GET.get("domain", ""))
    if name in settings.CENTRAL_HOSTS:
        return _said("ours", 200)
    tenant = tenant_for_host(name) if name else None
    return _said("ours", 200) if tenant and tenant.answers else _said("not ours", 404)


def _said(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
