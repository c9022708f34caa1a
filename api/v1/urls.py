"""Every address of version 1. What is declared there is guarded, written down and tested by itself."""

from django.urls import path, re_path

from api.core.resources import Nothing
from api.v1 import booking_changes, bookings, holds, session_types, slots

urlpatterns = [
    path("session-types", session_types.SessionTypes.as_view(), name="api_session_types"),
    path(
        "session-types/<uuid:session_type_id>",
        session_types.OneSessionType.as_view(),
        name="api_session_type",
    ),
    path("slots", slots.Slots.as_view(), name="api_slots"),
    path("holds", holds.Holds.as_view(), name="api_holds"),
    path("holds/<uuid:hold_id>", holds.OneHold.as_view(), name="api_hold"),
    path("holds/<uuid:hold_id>/renewal", holds.HoldRenewal.as_view(), name="api_hold_renewal"),
    path("bookings", bookings.Bookings.as_view(), name="api_bookings"),
    path("bookings/<uuid:booking_id>", bookings.OneBooking.as_view(), name="api_booking"),
    path(
        "bookings/<uuid:booking_id>/cancellation",
        booking_changes.BookingCancellation.as_view(),
        name="api_booking_cancellation",
    ),
    path("bookings/<uuid:booking_id>/time", booking_changes.BookingTime.as_view(), name="api_booking_time"),
    path(
        "bookings/<uuid:booking_id>/attendance",
        booking_changes.BookingAttendance.as_view(),
        name="api_booking_attendance",
    ),
    re_path(r"", Nothing.as_view(), name="api_nothing"),
]
