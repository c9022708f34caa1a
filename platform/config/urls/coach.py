"""A coach's own host: the hosted page and the booking flow. Nothing here knows a user or a session."""

from django.urls import include, path

urlpatterns = [path("", include("public_pages.urls_coach"))]
