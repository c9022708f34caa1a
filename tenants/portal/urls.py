"""Clients' own pages, below `/my/` on the coach's host."""

from django.urls import path

from tenants.portal.views import calendar, entering, own, own_data, profile

urlpatterns = [
    path("", own.portal_home, name="portal_home"),
    path("sign-in/", entering.portal_sign_in, name="portal_sign_in"),
    path("sign-in/code/", entering.portal_code, name="portal_code"),
    path("enter/<str:enter_token>/", entering.portal_enter, name="portal_enter"),
    path("sign-out/", entering.portal_sign_out, name="portal_sign_out"),
    path("sessions/", own.portal_sessions, name="portal_sessions"),
    path("packs/", own.portal_packs, name="portal_packs"),
    path("payments/", own.portal_payments, name="portal_payments"),
    path("papers/", own.portal_papers, name="portal_papers"),
    path("calendar/", calendar.portal_calendar, name="portal_calendar"),
    path("calendar/<str:feed_token>/sessions.ics", calendar.portal_feed, name="portal_feed"),
    path("calendar/coach/<str:coach_feed_token>/sessions.ics", calendar.coach_feed, name="coach_feed"),
    path("data/", own_data.portal_data, name="portal_data"),
    path("data/download", own_data.portal_download, name="portal_download"),
    path("data/erase/", own_data.portal_erase, name="portal_erase"),
    path("profile/", profile.portal_profile, name="portal_profile"),
    path("profile/shares/<uuid:relation_id>/", profile.portal_share, name="portal_share"),
    path("profile/papers/", profile.portal_paper_details, name="portal_paper_details"),
]
