"""A coach's own host. The names are the same for every coach; the host says whose pages they are."""

from django.urls import path

from public_pages.booking import booking, page, papers, returning, slots, zones

urlpatterns = [
    path("", page.coach_page, name="coach_page"),
    path("robots.txt", page.robots, name="robots"),
    path("zone", zones.choose_zone, name="choose_zone"),
    path("book/<slug:type_slug>/", slots.session_type, name="session_type"),
    path("book/<slug:type_slug>/hold", slots.hold_slot, name="hold_slot"),
    path("b/<str:token>/", booking.booking, name="booking"),
    path("b/<str:token>/details", booking.details, name="booking_details"),
    path("b/<str:token>/more-time", booking.more_time, name="booking_more_time"),
    path("b/<str:token>/pay", booking.booking_pay, name="booking_pay"),
    path("b/<str:token>/another-time", booking.another_time, name="booking_another_time"),
    path("b/<str:token>/paid", returning.booking_return, name="booking_return"),
    path("b/<str:token>/session.ics", papers.booking_calendar, name="booking_calendar"),
    path("b/<str:token>/receipt", papers.receipt, name="receipt"),
]
