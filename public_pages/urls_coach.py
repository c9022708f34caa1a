"""A coach's own host. The names are the same for every coach; the host says whose pages they are."""

from django.urls import include, path

from public_pages.booking import (
    booking,
    cancelling,
    details,
    moving,
    page,
    papers,
    requests,
    returning,
    slots,
    zones,
)

urlpatterns = [
    path("", page.coach_page, name="coach_page"),
    path("robots.txt", page.robots, name="robots"),
    path("zone", zones.choose_zone, name="choose_zone"),
    path("book/<slug:type_slug>/", slots.session_type, name="session_type"),
    path("book/<slug:type_slug>/hold", slots.hold_slot, name="hold_slot"),
    path("b/<str:token>/", booking.booking, name="booking"),
    path("b/<str:token>/details", details.details, name="booking_details"),
    path("b/<str:token>/more-time", booking.more_time, name="booking_more_time"),
    path("b/<str:token>/pay", booking.booking_pay, name="booking_pay"),
    path("b/<str:token>/papers", booking.booking_papers, name="booking_papers"),
    path("b/<str:token>/another-time", booking.another_time, name="booking_another_time"),
    path("b/<str:token>/paid", returning.booking_return, name="booking_return"),
    path("b/<str:token>/withdraw", requests.withdraw, name="booking_withdraw"),
    path("b/<str:token>/cancel", cancelling.cancel, name="booking_cancel"),
    path("b/<str:token>/undo", cancelling.undo, name="booking_undo"),
    path("b/<str:token>/move", moving.move, name="booking_move"),
    path("b/<str:token>/move-to", moving.move_to, name="booking_move_to"),
    path("b/<str:token>/keep-time", moving.keep_time, name="booking_keep_time"),
    path("b/<str:token>/decline-move", cancelling.decline_move, name="booking_decline_move"),
    path("b/<str:token>/session.ics", papers.booking_calendar, name="booking_calendar"),
    path("b/<str:token>/receipt", papers.receipt, name="receipt"),
    path("", include("public_pages.packs.urls")),
    path("", include("public_pages.retainers.urls")),
    path("", include("public_pages.papers.urls")),
    path("", include("public_pages.payments.urls")),
    path("", include("public_pages.proposals.urls")),
    path("", include("public_pages.mails.urls")),
    path("", include("public_pages.shop.urls")),
    path("", include("public_pages.paperwork.urls")),
]
