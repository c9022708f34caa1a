"""The form of a product, in words that its coach uses."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from tenants.dashboard.forms.prices import PriceField, typed_price
from tenants.dashboard.forms.requires import RequiresField, offer_requires, required_in
from tenants.dashboard.forms.tax import TaxField, typed_rate
from tenants.offers.models import Practice
from tenants.packs import terms as pack_terms
from tenants.packs.models import PackOffer
from tenants.paperwork.models import Paper
from tenants.shop.models import Product

_PLAIN = ("name", "summary", "description", "thanks")
_LONG = forms.Textarea(attrs={"rows": 5})


class ProductForm(forms.Form):
    """What is sold and for how much, what its buyer agrees to, and what they get."""

    name = forms.CharField(label="Name", max_length=80)
    price = PriceField(label="Price", help_text="0 makes it free: it is sent by e-mail.")
    summary = forms.CharField(
        label="In one sentence", max_length=200, required=False, help_text="Stands with it in your shop."
    )
    description = forms.CharField(
        label="Description",
        max_length=4000,
        required=False,
        widget=_LONG,
        help_text="Headings, lists and **bold** as in Markdown.",
    )
    requires = RequiresField(
        label="What comes before the payment",
        help_text="Agreements are shown in full, and agreed to by buying. Forms and documents are done once,"
        " before the card is asked for.",
    )
    pack = forms.ChoiceField(
        label="Sessions that it includes",
        required=False,
        help_text="The buyer gets the sessions of that pack, by its rules, as soon as it is paid.",
    )
    packet = forms.ChoiceField(
        label="Welcome packet", required=False, help_text="Given to the buyer as soon as it is paid."
    )
    thanks = forms.CharField(
        label="The page after buying",
        max_length=4000,
        required=False,
        widget=_LONG,
        help_text="Your thanks, and what to do first. Downloads stand below it.",
    )
    tax = TaxField()

    def __init__(
        self,
        data: QueryDict | None,
        *,
        initial: dict[str, Any],
        practice: Practice,
        packets: Sequence[Paper],
        packs: Sequence[PackOffer],
    ) -> None:
        super().__init__(data, initial=initial)
        price = self.fields["price"]
        assert isinstance(price, PriceField)
        price.currency = practice.currency
        offer_requires(self)
        _choose(self.fields["pack"], "None", [(str(each.line), _pack(each)) for each in packs])
        _choose(self.fields["packet"], "None", [(str(each.line), each.name) for each in packets])

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the use cases."""
        typed = self.cleaned_data
        return {
            **{name: typed[name] for name in _PLAIN},
            "price_minor": typed["price"],
            "tax_bp": typed["tax"],
            "requires": required_in(typed),
            "pack_line": uuid.UUID(typed["pack"]) if typed["pack"] else None,
            "packet": uuid.UUID(typed["packet"]) if typed["packet"] else None,
        }


class FileForm(forms.Form):
    """One file from the coach's machine."""

    file = forms.FileField(
        label="File",
        help_text="A PDF, picture, Word document, text, sound or ZIP archive of up to 10 MB.",
        error_messages={"required": "Choose a file first.", "empty": "This file is empty. Choose another."},
    )


class PictureForm(forms.Form):
    picture = forms.FileField(
        label="Picture",
        help_text="A PNG, JPEG or WebP of up to 10 MB.",
        error_messages={"required": "Choose a picture first.", "empty": "This file is empty."},
    )


def typed(product: Product) -> dict[str, Any]:
    """What the form shows of a product that there is."""
    return {
        **{name: getattr(product, name) for name in _PLAIN},
        "price": typed_price(product.price_minor, product.currency),
        "tax": typed_rate(product.tax_bp),
        "requires": [str(each) for each in product.requires],
        "pack": str(product.pack_line or ""),
        "packet": str(product.packet or ""),
    }


def _choose(field: forms.Field, none: str, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", none), *choices]


def _pack(offer: PackOffer) -> str:
    return f"{offer.name}, {pack_terms.contents(offer)}"
