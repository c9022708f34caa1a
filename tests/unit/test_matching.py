"""What an incoming transfer is suggested to pay for."""

import random
import uuid
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tenants.billing import codes
from tenants.billing.matching import Incoming, Owed, Suggestion, likeness, suggest

CLEO, DEV, ZOE = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)


def owed(minor: int, client: str = "Cleo Bright", what: str = "10-session pack", **said: object) -> Owed:
    ids = {"Cleo Bright": CLEO, "Dev Patel": DEV, "Zoë Müller": ZOE}
    key = uuid.uuid5(CLEO, f"{minor}{client}{what}")
    usual = {"charge_id": key, "client_id": ids.get(client, uuid.uuid5(CLEO, client))}
    return Owed(**{**usual, "client": client, "what": what, "currency": "eur", "amounts": (minor,), **said})  # type: ignore[arg-type]


def line(minor: int, payer: str = "", text: str = "") -> Incoming:
    return Incoming(minor, "eur", payer, text)


def shares(found: Suggestion) -> list[tuple[str, int]]:
    return [(each.owed.what, each.minor) for each in found.shares]


PACK = owed(45000, labels=("R-2026-0007",))
DEVS = owed(45000, "Dev Patel")


def test_amount_and_number_of_the_invoice() -> None:
    found = suggest(line(45000, "C. Bright Holding", "invoice R 2026 0007"), [PACK, DEVS])
    assert (found.kind, shares(found)) == ("clear", [("10-session pack", 45000)])
    assert found.words == "Same amount as Cleo Bright’s 10-session pack, and the reference names R-2026-0007."


def test_the_code_decides_whoever_pays() -> None:
    found = suggest(line(45000, "Dev Patel", f"code {PACK.code.lower()}"), [PACK, DEVS])
    assert [each.owed for each in found.shares] == [PACK]


def test_a_part_is_taken_where_the_reference_is_sure() -> None:
    found = suggest(line(20000, "", PACK.code), [PACK])
    assert shares(found) == [("10-session pack", 20000)]
    assert "a part of the €450.00" in found.words


def test_more_than_is_owed_is_asked() -> None:
    found = suggest(line(45001, "", PACK.code), [PACK])
    assert (found.kind, found.candidates) == ("ask", (PACK,))
    assert "more than the €450.00 owed" in found.words


def test_amount_and_name_together_are_clear() -> None:
    found = suggest(line(45000, "BRIGHT CLEO"), [PACK, DEVS])
    assert shares(found) == [("10-session pack", 45000)]
    assert found.words.endswith("and the payer’s name fits.")


def test_the_same_amount_twice_of_one_payer_is_asked() -> None:
    other = owed(45000, what="Retainer June")
    found = suggest(line(45000, "Cleo Bright"), [PACK, other])
    assert (found.kind, set(found.candidates)) == ("ask", {PACK, other})


def test_the_amount_alone_is_asked_even_if_only_one_thing_has_it() -> None:
    found = suggest(line(45000, "Somebody Else"), [PACK])
    assert (found.kind, found.candidates) == ("ask", (PACK,))


def test_a_name_alone_is_asked() -> None:
    found = suggest(line(100, "Cleo Bright"), [PACK])
    assert (found.kind, found.candidates) == ("ask", (PACK,))


def test_several_open_things_of_one_payer_that_make_the_sum() -> None:
    lesson, invoice = owed(4500, what="Lesson"), owed(9900, what="Invoice")
    found = suggest(line(49500, "Cleo Bright"), [PACK, lesson, invoice])
    assert shares(found) == [("10-session pack", 45000), ("Lesson", 4500)]
    assert found.words == (
        "The payer’s name fits, and the amount is the sum of Cleo Bright’s 10-session pack and"
        " Cleo Bright’s Lesson."
    )


def test_two_sums_that_fit_are_asked() -> None:
    opens = [owed(100, what="a"), owed(200, what="b"), owed(300, what="c"), owed(400, what="d")]
    assert suggest(line(500, "Cleo Bright"), opens).kind == "ask"


def test_two_codes_in_one_reference_with_their_sum() -> None:
    text = f"{PACK.code} {DEVS.code}"
    assert len(suggest(line(90000, "A Parent", text), [PACK, DEVS]).shares) == 2
    assert suggest(line(80000, "A Parent", text), [PACK, DEVS]).kind == "ask"


def test_a_part_that_is_due_fits_too() -> None:
    rest = owed(40000, what="Course", amounts=(40000, 10000))
    assert shares(suggest(line(10000, "Cleo Bright"), [rest])) == [("Course", 10000)]


def test_another_payer_of_the_client_is_known() -> None:
    assert suggest(line(45000, "Mia Gold"), [replace(PACK, names=("Mia Gold",))]).kind == "clear"


def test_a_code_of_something_paid_is_told_apart_from_nothing() -> None:
    gone = codes.code_of(uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057"))
    assert "nothing open has it any more" in suggest(line(1, "", gone), [PACK]).words
    assert suggest(line(1, "Nobody", "thanks"), [PACK]).kind == "unknown"


def test_a_longer_number_is_another_number() -> None:
    assert suggest(line(45000, "Nobody", "R-2026-00071"), [PACK]).kind == "ask"


def test_names_as_banks_spell_them() -> None:
    for spelled in ("ZOE MUELLER", "Muller, Zoë", "Zoé Müller-Kurz", "MÜLLER ZOE GMBH"):
        assert likeness("Zoë Müller", spelled) == 1, spelled
    assert likeness("Cleo Bright", "Bright") == 0.5
    assert likeness("Cleo", "Leo") == 0
    assert likeness("", "Cleo") == 0


# --- laws ---------------------------------------------------------------------------------------------

CLIENTS = st.sampled_from(["Cleo Bright", "Dev Patel", "Zoë Müller"])
OPENS = st.lists(
    st.builds(
        owed,
        st.integers(1, 6).map(lambda n: n * 500),
        CLIENTS,
        st.sampled_from(["Lesson", "Pack", "Invoice"]),
        currency=st.sampled_from(["eur", "usd"]),
    ),
    max_size=7,
    unique_by=lambda each: each.charge_id,
)
LINES = st.builds(
    line, st.integers(1, 20).map(lambda n: n * 500), CLIENTS | st.just(""), st.sampled_from(["", "thanks"])
)


@given(LINES, OPENS)
def test_what_is_clear_adds_up_and_is_never_more_than_is_owed(paid: Incoming, opens: list[Owed]) -> None:
    found = suggest(paid, opens)
    assert (found.kind == "clear") == bool(found.shares)
    assert (found.kind == "ask") == bool(found.candidates)
    if found.shares:
        assert sum(each.minor for each in found.shares) == paid.amount_minor
        assert all(0 < each.minor <= each.owed.owed_minor for each in found.shares)
        assert len({each.owed.charge_id for each in found.shares}) == len(found.shares)
    for each in (*found.candidates, *(share.owed for share in found.shares)):
        assert each.currency == paid.currency
        assert each in opens


@given(LINES, OPENS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_open_does_not_matter(
    paid: Incoming, opens: list[Owed], chance: random.Random
) -> None:
    shuffled = list(opens)
    chance.shuffle(shuffled)
    assert suggest(paid, shuffled) == suggest(paid, opens)


@given(LINES, OPENS)
def test_what_others_owe_in_another_amount_changes_nothing(paid: Incoming, opens: list[Owed]) -> None:
    stranger = owed(7, "Wilhelmina Quux", "Yoga")
    assert suggest(paid, [*opens, stranger]) == suggest(paid, opens)


@given(LINES, OPENS.filter(bool), st.data())
def test_a_code_in_the_reference_is_never_overruled(
    paid: Incoming, opens: list[Owed], data: st.DataObject
) -> None:
    meant = data.draw(st.sampled_from(opens))
    found = suggest(replace(paid, currency=meant.currency, text=f"for {meant.code}"), opens)
    assert [*(each.owed for each in found.shares), *found.candidates] == [meant]
    assert (found.kind == "clear") == (paid.amount_minor <= meant.owed_minor)


@given(LINES, OPENS)
def test_nothing_is_clear_without_a_payer_or_a_reference(paid: Incoming, opens: list[Owed]) -> None:
    assert suggest(replace(paid, payer="", text=""), opens).kind != "clear"
