"""Settings: the programs that are told what happens, what they were sent, and sending it again."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.webhooks import EndpointForm, NewEndpointForm, initial_of
from tenants.integrations import deliveries, endpoints
from tenants.integrations.endpoints import EndpointIsOff, NoSuchEndpoint, TooManyEndpoints
from tenants.integrations.models import WebhookEndpoint
from tenants.integrations.public_events import PUBLIC_EVENTS, UnknownKinds
from tenants.integrations.receivers import AddressRefused


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """What there is, and adding one."""
    desk = desk_of(request)
    if request.method != "POST":
        return _list(desk, NewEndpointForm())
    form = NewEndpointForm(request.POST)
    if not form.is_valid():
        return _list(desk, form, status=422)
    try:
        endpoint = endpoints.make(**form.cleaned_data, now=desk.now, actor=desk.actor)
    except (AddressRefused, UnknownKinds, TooManyEndpoints) as refusal:
        return _list(desk, _refused(form, refusal), status=422)
    messages.success(request, "Added. Give its secret to whoever wrote the program, then send a test.")
    return desk.go("webhook", endpoint.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    """One of them with its log, and changing where it leads."""
    desk = desk_of(request)
    endpoint = _found(endpoint_id)
    if request.method != "POST":
        return _one(desk, endpoint, EndpointForm(initial=initial_of(endpoint)))
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _one(desk, endpoint, form, status=422)
    try:
        endpoints.change(endpoint_id=endpoint_id, **form.cleaned_data, now=desk.now, actor=desk.actor)
    except (AddressRefused, UnknownKinds) as refusal:
        return _one(desk, endpoint, _refused(form, refusal), status=422)
    messages.success(request, "Saved. What still waits goes to this address.")
    return desk.go("webhook", endpoint_id)


@require_POST
@never_cache
def secret(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    """Show what signatures are checked with: on a press, so that nobody sees it over a shoulder."""
    desk = desk_of(request)
    endpoint = _found(endpoint_id)
    shown = endpoints.secret_of(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
    return _one(desk, endpoint, EndpointForm(initial=initial_of(endpoint)), secret=shown)


@require_POST
def rotate(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _found(endpoint_id)
    endpoints.rotate(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
    messages.success(request, "There is a new secret. The old one is good for 24 hours more.")
    return desk.go("webhook", endpoint_id)


@require_POST
def test(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _found(endpoint_id)
    try:
        endpoints.test(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
    except EndpointIsOff as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "A test is on its way. What came of it stands in the log in a moment.")
    return desk.go("webhook", endpoint_id)


@require_POST
def switch(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    """`to` is on or off."""
    desk = desk_of(request)
    _found(endpoint_id)
    if request.POST.get("to") == "on":
        endpoints.switch_on(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
        messages.success(request, "It is on. What happens from now on is sent.")
    else:
        endpoints.switch_off(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
        messages.success(request, "It is off. Nothing is sent until you switch it on.")
    return desk.go("webhook", endpoint_id)


@require_POST
def send_given_up(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _found(endpoint_id)
    try:
        count = endpoints.replay_given_up(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
    except EndpointIsOff as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"{count} message{'' if count == 1 else 's'} on the way again.")
    return desk.go("webhook", endpoint_id)


@require_POST
def send_again(request: HttpRequest, slug: str, delivery_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    try:
        delivery = deliveries.found(delivery_id)
        endpoints.replay(delivery_id=delivery_id, now=desk.now, actor=desk.actor)
    except (deliveries.NoSuchDelivery, NoSuchEndpoint) as gone:
        raise Http404(str(gone)) from gone
    except EndpointIsOff as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "It is on the way again, word for word.")
    return desk.go("webhook", delivery.endpoint_id)


@require_POST
def remove(request: HttpRequest, slug: str, endpoint_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    _found(endpoint_id)
    endpoints.remove(endpoint_id=endpoint_id, now=desk.now, actor=desk.actor)
    messages.success(request, "It is removed, and its log with it.")
    return desk.go("webhooks")


def _found(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    try:
        return endpoints.found(endpoint_id)
    except NoSuchEndpoint as gone:
        raise Http404(str(gone)) from gone


def _refused(form: EndpointForm, refusal: Exception) -> EndpointForm:
    fields: dict[type[Exception], str] = {AddressRefused: "url", UnknownKinds: "kinds"}
    field = fields.get(type(refusal))
    form.add_error(field, str(refusal))
    return form


def _list(desk: Desk, form: EndpointForm, *, status: int = 200) -> HttpResponse:
    return desk.page(
        "webhooks",
        "settings",
        status=status,
        form=form,
        endpoints=endpoints.all_endpoints(),
        most=endpoints.MOST,
        public_events=PUBLIC_EVENTS.items(),
    )


def _one(
    desk: Desk, endpoint: WebhookEndpoint, form: EndpointForm, *, status: int = 200, **shown: Any
) -> HttpResponse:
    page = deliveries.log_of(endpoint_id=endpoint.pk, number=desk.request.GET.get("page"))
    given_up = deliveries.given_up_of(endpoint_id=endpoint.pk)
    said = {"endpoint": endpoint, "form": form, "page": page, "given_up": given_up, **shown}
    return desk.page("webhook", "settings", status=status, **said)
