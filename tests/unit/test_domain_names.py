"""What may be a coach's own domain, and the form that it is kept in."""

import pytest

from tenants.registry.domain_names import DomainRefused, normalised, shown


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("book.anna.com", "book.anna.com"),
        ("  Book.Anna.COM. ", "book.anna.com"),
        ("https://book.anna.com/my/page?x=1", "book.anna.com"),
        ("http://user@book.anna.com:8080", "book.anna.com"),
        ("anna.com", "anna.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER。example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("4you.example", "4you.example"),
    ],
)
def test_a_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert normalised(typed) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Type the address"),
        ("https://", "Type the address"),
        ("192.0.2.7", "number of a machine"),
        ("https://[2001:db8::1]/", "number of a machine"),
        ("2001:db8::1", "."),
        ("10.1", "number of a machine"),
        ("anna", "no ending"),
        ("anna_b.example", "cannot be a name"),
        ("-anna.example", "cannot be a name"),
        ("anna..example", "cannot be a name"),
        (f"{'a' * 64}.example", "cannot be a name"),
        (f"{'abcdefgh.' * 32}example", "cannot be a name"),
        ("anna example.com", "cannot be a name"),
        ("anna\x00.com", "cannot be a name"),
        ("printer.local", "Nobody can reach"),
        ("secret.onion", "Nobody can reach"),
        ("4.3.2.1.in-addr.arpa", "Nobody can reach"),
    ],
)
def test_what_cannot_be_an_address_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(DomainRefused) as refusal:
        normalised(typed)
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    "typed",
    [
        "upfront.example",
        "www.upfront.example",
        "UPFRONT.example",
        "coaches.platform.example",
        "anna.coaches.platform.example",
        "platform.example",
    ],
)
def test_our_own_names_are_refused(typed: str, settings: object) -> None:
    settings.CENTRAL_HOST = "upfront.example:8000"  # type: ignore[attr-defined]
    settings.COACH_BASE_DOMAIN = "coaches.platform.example:8000"  # type: ignore[attr-defined]
    with pytest.raises(DomainRefused, match="platform’s own"):
        normalised(typed)
    assert normalised("notupfront.example") == "notupfront.example"


def test_people_read_their_own_script() -> None:
    assert shown("xn--bcher-kva.example") == "bücher.example"
    assert shown("book.anna.com") == "book.anna.com"
