"""What a buyer reads before buying, word for word, and what of it is kept with the order."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from kit.money import format_money
from kit.words import listing
from tenants.billing.tax import rate_in_words
from tenants.files.models import StoredFile
from tenants.offers import session_types
from tenants.offers.models import Practice
from tenants.packs import terms as pack_terms
from tenants.packs.models import PackOffer
from tenants.shop import products
from tenants.shop.agreements import Agreement, agreements_of
from tenants.shop.models import Product


@dataclass(frozen=True, slots=True)
class Shown:
    """A product as whoever buys it now reads it. Amounts are in minor units of its currency."""

    product: Product
    files: tuple[StoredFile, ...]
    pack: PackOffer | None
    included: tuple[str, ...]
    agreements: tuple[Agreement, ...]
    locale: str

    @property
    def price(self) -> str:
        minor = self.product.price_minor
        return format_money(minor, self.product.currency, self.locale) if minor else "free"

    @property
    def units(self) -> int:
        """Sessions that are included."""
        return self.pack.units if self.pack else 0

    @property
    def text(self) -> str:
        """All that is agreed to by buying."""
        first = f"{self.product.name}: {self.price}."
        terms = [f"{each.name}\n\n{each.text}" for each in self.agreements]
        return "\n\n".join(["\n".join([first, *self.included]), *terms])

    @property
    def digest(self) -> str:
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class Said:
    """How a buyer agreed: under what name, from where, with what; `browser` is a digest of its own."""

    name: str
    address: str = ""
    agent: str = ""
    browser: str = ""


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def shown_of(product: Product, *, practice: Practice, now: datetime) -> Shown:
    """All that belongs to a product on offer, as it is now. At most four queries."""
    files = products.files_of(product.files)
    pack = included_pack(product)
    return Shown(
        product=product,
        files=tuple(files),
        pack=pack,
        included=(*_price_in_words(product, practice.locale), *_included(files, pack, practice, now)),
        agreements=agreements_of(product, pack=pack, practice=practice, now=now),
        locale=practice.locale,
    )


def included_pack(product: Product) -> PackOffer | None:
    """The pack whose sessions a product includes, as it is sold now."""
    if product.pack_line is None:
        return None
    return PackOffer.objects.filter(line=product.pack_line, is_current=True).first()


def _price_in_words(product: Product, locale: str) -> list[str]:
    if not product.tax_bp or not product.price_minor:
        return []
    return [f"The price contains {rate_in_words(product.tax_bp, locale)} tax."]


def _included(
    files: Sequence[StoredFile], pack: PackOffer | None, practice: Practice, now: datetime
) -> list[str]:
    """A sentence for each thing that the buyer gets; of sessions their rules as well."""
    said = []
    if files:
        count = "A file" if len(files) == 1 else f"{len(files)} files"
        names = listing([each.name for each in files], practice.locale)
        said.append(f"{count} to download: {names}.")
    if pack:
        types = session_types.on_offer()
        said += pack_terms.included_sentences(pack, types=types, practice=practice, now=now)
    return said


def kept(shown: Shown, said: Said, *, is_new: bool, now: datetime) -> dict[str, Any]:
    """What stands in an order of what was shown and agreed to: later edits change nothing of it."""
    return {
        "name": shown.product.name,
        "slug": shown.product.slug,
        "text": shown.text,
        "sha256": shown.digest,
        "at": now.isoformat(),
        "address": said.address,
        "agent": said.agent,
        "browser": said.browser,
        "by": said.name,
        "agreements": [each.kept() for each in shown.agreements],
        "files": [str(each.pk) for each in shown.files],
        "pack_offer": str(shown.pack.pk) if shown.pack else "",
        "units": shown.units,
        "tax_bp": shown.product.tax_bp,
        "full_minor": shown.product.price_minor,
        "is_new": is_new,
    }


def pack_id_of(agreed: dict[str, Any]) -> uuid.UUID | None:
    """The version of the pack whose sessions were included when the order was made."""
    return uuid.UUID(agreed["pack_offer"]) if agreed.get("pack_offer") else None
