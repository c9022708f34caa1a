"""The authorisation server (RFC 6749 with PKCE): a coach allows, and a program fetches its tokens."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.views.decorators.http import require_http_methods, require_safe
from oauth2_provider.models import get_access_token_model, get_application_model
from oauth2_provider.views import AuthorizationView, RevokeTokenView, TokenView

from accounts.sessions import signed_in
from kit import limits
from kit.actors import Actor
from kit.clock import now
from partners import accesses
from partners.forms import ConsentForm, SandboxForm, practices_of
from tenants.integrations.keys import digest_of
from tenants.integrations.scopes import SCOPES
from tenants.registry import sandboxes
from tenants.registry.models import Tenant
from tenants.registry.pages import page_address

GRANTS = ("authorization_code", "refresh_token")
TRIES, WITHIN_SECONDS = 60, 60
NO_PRACTICE = "You have no open practice that a program could work in. Nothing was allowed."


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """What programs can do here, how they are let in, and a sandbox for whoever writes one."""
    if request.method != "POST":
        return _home(request, SandboxForm())
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    form = SandboxForm(request.POST)
    if not form.is_valid():
        return _home(request, form, status=422)
    user = signed_in(request)
    try:
        made = sandboxes.make(
            user=user,
            timezone="UTC",
            country=form.country,
            currency=form.cleaned_data["currency"],
            now=now(),
            actor=Actor("coach", str(user.pk), str(user)),
        )
    except (sandboxes.TooMany, sandboxes.NotOffered) as refused:
        form.add_error(None, str(refused))
        return _home(request, form, status=409)
    return redirect("dashboard_today", slug=made.slug)


def _home(request: HttpRequest, form: SandboxForm, status: int = 200) -> HttpResponse:
    mine = sandboxes.of_user(request.user) if request.user.is_authenticated else []
    context = {"form": form, "offered": sandboxes.are_offered(), "mine": mine, "scopes": SCOPES.items()}
    return render(request, "partners/home.html", context, status=status)


class Consent(AuthorizationView):
    """Who asks, for which practice, and what it may do there, in words; one press allows, one refuses."""

    template_name = "partners/consent.html"
    form_class = ConsentForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not practices_of(signed_in(request)).exists():
            messages.info(request, NO_PRACTICE)
            return redirect("coaches", permanent=False)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        # The form is answered by a redirect to the program, and browsers hold the whole chain to the policy.
        if self.back:
            response._csp_update = {"form-action": [self.back]}  # type: ignore[attr-defined]
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The library refuses this only once the coach has pressed.
        if request.GET.get("code_challenge") and request.GET.get("code_challenge_method") != "S256":
            refused = {"error": {"description": "code_challenge_method must be S256 (RFC 9700, 2.1.1)."}}
            unsafe: HttpResponse = self.render_to_response(refused, status=400)
            return unsafe
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": signed_in(self.request)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Rendered again after a mistake, the page knows of the program by what was sent."""
        asked = str(self.said.get("scope", "")).split()
        context.setdefault("application", self.program)
        context["sentences"] = [SCOPES[scope] for scope in SCOPES if scope in asked]
        context["practices"] = practices_of(signed_in(self.request))
        context["back"] = self.back
        found: dict[str, Any] = super().get_context_data(**context)
        return found

    def form_valid(self, form: ConsentForm) -> HttpResponse:
        answer = form.cleaned_data
        # What the program itself may have asked for here is never taken: the coach's choice is.
        answer["resource"] = ""
        if answer["allow"]:
            access = accesses.allow(
                application_id=self.program.pk,
                tenant=answer["practice"],
                user=signed_in(self.request),
                scopes=answer["scope"].split(),
                now=now(),
            )
            answer["resource"] = accesses.resource_of(access)
        response: HttpResponse = super().form_valid(form)
        return response

    @property
    def said(self) -> QueryDict:
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @cached_property
    def program(self) -> Any:
        """Whose client id was sent; None for nobody's."""
        return get_application_model().objects.filter(client_id=self.said.get("client_id", "")).first()

    @cached_property
    def back(self) -> str:
        """Where the answer goes, if that address is one of the program's own."""
        address = self.said.get("redirect_uri", "")
        if self.program is None or not self.program.redirect_uri_allowed(address):
            return ""
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}"


class Tokens(TokenView):
    """A code, or a refresh token, for tokens; and where the practice's API is, which a token opens."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not limits.allows("oauth", limits.connection_of(request), most=TRIES, seconds=WITHIN_SECONDS):
            slow_down = {"error": "slow_down", "error_description": "Too many tries. Wait a minute."}
            return JsonResponse(slow_down, status=429, headers={"Retry-After": str(WITHIN_SECONDS)})
        if request.POST.get("grant_type") not in GRANTS:
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code == 200:
            response.content = json.dumps({**(said := json.loads(response.content)), **_where(said)}).encode()
        return response


class Revoke(RevokeTokenView):
    """RFC 7009: the program gives a token back."""


@require_safe
def metadata(_request: HttpRequest) -> JsonResponse:
    """RFC 8414: what a client library asks first."""
    home = f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}"
    return JsonResponse(
        {
            "issuer": home,
            "authorization_endpoint": f"{home}/oauth/authorize",
            "token_endpoint": f"{home}/oauth/token",
            "revocation_endpoint": f"{home}/oauth/revoke",
            "response_types_supported": ["code"],
            "grant_types_supported": list(GRANTS),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": list(SCOPES),
        }
    )


def _where(said: dict[str, Any]) -> dict[str, str]:
    digest = digest_of(said["access_token"])
    token = get_access_token_model().objects.get(token_checksum=digest)
    access = accesses.living_of(token.resource)
    if access is None:
        return {}
    practice = Tenant.objects.get(schema_name=access.schema_name)
    return {"practice": practice.name, "api": f"{page_address(practice)}/api/v1/"}
