"""Every address of version 1. What is declared there is guarded, written down and tested by itself."""

from django.urls import path, re_path

from api.core.resources import Nothing
from api.v1 import (
    booking_changes,
    bookings,
    charges,
    clients,
    events,
    holds,
    pack_offers,
    packs,
    payments,
    payouts,
    refunds,
    retainers,
    session_types,
    slots,
    webhooks,
)

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
    path("clients", clients.Clients.as_view(), name="api_clients"),
    path("clients/<uuid:client_id>", clients.OneClient.as_view(), name="api_client"),
    path("clients/<uuid:client_id>/archive", clients.ClientArchive.as_view(), name="api_client_archive"),
    path("pack-offers", pack_offers.PackOffers.as_view(), name="api_pack_offers"),
    path("pack-offers/<uuid:pack_offer_id>", pack_offers.OnePackOffer.as_view(), name="api_pack_offer"),
    path("packs", packs.Packs.as_view(), name="api_packs"),
    path("packs/<uuid:pack_id>", packs.OnePack.as_view(), name="api_pack"),
    path("packs/<uuid:pack_id>/entries", packs.PackEntries.as_view(), name="api_pack_entries"),
    path("packs/<uuid:pack_id>/corrections", packs.PackCorrections.as_view(), name="api_pack_corrections"),
    path("charges", charges.Charges.as_view(), name="api_charges"),
    path("charges/<uuid:charge_id>", charges.OneCharge.as_view(), name="api_charge"),
    path("payments", payments.Payments.as_view(), name="api_payments"),
    path("payments/<uuid:payment_id>", payments.OnePayment.as_view(), name="api_payment"),
    path(
        "payments/<uuid:payment_id>/refund-preview",
        refunds.RefundPreview.as_view(),
        name="api_refund_preview",
    ),
    path("payments/<uuid:payment_id>/refunds", refunds.PaymentRefunds.as_view(), name="api_payment_refunds"),
    path("refunds", refunds.Refunds.as_view(), name="api_refunds"),
    path("refunds/<uuid:refund_id>", refunds.OneRefund.as_view(), name="api_refund"),
    path("retainers", retainers.Retainers.as_view(), name="api_retainers"),
    path("retainers/<uuid:retainer_id>", retainers.OneRetainer.as_view(), name="api_retainer"),
    path("payouts", payouts.Payouts.as_view(), name="api_payouts"),
    path("payouts/<uuid:payout_id>", payouts.OnePayout.as_view(), name="api_payout"),
    path("payouts/<uuid:payout_id>/lines", payouts.PayoutLines.as_view(), name="api_payout_lines"),
    path("events", events.Events.as_view(), name="api_events"),
    path("events/<uuid:event_id>", events.OneEvent.as_view(), name="api_event"),
    path("webhook-endpoints", webhooks.Endpoints.as_view(), name="api_webhook_endpoints"),
    path("webhook-endpoints/<uuid:endpoint_id>", webhooks.OneEndpoint.as_view(), name="api_webhook_endpoint"),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/secret",
        webhooks.EndpointSecret.as_view(),
        name="api_webhook_secret",
    ),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/state",
        webhooks.EndpointState.as_view(),
        name="api_webhook_state",
    ),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/test", webhooks.EndpointTest.as_view(), name="api_webhook_test"
    ),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/deliveries",
        webhooks.Deliveries.as_view(),
        name="api_webhook_deliveries",
    ),
    path(
        "webhook-deliveries/<uuid:delivery_id>/replay",
        webhooks.DeliveryReplay.as_view(),
        name="api_webhook_replay",
    ),
    re_path(r"", Nothing.as_view(), name="api_nothing"),
]
