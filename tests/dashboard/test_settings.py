"""Offers and settings: what is typed is kept, what is wrong is told, what is saved holds."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect import gateway
from connect.models import ConnectAccount
from kit import clock
from tenants.dashboard.stripe_words import requirements_in_words
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice, practice
from tenants.registry.models import Tenant
from tenants.scheduling import hours
from tests import worlds
from tests.dashboard.desk import Coach

TYPED = {
    "name": "Lesson",
    "duration_min": "45",
    "price": "80.50",
    "place": "in_person",
    "place_detail": "5 Mill Lane",
    "description": "",
    "minimum_notice_min": "1440",
    "horizon_days": "30",
    "buffer_before_min": "0",
    "buffer_after_min": "15",
    "group_name": "",
    "answer_within_hours": "48",
}


def types(tenant: Tenant) -> list[SessionType]:
    with tenant_context(tenant):
        return list(SessionType.objects.order_by("position"))


def test_a_session_type_is_offered_as_typed(anna: Tenant) -> None:
    assert Coach(anna).post("offers/new/", TYPED).status_code == 303
    (kind,) = types(anna)
    assert (kind.price_minor, kind.currency, kind.duration_min) == (8050, "eur", 45)
    assert (kind.minimum_notice_min, kind.buffer_after_min) == (1440, 15)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("price", "", "Type a price, or 0 to make it free."),
        ("price", "eighty", "is not an amount"),
        ("price", "0.30", "Cards take"),
        ("duration_min", "3", "greater than or equal to 5"),
        ("name", "", "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(anna: Tenant, field: str, typed: str, said: str) -> None:
    answer = Coach(anna).post("offers/new/", {**TYPED, field: typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="5 Mill Lane"' in page
    assert types(anna) == []


def test_the_preview_tells_the_rule_and_saves_nothing(anna: Tenant) -> None:
    answer = Coach(anna).post("offers/new/", {**TYPED, "preview": "1"})
    page = answer.content.decode()
    assert "45 minutes for €80.50, paid when booking" in page
    assert "until 1 day before it begins" in page
    assert "You keep 15 minutes after it free." in page
    assert types(anna) == []


def test_session_types_are_edited_moved_and_taken_off(anna: Tenant) -> None:
    one, two = worlds.session_type(anna, name="One"), worlds.session_type(anna, name="Two")
    coach = Coach(anna)
    coach.post(f"offers/{two.pk}/move", {"to": "up"})
    assert [kind.name for kind in types(anna)] == ["Two", "One"]
    coach.post(f"offers/{one.pk}/switch", {"to": "off"})
    assert [kind.is_active for kind in types(anna)] == [True, False]
    coach.post(f"offers/{one.pk}/", {**TYPED, "name": "First", "price": "0"})
    assert types(anna)[1].name == "First"
    assert types(anna)[1].price_minor == 0
    assert types(anna)[1].is_active is False


def test_priced_sessions_say_that_they_cannot_be_booked_without_stripe(anna: Tenant) -> None:
    worlds.session_type(anna, price_minor=0)
    coach = Coach(anna)
    assert "cannot be booked now" not in coach.read("offers/")
    worlds.session_type(anna, price_minor=5000)
    assert "cannot be booked now" in coach.read("offers/")


# --- practice and cancelling ------------------------------------------------------------------------


def test_the_practice_and_the_coachs_name_are_changed(anna: Tenant, ben: Tenant) -> None:
    typed = {
        "name": "Anna Berg",
        "headline": "Runs",
        "about": "",
        "contact_email": "",
        "timezone": "America/New_York",
        "locale": "en_US",
    }
    coach = Coach(anna)
    assert coach.post("settings/practice/", typed).status_code == 303
    page = coach.read("settings/")
    assert "Anna Berg" in page
    assert "New York, GMT-" in page
    anna.refresh_from_db()
    assert (anna.name, anna.slug) == ("Anna Berg", "anna")
    assert "Anna Berg" not in Coach(ben).read("settings/")


def test_an_address_that_is_too_long_is_refused(anna: Tenant) -> None:
    typed = {"name": "Anna", "contact_email": f"{'a' * 250}@example.com"}
    answer = Coach(anna).post("settings/practice/", typed)
    assert answer.status_code == 422
    assert "at most 254 characters" in answer.content.decode()


def test_a_zone_that_is_none_is_refused(anna: Tenant) -> None:
    answer = Coach(anna).post("settings/practice/", {"name": "Anna", "timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()


def test_the_rule_for_cancelling_is_shown_before_it_is_saved(anna: Tenant) -> None:
    coach = Coach(anna)
    shown = coach.post("settings/cancelling/", {"cancel_window_hours": "48", "preview": "1"})
    assert "can be cancelled free of charge until" in shown.content.decode()
    with tenant_context(anna):
        assert (practice().cancel_window_hours, practice().policy_agreed_at) == (24, None)
    assert coach.post("settings/cancelling/", {"cancel_window_hours": "48"}).status_code == 303
    with tenant_context(anna):
        assert practice().cancel_window_hours == 48
        assert practice().policy_agreed_at
    assert coach.post("settings/cancelling/", {"cancel_window_hours": "900"}).status_code == 422


# --- reminders --------------------------------------------------------------------------------------


def test_reminders_are_set_each_once_and_can_be_switched_off(anna: Tenant) -> None:
    coach = Coach(anna)
    page = coach.read("settings/reminders/")
    assert '<option value="24" selected>24 hours before</option>' in page
    assert "Sent 24 hours before a session" in coach.read("settings/")
    told = []
    for chosen in (("2", "72"), ("48", "48"), ("", "24"), ("", "")):
        sent = coach.post("settings/reminders/", dict(zip(("first", "second"), chosen, strict=True)))
        assert sent.status_code == 303
        with tenant_context(anna):
            told.append(practice().reminder_hours)
    assert told == [[72, 2], [48], [24], []]
    assert "None are sent" in coach.read("settings/")


def test_a_reminder_that_comes_after_the_time_to_cancel_is_pointed_out(anna: Tenant) -> None:
    coach, said = Coach(anna), "Clients can cancel free of charge until 24 hours before a session"
    assert said in coach.read("settings/reminders/")
    coach.post("settings/reminders/", {"first": "48", "second": "2"})
    assert said not in coach.read("settings/reminders/")


def test_a_reminder_at_a_time_that_is_no_choice_is_refused(anna: Tenant) -> None:
    answer = Coach(anna).post("settings/reminders/", {"first": "25", "second": "2"})
    assert answer.status_code == 422
    assert 'value="2" selected' in answer.content.decode(), "what was chosen is kept"
    with tenant_context(anna):
        assert practice().reminder_hours == [24]


# --- hours ------------------------------------------------------------------------------------------


def week(tenant: Tenant) -> list[tuple[int, time, time]]:
    with tenant_context(tenant):
        return [(each.weekday, each.starts, each.ends) for each in hours.weekly()]


def test_several_ranges_a_day_are_saved(anna: Tenant) -> None:
    typed = {"starts-0": ["9", "14:00"], "ends-0": ["12:30", "24:00"], "starts-6": [""], "ends-6": [""]}
    assert Coach(anna).post("settings/hours/", typed).status_code == 303
    assert week(anna) == [(0, time(9), time(12, 30)), (0, time(14), time(0))]
    with tenant_context(anna):
        assert practice().hours_agreed_at


def test_ranges_are_added_and_dropped_by_buttons_and_nothing_is_saved_by_them(anna: Tenant) -> None:
    before = week(anna)
    coach = Coach(anna)
    typed = {"starts-2": ["8:15"], "ends-2": ["9"]}
    added = coach.post("settings/hours/", {**typed, "add": "2"}).content.decode()
    assert added.count('name="starts-2"') == 2
    assert 'value="8:15"' in added
    dropped = coach.post("settings/hours/", {**typed, "drop": "2-0"}).content.decode()
    assert 'name="starts-2"' not in dropped
    assert week(anna) == before


@pytest.mark.parametrize(("starts", "ends"), [("17", "9"), ("9", ""), ("soon", "later"), ("9", "9")])
def test_hours_that_make_no_sense_are_told_beside_the_day(anna: Tenant, starts: str, ends: str) -> None:
    before = week(anna)
    answer = Coach(anna).post("settings/hours/", {"starts-3": [starts], "ends-3": [ends]})
    assert answer.status_code == 422
    assert "Thursday: " in answer.content.decode()
    assert f'value="{starts}"' in answer.content.decode()
    assert week(anna) == before


def test_a_date_gets_other_hours_and_its_usual_ones_back(anna: Tenant) -> None:
    coach = Coach(anna)
    day = (clock.now() + timedelta(days=10)).date()
    coach.post("settings/dates/", {"day": str(day), "starts": "10", "ends": "11"})
    with tenant_context(anna):
        (row,) = hours.exceptions(since=day)
    assert (row.date, row.starts, row.ends) == (day, time(10), time(11))
    assert "10:00–11:00" in coach.read("settings/dates/")
    coach.post("settings/dates/", {"day": str(day)})
    assert "Closed" in coach.read("settings/dates/")
    coach.post(f"settings/dates/{day}/clear")
    with tenant_context(anna):
        assert hours.exceptions(since=day) == []
    assert coach.post("settings/dates/", {"day": str(date(2020, 1, 1))}).status_code == 422
    assert coach.post("settings/dates/never/clear").status_code == 404


def test_time_off_is_on_the_coachs_clock_and_can_be_ended(anna: Tenant) -> None:
    coach = Coach(anna)
    first = (clock.now() + timedelta(days=10)).date()
    coach.post(
        "settings/time-off/", {"first": str(first), "last": str(first + timedelta(days=1)), "note": "Sea"}
    )
    with tenant_context(anna):
        (row,) = hours.time_off(since=clock.now())
    assert row.ends_at - row.starts_at > timedelta(days=2) - timedelta(hours=2)
    assert row.starts_at.astimezone(clock.zone("Europe/Berlin")).time() == time(0)
    assert "Sea" in coach.read("settings/time-off/")
    backwards = {"first": str(first), "last": str(first - timedelta(days=1))}
    assert coach.post("settings/time-off/", backwards).status_code == 422
    coach.post(f"settings/time-off/{row.pk}/end")
    with tenant_context(anna):
        assert hours.time_off(since=clock.now()) == []


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "2030-01-01"), ("2030-01-01", "9999-12-31")])
@pytest.mark.parametrize("tz", ["Europe/Berlin", "America/New_York"])
def test_time_off_for_ever_is_refused_in_words(anna: Tenant, first: str, last: str, tz: str) -> None:
    with tenant_context(anna):
        change_practice(now=clock.now(), timezone=tz)
    answer = Coach(anna).post("settings/time-off/", {"first": first, "last": last})
    assert answer.status_code == 422
    assert "Choose a day" in answer.content.decode()


# --- Stripe -----------------------------------------------------------------------------------------


def test_connecting_leads_to_stripe_and_back_to_a_state_that_was_asked_for(
    anna: Tenant, stripe: object
) -> None:
    coach = Coach(anna)
    assert "Not connected yet" in coach.read("settings/stripe/")
    answer = coach.post("stripe/connect")
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{stripe.url}/setup/")
    assert "Continue at Stripe" in coach.read("settings/stripe/")
    account = ConnectAccount.objects.get(schema_name=anna.schema_name)
    stripe.activate(account.account_id)
    assert coach.get("stripe/return").status_code == 303
    assert "Ready for payments" in coach.read("settings/stripe/")
    assert ConnectAccount.objects.count() == 1


def test_when_stripe_does_not_answer_it_is_said_in_words(anna: Tenant, settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    coach = Coach(anna)
    assert coach.post("stripe/connect")["Location"] == f"{coach.base}settings/stripe/"
    assert "Stripe did not answer. Nothing is lost" in coach.read("settings/stripe/")


def test_coming_back_while_stripe_refuses_to_answer_is_said_in_words(
    shop: worlds.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_which: object) -> None:
        raise gateway.GatewayMissing("resource_missing", None, "No such account.")

    monkeypatch.setattr(gateway, "fetch_account", refuse)
    coach = Coach(shop.tenant)
    assert coach.get("stripe/return").status_code == 303
    assert "Stripe did not answer" in coach.read("settings/stripe/")


def test_a_link_that_ran_out_is_made_anew_by_a_press_only(shop: worlds.Shop) -> None:
    coach = Coach(shop.tenant)
    assert "That link has run out" in coach.read("stripe/refresh")
    assert coach.get("stripe/connect").status_code == 405


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("individual.verification.document", "a photo of your identity document"),
        ("identity.individual.documents.primary_verification", "a photo of your identity document"),
        ("individual.dob.day", "your date of birth"),
        ("identity.individual.date_of_birth", "your date of birth"),
        ("external_account", "the bank account that payouts go to"),
        ("defaults.payout_methods", "the bank account that payouts go to"),
        ("business_profile.mcc", "what kind of work you do"),
        ("individual.address.postal_code", "your address"),
        ("tos_acceptance.date", "that you accept Stripe’s terms"),
        ("company.directors_provided", "company: directors provided"),
        ("identity.individual.relationship.is_owner", "relationship: is owner"),
    ],
)
def test_what_stripe_asks_for_is_told_in_words(key: str, words: str) -> None:
    assert requirements_in_words([key]) == [words]


def test_what_is_asked_for_in_three_keys_is_told_once() -> None:
    keys = ["individual.dob.day", "individual.dob.month", "individual.dob.year"]
    assert requirements_in_words(keys) == ["your date of birth"]
