"""Merge fields: what may be written, and how it is filled in. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.paperwork.merge_fields import (
    FIELDS,
    BrokenBlock,
    UnknownField,
    amounts_in,
    as_plain_words,
    filled,
    names_price,
    refuse_broken,
)
from tests.paperwork.agreed import BODY, SOLD

ALL = {**SOLD, "client_name": "Cleo", "coach_name": "Anna", "date": "3 May 2026"}


def test_a_text_with_all_its_values() -> None:
    refuse_broken(BODY)
    assert filled(BODY, ALL) == (
        "This is between Anna and Cleo, from 3 May 2026.\n\n## What you get\n\n10 sessions, "
        "valid for 6 months."
        "\n\n## What it costs\n\nYou pay €450.00, which is €45.00 for each.\n\n## Cancelling\n\n"
        "Until 24 hours before."
    )


@pytest.mark.parametrize("without", ["hidden", "unknown"])
def test_the_version_without_prices_leaves_the_whole_block_out(without: str) -> None:
    values = ALL if without == "hidden" else {name: ALL[name] for name in ALL if "price" not in name}
    text = filled(BODY, values, hides_prices=without == "hidden")
    assert text == (
        "This is between Anna and Cleo, from 3 May 2026.\n\n## What you get\n\n10 sessions, "
        "valid for 6 months."
        "\n\n## Cancelling\n\nUntil 24 hours before."
    )
    assert not amounts_in(text)


def test_what_is_not_known_is_as_agreed() -> None:
    assert filled("{{sessions}} for {{client_name}}", {"client_name": "Cleo"}) == "as agreed for Cleo"


def test_a_block_within_a_line_and_within_another() -> None:
    payer = "{{#payer_name}}, paid by {{payer_name}}{{/payer_name}}"
    text = f"{{{{sessions}}}}{{{{#price}}}} for {{{{price}}}}{payer}{{{{/price}}}}."
    refuse_broken(text)
    assert filled(text, ALL) == "10 sessions for €450.00."
    assert filled(text, {**ALL, "payer_name": "Paul"}) == "10 sessions for €450.00, paid by Paul."
    assert filled(text, {**ALL, "payer_name": "Paul"}, hides_prices=True) == "10 sessions."


def test_an_unknown_field_is_refused_by_its_name() -> None:
    with pytest.raises(UnknownField, match=r"no field “\{\{client_nmae\}\}”.*\{\{client_name\}\}"):
        refuse_broken("Dear {{client_nmae}}")
    with pytest.raises(UnknownField, match=r"“\{\{\}\}”"):
        refuse_broken("Dear {{ }}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("You pay {{price}}.", "“{{price}}” stands outside a block"),
        ("{{#sessions}}{{price_per_session}}{{/sessions}}", "“{{price_per_session}}” stands outside"),
        ("{{#price}}You pay {{price}}.", "“{{#price}}” has no end"),
        ("You pay.{{/price}}", "“{{/price}}” ends a block that does not begin"),
        ("{{#price}}{{#sessions}}{{/price}}{{/sessions}}", "“{{/price}}” ends a block that does not begin"),
        ("Dear {{client_name}", "a “{{” that belongs to none"),
        ("Dear client_name}}", "a “}}” that belongs to none"),
    ],
)
def test_a_block_that_cannot_be_left_out_whole_is_refused(text: str, says: str) -> None:
    with pytest.raises(BrokenBlock) as refused:
        refuse_broken(text)
    assert says in str(refused.value)


def test_a_value_is_no_markup() -> None:
    assert as_plain_words("[me](https://evil.example)\n# <b>Cleo</b> *x*") == (
        r"\[me\](https://evil.example) \# \<b\>Cleo\</b\> \*x\*"
    )
    assert as_plain_words("3. Mai") == r"3\. Mai"
    assert as_plain_words("- Cleo") == r"\- Cleo"
    assert filled("{{client_name}}", {"client_name": "{{price}}"}) == "{{price}}"


@given(
    values=st.fixed_dictionaries({name: st.text(max_size=8) for name in FIELDS}),
    parts=st.lists(st.sampled_from(["{{#price}}Costs {{price}}{{/price}}", "{{sessions}}", "\n", "words "])),
)
def test_without_prices_the_text_is_the_same_whatever_it_costs(
    values: dict[str, str], parts: list[str]
) -> None:
    text = "".join(parts)
    refuse_broken(text)
    free = {**values, "price": "", "price_per_session": ""}
    assert filled(text, values, hides_prices=True) == filled(text, free)


def test_amounts_that_were_written_by_hand_are_found() -> None:
    assert amounts_in("You pay $1,250.00 or 99 € (EUR 12) in 14 days, 10 sessions: £20.") == [
        "$1,250.00",
        "99 €",
        "EUR 12",
        "£20",
    ]
    assert names_price("{{#price}}{{price}}{{/price}}")
    assert not names_price("{{sessions}}")
