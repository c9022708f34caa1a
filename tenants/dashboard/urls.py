"""The coach's dashboard, below `/coach/<slug>/`. Who may be here is decided by the registry's middleware."""

from django.urls import path

from tenants.dashboard.views import (
    bookings,
    calendar,
    clients,
    hours,
    money,
    offers,
    practice,
    setup,
    stripe,
    today,
)

urlpatterns = [
    path("", today.today, name="dashboard_today"),
    path("setup/hours", setup.agree_hours, name="dashboard_agree_hours"),
    path("setup/policy", setup.agree_policy, name="dashboard_agree_policy"),
    path("setup/shared", setup.link_shared, name="dashboard_link_shared"),
    path("calendar/", calendar.calendar, name="dashboard_calendar"),
    path("booking/<uuid:booking_id>/", bookings.booking, name="dashboard_booking"),
    path("booking/<uuid:booking_id>/attendance", bookings.attendance, name="dashboard_attendance"),
    path("clients/", clients.clients, name="dashboard_clients"),
    path("clients/<uuid:client_id>/", clients.client, name="dashboard_client"),
    path("money/", money.money, name="dashboard_money"),
    path("money/earnings.csv", money.earnings_csv, name="dashboard_earnings_csv"),
    path("offers/", offers.offers, name="dashboard_offers"),
    path("offers/new/", offers.new, name="dashboard_offer_new"),
    path("offers/templates", offers.from_template, name="dashboard_offer_template"),
    path("offers/<uuid:session_type_id>/", offers.edit, name="dashboard_offer"),
    path("offers/<uuid:session_type_id>/move", offers.move, name="dashboard_offer_move"),
    path("offers/<uuid:session_type_id>/switch", offers.switch, name="dashboard_offer_switch"),
    path("settings/", practice.settings, name="dashboard_settings"),
    path("settings/practice/", practice.profile, name="dashboard_practice"),
    path("settings/cancelling/", practice.cancelling, name="dashboard_cancelling"),
    path("settings/hours/", hours.weekly, name="dashboard_hours"),
    path("settings/dates/", hours.dates, name="dashboard_dates"),
    path("settings/dates/<str:day>/clear", hours.clear_date, name="dashboard_date_clear"),
    path("settings/time-off/", hours.time_off, name="dashboard_time_off"),
    path("settings/time-off/<uuid:time_off_id>/end", hours.end_time_off, name="dashboard_time_off_end"),
    path("settings/stripe/", stripe.stripe, name="dashboard_stripe"),
    path("stripe/connect", stripe.connect, name="dashboard_stripe_connect"),
    path("stripe/return", stripe.returned, name="dashboard_stripe_return"),
    path("stripe/refresh", stripe.link_ran_out, name="dashboard_stripe_refresh"),
]
