"""What stands in the mails: times, names, the calendar file, and links that lead somewhere."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.urls import resolve

from kit.actors import STRIPE
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.scheduling.holds import tell_released
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, COACH, asked, later, lesson, lost, refunded, settled, sold
from tests.worlds import Shop

# The clocks of Berlin go forward at 02:00 on 30 March 2031 and back at 03:00 on 26 October 2031.
SPRING = datetime(2031, 3, 30, 0, 30, tzinfo=UTC)
AUTUMN = datetime(2031, 10, 26, 0, 30, tzinfo=UTC)


def booked(shop: Shop, at: datetime, *, timezone: str = "Europe/Berlin", **fields: object) -> None:
    asked(shop, lesson(shop, price_minor=0, horizon_days=365, **fields), at=at, timezone=timezone)
    mailroom.work_off()


def when_lines(address: str) -> list[str]:
    return re.findall(r"^(?:When|For [\w ]+): (.*)$", mailroom.sent_to(address).body, re.MULTILINE)


def test_an_hour_that_the_clock_repeats_is_told_by_its_offset(shop: Shop) -> None:
    booked(shop, AUTUMN)

    (when,) = when_lines(CLIENT)
    assert when == "Sunday 26 October 2031, 02:30 (GMT+2) – 02:30 (GMT+1) (Berlin, GMT+2)"
    event = mailroom.calendar_of(mailroom.sent_to(CLIENT)).walk("VEVENT")[0]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (AUTUMN, AUTUMN + timedelta(hours=1))


def test_a_session_over_the_hour_that_is_left_out_ends_when_the_clock_says(shop: Shop) -> None:
    with later(shop, days=290):
        at = datetime(2032, 3, 28, 0, 30, tzinfo=UTC)
        booked(shop, at)
    assert when_lines(CLIENT) == ["Sunday 28 March 2032, 01:30 – 03:30 (Berlin, GMT+1)"]


def test_zones_that_differ_only_for_some_weeks_are_both_named_then(shop: Shop) -> None:
    """London and New York change on other days: between those the usual distance is not true."""
    booked(shop, datetime(2031, 10, 28, 15, 0, tzinfo=UTC), timezone="America/New_York")
    assert when_lines(CLIENT) == [
        "Tuesday 28 October 2031, 11:00 – 12:00 (New York, GMT-4)",
        "16:00 (Berlin, GMT+1)",
    ]


def test_where_it_is_another_day_the_day_is_named(shop: Shop) -> None:
    booked(shop, datetime(2031, 6, 10, 21, 0, tzinfo=UTC), timezone="Pacific/Auckland")
    assert when_lines(CLIENT) == [
        "Wednesday 11 June 2031, 09:00 – 10:00 (Auckland, GMT+12)",
        "Tuesday 10 June 2031, 23:00 (Berlin, GMT+2)",
    ]
    assert when_lines(COACH) == [
        "Tuesday 10 June 2031, 23:00 – Wednesday 11 June 2031, 00:00 (Berlin, GMT+2)",
        "Wednesday 11 June 2031, 09:00 (Auckland, GMT+12)",
    ]
    assert "Wed 11 June, 09:00" in mailroom.sent_to(CLIENT).subject
    assert "Tue 10 June, 23:00" in mailroom.sent_to(COACH).subject


@pytest.mark.parametrize("timezone", ["Europe/Paris", "", "Mars/Olympus"])
def test_zones_with_the_same_clock_or_unknown_ones_are_told_once(shop: Shop, timezone: str) -> None:
    booked(shop, mailroom.TUESDAY, timezone=timezone)
    assert len(when_lines(CLIENT)) == len(when_lines(COACH)) == 1
    assert "17:00" in when_lines(CLIENT)[0]


def test_in_person_only_the_clock_of_the_place_counts(shop: Shop) -> None:
    booked(shop, mailroom.TUESDAY, timezone="America/New_York", place="in_person", place_detail="Court 4")
    assert when_lines(CLIENT) == ["Tuesday 10 June 2031, 17:00 – 18:00 (Berlin, GMT+2)"]


def test_an_american_practice_writes_as_americans_do(shop: Shop) -> None:
    mailroom.change_practice(shop, locale="en_US")
    booked(shop, mailroom.TUESDAY)
    assert mailroom.sent_to(CLIENT).subject == "Confirmed: Tennis lesson, Tue, Jun 10, 5:00 PM"
    assert '<html lang="en-us">' in mailroom.html_of(mailroom.sent_to(CLIENT))


def test_names_cannot_begin_a_header(shop: Shop) -> None:
    evil = "Cleo\r\nBcc: all@example.com\x85\u2028<b>"
    asked(shop, lesson(shop, price_minor=0, name="Talk\nBcc: all@example.com"), name=evil)
    mailroom.work_off()

    for address in (CLIENT, COACH):
        message = mailroom.sent_to(address)
        written = message.message()
        assert written["Bcc"] is None
        assert message.recipients() == [address]
        assert "\n" not in message.subject
        assert "\nBcc:" not in written.as_string()
    assert mailroom.sent_to(COACH).subject.startswith("New booking: Cleo Bcc: all@example.com <b>, Talk Bcc:")
    assert "<b>" not in mailroom.html_of(mailroom.sent_to(COACH))
    assert not re.search(rb"^BCC", mailroom.file_of(mailroom.sent_to(COACH)).get_payload(decode=True), re.M)


def test_a_coachs_name_is_only_a_name(shop: Shop) -> None:
    name = 'Anna "Ace" <win@prize.example>,\r\nx'
    with worlds.schema_context("public"):
        type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(name=name)
    booked(shop, mailroom.TUESDAY)
    sender = mailroom.sent_to(CLIENT).message()["From"]
    assert sender.endswith("<hello@upfront.example>")
    assert "\n" not in sender


def test_the_calendar_file_stays_one_entry_from_booking_to_cancelling(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    asked_for = mailroom.calendar_of(mailroom.sent_to(CLIENT))
    assert mailroom.file_of(mailroom.sent_to(CLIENT)).get_param("method") == "REQUEST"  # type: ignore[union-attr]
    refunded(shop, booking, None)
    called_off = mailroom.calendar_of(mailroom.sent_to(CLIENT))

    first, last = (each.walk("VEVENT")[0] for each in (asked_for, called_off))
    assert (asked_for["METHOD"], called_off["METHOD"]) == ("REQUEST", "CANCEL")
    assert first["UID"] == last["UID"] == f"{booking.pk}@anna.localhost"
    assert last["SEQUENCE"] > first["SEQUENCE"]
    assert "45.00" not in str(first["DESCRIPTION"])


def test_the_coach_is_given_no_secret_of_the_clients(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    refunded(shop, booking, None)
    for message in mail.outbox:
        if message.to == [COACH]:
            assert "/b/" not in message.body + mailroom.html_of(message)  # type: ignore[arg-type]
            assert b"/b/" not in mailroom.file_of(message).get_payload(decode=True)  # type: ignore[arg-type, union-attr]


def test_a_release_says_that_nothing_was_charged_and_what_the_bank_may_show(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    worlds.pay(shop, booking)
    lost(shop, booking)
    settled(shop, booking)

    body = mailroom.sent_to(CLIENT).body
    assert body.startswith("Nothing was charged.")
    assert "pending for up to 7 days" in body
    assert body.count("#times") == 3


def test_where_nothing_was_authorised_nothing_is_said_of_the_bank(shop: Shop) -> None:
    booking = asked(shop, lesson(shop))
    with later(shop, minutes=32):
        settled(shop, booking)
    assert "pending" not in mailroom.sent_to(CLIENT).body


@pytest.mark.parametrize("capture_before", [mailroom.TUESDAY, None])
def test_a_second_payment_that_was_let_go_leaves_the_booking_as_it_is(
    shop: Shop, capture_before: datetime | None
) -> None:
    """Two pages were open, since Stripe could not be asked to close the first; both were paid."""
    booking = sold(shop, lesson(shop))
    first = worlds.attempt_for(shop.tenant, booking)
    with worlds.tenant_context(shop.tenant), transaction.atomic():
        PaymentAttempt.objects.create(
            charge_id=first.charge_id,
            status=AttemptStatus.RELEASED,
            account_id=first.account_id,
            amount_minor=4500,
            currency="eur",
            parameters={},
            expires_at=first.expires_at,
            capture_before=capture_before,
        )
        tell_released(worlds.Booking.objects.get(), reason="payment_released", now=mailroom.NOW, actor=STRIPE)
    mailroom.work_off()

    message = mailroom.sent_to(CLIENT)
    assert message.subject.startswith("Paid once")
    assert "Your booking stands." in message.body
    # Without that date no bank has set anything aside.
    assert ("pending for up to 7 days" in message.body) == (capture_before is not None)
    assert "Nothing was charged" not in message.body


def test_a_type_that_is_not_offered_any_more_is_not_recommended(shop: Shop) -> None:
    kind = lesson(shop)
    booking = asked(shop, kind)
    with worlds.tenant_context(shop.tenant):
        worlds.session_types.edit(session_type_id=kind.pk, is_active=False)
    with later(shop, minutes=32):
        settled(shop, booking)
    assert "#times" not in mailroom.sent_to(CLIENT).body


def test_text_and_page_say_the_same(shop: Shop) -> None:
    sold(shop, lesson(shop))
    for address in (CLIENT, COACH):
        message = mailroom.sent_to(address)
        page = mailroom.html_of(message)
        for line in filter(None, message.body.splitlines()):
            words = line.split(": ", 1)[-1]
            assert words == "--" or words in page, words


def test_every_link_leads_to_a_page(shop: Shop) -> None:
    booking = sold(shop, lesson(shop))
    refunded(shop, booking, None)
    abandoned = asked(shop, lesson(shop, name="Another"), at=mailroom.TUESDAY + timedelta(hours=3))
    with later(shop, minutes=32):
        settled(shop, abandoned)
    shop.stripe.restrict(shop.account_id)
    mailroom.stripe_says(shop, "stripe.restricted")

    pages = "".join(mailroom.html_of(message) for message in mail.outbox)  # type: ignore[arg-type]
    addresses = {urlsplit(href) for href in re.findall(r'href="(http://[^"]*localhost[^"]*)"', pages)}
    names = {
        resolve(
            address.path,
            urlconf=settings.COACH_URLCONF if address.netloc == shop.host else settings.ROOT_URLCONF,
        ).url_name
        for address in addresses
    }
    assert names == {
        "booking",
        "receipt",
        "session_type",
        "dashboard_booking",
        "dashboard_stripe",
    }
