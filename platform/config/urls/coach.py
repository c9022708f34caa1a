"""A coach's own host: public pages, the booking flow, and clients' own pages. Nobody is a user here."""

from django.urls import include, path

urlpatterns = [
    path("my/", include("tenants.portal.urls")),
    path("api/", include("api.urls")),
    path("", include("public_pages.urls_coach")),
    path("", include("ui.urls")),
]
