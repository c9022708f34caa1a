"""How something was paid, in words."""

from tenants.billing.models import Tender

_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "eftpos_au": "Eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


def card_in_words(card: str) -> str:
    """Stripe's "visa 4242" as "Visa ending in 4242"; "card" when nothing is known of it."""
    brand, _, last4 = card.rpartition(" ")
    if not brand:
        return "card"
    name = _BRANDS.get(brand, brand.replace("_", " ").title())
    return f"{name} ending in {last4}"


def tender_in_words(tender: str) -> str:
    """What papers keep: a card, or how it was received by hand. Empty for nothing."""
    if not tender or tender in Tender.values:
        return str(Tender(tender).label) if tender else ""
    return card_in_words(tender)
