"""A coach's own host: the hosted page, the booking flow, and clients' own pages. Nothing here knows a user."""

from django.urls import include, path

urlpatterns = [
    path("my/", include("tenants.portal.urls")),
    path("", include("public_pages.urls_coach")),
]
