"""The central host's addresses and the floors'."""

from django.urls import path

from config.urls.central import urlpatterns as site
from tests.bench import floors

urlpatterns = [*site, path("bench/empty", floors.empty), path("bench/insert", floors.insert)]
