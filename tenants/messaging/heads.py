"""Above a client's mail: the coach's logo and colour, in what mail programs show safely.

With pictures off the name stands in the logo's place; where dark is not understood the mail stays light.
"""

from dataclasses import dataclass

from kit.database import current_schema
from tenants.offers import brand
from tenants.offers.models import Practice
from tenants.registry.pages import coach_address
from ui.accents import DARK, Shades, shades


@dataclass(frozen=True, slots=True)
class Head:
    """Who the mail is from, as its head shows it."""

    name: str
    logo: brand.Shown | None = None
    logo_url: str = ""
    day: Shades | None = None
    night: Shades | None = None


def head_of(practice: Practice, *, sender: str) -> Head:
    """With the coach's own look; what the coach has not chosen looks as in every mail."""
    logo, colour = brand.logo(practice), brand.colour(practice)
    return Head(
        name=sender,
        logo=logo,
        logo_url=f"{coach_address(current_schema())}{logo.path}" if logo else "",
        day=shades(colour) if colour else None,
        night=shades(colour, DARK) if colour else None,
    )
