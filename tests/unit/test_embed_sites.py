"""Which sites may be named for the frame, and how they are kept."""

from typing import Any

import pytest

from tenants.offers.embedding import MOST, SiteRefused, origin_of, origins_of


@pytest.fixture(autouse=True)
def in_production(settings: Any) -> None:
    settings.SITE_SCHEME = "https"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.anna.com", "https://www.anna.com"),
        ("www.Anna.com/book?x=1#y", "https://www.anna.com"),
        ("https://anna.com:443/", "https://anna.com"),
        ("https://anna.com:8443", "https://anna.com:8443"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("https://user:secret@anna.com/", "https://anna.com"),
    ],
)
def test_a_site_is_its_origin(typed: str, kept: str) -> None:
    assert origin_of(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "http://anna.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://*.anna.com",
        "*",
        "https://anna.com; script-src *",
        "'self'",
        "https://",
        "https://anna.com:port",
        "localhost",
        "ftp://anna.com",
    ],
)
def test_what_would_open_more_than_one_site_is_refused(typed: str) -> None:
    with pytest.raises(SiteRefused):
        origin_of(typed)


def test_each_is_kept_once_and_not_endlessly_many() -> None:
    assert origins_of(["anna.com", "", "https://anna.com/x", "www.anna.com"]) == [
        "https://anna.com",
        "https://www.anna.com",
    ]
    with pytest.raises(SiteRefused, match="21 sites"):
        origins_of(f"n{number}.example" for number in range(MOST + 1))
