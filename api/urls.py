"""The API on a coach's own host: for programs with a key of that practice."""

from django.urls import include, path

urlpatterns = [
    path("v1/", include("api.v1.urls")),
]
