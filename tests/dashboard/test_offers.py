"""The form of a session type: extras as rows that need no script, and sessions on request."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from tenants.offers.extras import MOST_EXTRAS, Extra, extras_of
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_settings import TYPED

COURT, RACKET = Extra("Court", 1000), Extra("Racket", 550, required=False)


def typed(*extras: tuple[str, str, str, str], **others: str) -> dict[str, str]:
    """A whole form with rows of id, name, price and when it is paid."""
    rows = {
        f"extra-{number}-{name}": text
        for number, row in enumerate(extras)
        for name, text in zip(("id", "name", "price", "when"), row, strict=True)
    }
    return {**TYPED, **rows, **others}


def as_typed(extra: Extra) -> tuple[str, str, str, str]:
    price = f"{extra.price_minor / 100:.2f}"
    return (extra.id, extra.name, price, "always" if extra.required else "asked")


def kept(tenant: Tenant) -> SessionType:
    with tenant_context(tenant):
        return SessionType.objects.get()


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    return worlds.session_type(anna, extras=[COURT, RACKET])


def test_extras_are_offered_in_the_order_of_their_rows(anna: Tenant) -> None:
    rows = [("", "", "", "always"), ("", "Court", "10", "always"), ("", "Racket", "5,50", "asked")]
    assert Coach(anna).post("offers/new/", typed(*rows)).status_code == 303
    found = [(each.name, each.price_minor, each.required) for each in extras_of(kept(anna))]
    assert found == [("Court", 1000, True), ("Racket", 550, False)]


def test_the_form_shows_the_extras_there_are_and_two_empty_rows(anna: Tenant, lesson: SessionType) -> None:
    page = Coach(anna).read(f"offers/{lesson.pk}/")
    assert 'value="Court"' in page
    assert 'value="5.50"' in page
    assert [f'name="extra-{number}-name"' in page for number in range(5)] == [True] * 4 + [False]


def test_an_extra_that_is_edited_keeps_its_id(anna: Tenant, lesson: SessionType) -> None:
    row = (COURT.id, "Court and balls", "12", "always")
    answer = Coach(anna).post(
        f"offers/{lesson.pk}/", typed(row, as_typed(RACKET), ("", "Towel", "2", "asked"))
    )
    assert answer.status_code == 303
    court, racket, towel = extras_of(kept(anna))
    assert (court.id, court.price_minor, racket) == (COURT.id, 1200, RACKET)
    assert towel.id not in (COURT.id, RACKET.id)


def test_an_id_is_never_used_twice_nor_taken_from_outside(anna: Tenant, lesson: SessionType) -> None:
    foreign = Extra("Other", 500)
    rows = [(COURT.id, "One", "5", "always"), (COURT.id, "Two", "5", "always"), as_typed(foreign)]
    Coach(anna).post(f"offers/{lesson.pk}/", typed(*rows))
    ids = [each.id for each in extras_of(kept(anna))]
    assert ids[0] == COURT.id
    assert len({*ids, foreign.id}) == 4


def test_an_extra_whose_row_is_emptied_is_gone(anna: Tenant, lesson: SessionType) -> None:
    Coach(anna).post(f"offers/{lesson.pk}/", typed((COURT.id, "", "", "always"), as_typed(RACKET)))
    assert extras_of(kept(anna)) == [RACKET]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("", "Court", "0.30", "always"), "Beside a pack, an extra is paid alone. Cards take €0.50 or more."),
        (("", "Court", "0", "always"), "What costs nothing needs no extra."),
        (("", "Court", "", "always"), "Type a price."),
        (("", "", "10", "always"), "This field is required."),
        (("", "Court", "ten", "always"), "is not an amount"),
        (("", "Court", "10", "never"), "Select a valid choice."),
    ],
)
def test_a_row_that_is_wrong_is_told_and_everything_kept(
    anna: Tenant, lesson: SessionType, row: tuple[str, str, str, str], said: str
) -> None:
    answer = Coach(anna).post(f"offers/{lesson.pk}/", typed(as_typed(RACKET), row, name="Renamed"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(said) == 2, "beside the field and in the summary"
    assert 'value="Renamed"' in page
    assert 'value="Racket"' in page
    assert (kept(anna).name, extras_of(kept(anna))) == ("Lesson", [COURT, RACKET])


def test_rows_are_moved_and_dropped_by_buttons_and_nothing_is_kept_by_them(
    anna: Tenant, lesson: SessionType
) -> None:
    coach, rows = Coach(anna), (as_typed(COURT), as_typed(RACKET))
    moved = coach.post(f"offers/{lesson.pk}/", typed(*rows, name="", **{"raise": "1"}))
    page = moved.content.decode()
    assert moved.status_code == 200
    assert page.index('value="Racket"') < page.index('value="Court"')
    assert "Not saved yet" in page
    assert "This field is required." not in page
    dropped = coach.post(f"offers/{lesson.pk}/", typed(*rows, drop="0")).content.decode()
    assert 'value="Court"' not in dropped
    assert 'value="Racket"' in dropped
    assert extras_of(kept(anna)) == [COURT, RACKET]


@pytest.mark.parametrize(
    "press", [{"raise": "0"}, {"raise": "9"}, {"drop": "9"}, {"drop": "x"}, {"raise": "-1"}]
)
def test_a_button_of_no_row_changes_nothing(anna: Tenant, lesson: SessionType, press: dict[str, str]) -> None:
    answer = Coach(anna).post(f"offers/{lesson.pk}/", typed(as_typed(COURT), as_typed(RACKET), **press))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.index('value="Court"') < page.index('value="Racket"')


def test_there_are_no_more_extras_than_a_client_would_read(anna: Tenant, lesson: SessionType) -> None:
    rows = [("", f"Extra {number}", "1", "always") for number in range(MOST_EXTRAS + 3)]
    Coach(anna).post(f"offers/{lesson.pk}/", typed(*rows))
    assert len(extras_of(kept(anna))) == MOST_EXTRAS


def test_the_preview_tells_what_is_paid_beside_it(anna: Tenant) -> None:
    rows = typed(("", "Court", "10", "always"), ("", "Racket", "5", "asked"), preview="1")
    page = Coach(anna).post("offers/new/", rows).content.decode()
    assert "Court (€10.00) with every session, and Racket (€5.00) if the client wants it." in page


# --- on request -------------------------------------------------------------------------------------


def test_a_session_on_request_is_kept_with_its_time_to_answer(anna: Tenant) -> None:
    Coach(anna).post("offers/new/", typed(needs_approval="on", answer_within_hours="12"))
    assert (kept(anna).needs_approval, kept(anna).answer_within_hours) == (True, 12)


@pytest.mark.parametrize("hours", ["0", "97", ""])
def test_an_answer_takes_one_to_ninety_six_hours(anna: Tenant, hours: str) -> None:
    answer = Coach(anna).post("offers/new/", typed(needs_approval="on", answer_within_hours=hours))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("price", "said", "unsaid"),
    [
        (
            "80",
            "the card is authorised with the request and charged only when you accept",
            "paid when booking",
        ),
        (
            "0",
            "within 48 hours, sooner where the session is sooner.",
            "the card is authorised with the request",
        ),
    ],
)
def test_the_preview_tells_what_a_request_means_for_the_card(
    anna: Tenant, price: str, said: str, unsaid: str
) -> None:
    form: dict[str, Any] = typed(needs_approval="on", price=price, preview="1")
    page = " ".join(Coach(anna).post("offers/new/", form).content.decode().split())
    assert said in page
    assert unsaid not in page
