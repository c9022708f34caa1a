"""The API on a coach's own host: for programs with a key of that practice, and a page that explains it."""

from django.urls import include, path

from api.document import openapi
from api.page import about

urlpatterns = [
    path("", about, name="api_about"),
    path("openapi.json", openapi, name="api_openapi"),
    path("v1/", include("api.v1.urls")),
]
