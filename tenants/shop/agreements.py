"""The agreements that belong to a product: shown in full before anything is typed, accepted by buying it."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kit.actors import Actor
from kit.money import format_money
from kit.states import change
from tenants.offers.models import Practice
from tenants.packs import terms as pack_terms
from tenants.packs.models import PackOffer
from tenants.paperwork import accepting, giving, papers
from tenants.paperwork.models import ClientPaperStatus, Paper, PaperKind
from tenants.shop.models import Order, Product

# Nobody has said yet who buys, and what is shown is what is kept.
BUYER = "the buyer"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One agreement as it is shown with a product: the version, and its text with the fields filled in."""

    paper: uuid.UUID
    name: str
    version: int
    text: str
    sha256: str

    def kept(self) -> dict[str, Any]:
        """As it stands in an order."""
        return {**asdict(self), "paper": str(self.paper)}


def agreements_of(
    product: Product, *, pack: PackOffer | None, practice: Practice, now: datetime
) -> tuple[Agreement, ...]:
    """Those that a product asks for now, in their order; what the coach has switched off is left out."""
    lines = [uuid.UUID(str(line)) for line in product.requires]
    current = papers.current_of(lines=lines)
    values = _values(product, pack, practice)
    return tuple(
        _shown(paper, values, now)
        for line in lines
        if (paper := current.get(line)) and paper.is_active and paper.kind == PaperKind.AGREEMENT
    )


def _shown(paper: Paper, values: Mapping[str, str], now: datetime) -> Agreement:
    text = giving.text_of(paper, client=None, at=now, values=values)
    return Agreement(paper.pk, paper.name, paper.version, text, giving.hash_of(text))


def _values(product: Product, pack: PackOffer | None, practice: Practice) -> dict[str, str]:
    price = format_money(product.price_minor, product.currency, practice.locale)
    return {
        "client_name": BUYER,
        "client_first_name": BUYER,
        "payer_name": BUYER,
        "price": price if product.price_minor else "",
        "sessions": pack_terms.contents(pack) if pack else "",
        "validity": pack_terms.months(pack.valid_months) if pack and pack.valid_months else "",
    }


def keep_accepted(*, order: Order, now: datetime) -> None:
    """Step: what was agreed to with an order stands among its payer's papers, with when and from where.

    Only when it is paid: until then anybody may have typed the address. Done twice it is done once.
    """
    said = order.agreed
    buyer = Actor("client", str(order.payer_id))
    for each in said.get("agreements", ()):
        paper = Paper.objects.get(pk=each["paper"])
        given = giving.give(paper=paper, client=order.payer, reference=order.pk, now=now, actor=buyer)
        if given.status != ClientPaperStatus.OPEN:
            continue
        at = datetime.fromisoformat(said["at"])
        change(given, text=each["text"], text_hash=each["sha256"], given_at=at)
        accepting.keep(
            given=given,
            text=each["text"],
            name=said["by"],
            address=said["address"],
            agent=said["agent"],
            now=at,
        )
        giving.tell(given, "paper.accepted", now, buyer, version=paper.version)
