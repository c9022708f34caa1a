"""The codes that payers write on transfers."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from tenants.billing import codes

CHARGE = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
IDS = st.uuids()


def test_a_charge_has_one_code_for_good() -> None:
    assert codes.code_of(CHARGE) == "Q20N-S48K"


def test_a_code_is_found_as_people_write_it() -> None:
    for written in ("Q20N-S48K", "q20n s48k", "pay Q20NS48K, thanks", "see Q2ON-S48K"):
        assert "Q20N-S48K" in codes.named_in(written), written
    assert not codes.named_in("Q20N-S48J RECHNUNG TRANSFER")


@given(IDS, st.integers(0, 7), st.sampled_from(codes.ALPHABET))
def test_one_wrong_sign_makes_no_other_code(charge_id: uuid.UUID, place: int, sign: str) -> None:
    code = codes.code_of(charge_id).replace("-", "")
    wrong = code[:place] + sign + code[place + 1 :]
    found = codes.named_in(wrong)
    assert not found or wrong == code


@given(IDS, st.text(max_size=20), st.text(max_size=20))
def test_a_code_stands_in_whatever_is_around_it(charge_id: uuid.UUID, before: str, after: str) -> None:
    code = codes.code_of(charge_id)
    assert codes.stands_in(code, f"{before} {code} {after}")
    assert codes.stands_in(code, f"{before}{code.replace('-', '').lower()}{after}")


@given(IDS, IDS)
def test_codes_differ_where_charges_differ(one: uuid.UUID, other: uuid.UUID) -> None:
    same_end = one.int % 2**35 == other.int % 2**35
    assert (codes.code_of(one) == codes.code_of(other)) == same_end
