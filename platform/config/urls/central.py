"""The central host: marketing, sign-up and sign-in, the coaches' dashboards, operators, Stripe's events."""

from django.conf import settings
from django.urls import include, path

from connect.views import stripe_events
from tenants.messaging.carriers import mail_events

urlpatterns = [
    path("stripe/events/accounts", stripe_events, {"source": "accounts"}, name="stripe_events_accounts"),
    path("stripe/events/self", stripe_events, {"source": "self"}, name="stripe_events_self"),
    path("stripe/events/sandbox", stripe_events, {"source": "sandbox"}, name="stripe_events_sandbox"),
    path("mail/events", mail_events, name="mail_events"),
    path("accounts/", include("allauth.urls")),
    path("coach/<slug:slug>/", include("tenants.dashboard.urls")),
    path("", include("operators.urls")),
    path("", include("partners.urls")),
    path("", include("public_pages.urls_central")),
    path("", include("ui.urls")),
]
if settings.DEMO:
    from ui.views import components

    urlpatterns += [path("components/", components, name="components"), path("", include("demo.urls"))]
