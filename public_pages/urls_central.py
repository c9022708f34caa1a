"""The central host outside the dashboard: marketing, sign-up's last step, and what watches the site."""

from django.urls import path

from public_pages.central import (
    coaches,
    finding,
    health,
    landing,
    marketing,
    starting,
    support,
    waitlist,
)
from public_pages.central.tls import may_have_certificate

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("how-it-works/", marketing.how_it_works, name="how_it_works"),
    path("fees/", marketing.fees, name="fees"),
    path("compared-with-invoicing/", marketing.compared, name="compared"),
    path("questions/", marketing.questions, name="questions"),
    path("robots.txt", finding.robots, name="central_robots"),
    path("sitemap.xml", finding.sitemap, name="sitemap"),
    path("start/", starting.start, name="start"),
    path("start/address", starting.address, name="start_address"),
    path("start/<slug:slug>/", starting.waiting, name="start_waiting"),
    path("waitlist/", waitlist.waitlist, name="waitlist"),
    path("waitlist/joined/", waitlist.joined, name="waitlist_joined"),
    path("invited/<str:invitation>/", waitlist.invited, name="invited"),
    path("help/", support.ask, name="help"),
    path("help/sent/", support.sent, name="help_sent"),
    path("coach/", coaches.coaches, name="coaches"),
    path("internal/tls", may_have_certificate, name="tls_ask"),
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
]
