"""What is sold, and the one charge for it: made on the first try at paying, agreed anew until it is paid."""

import uuid
from dataclasses import dataclass
from typing import Any

from kit.database import insert_unless_there, require_transaction
from tenants.billing import instalments
from tenants.billing.models import Charge
from tenants.billing.parts import Part

TERMS = ("description", "amount_minor", "units", "extras_minor", "tax_bp")


class AlreadyPaid(Exception):
    """Nothing of the charge is owed any more: there is nothing to pay."""


@dataclass(frozen=True)
class Mandated:
    """What a payer agrees to have charged to the card that is kept; `text` is what was shown, word for word.

    `purpose` is one of `models.MandatePurpose`. `reference` is what it is for; None: the charge itself.
    """

    purpose: str
    text: str
    address: str = ""
    reference: uuid.UUID | None = None


@dataclass(frozen=True)
class Sale:
    """What a payer is charged for, in the payer's words: it names nobody.

    `extras_minor` is part of `amount_minor`, which the `parts` sum up to; without parts all is due now.
    With a `mandate` the card is kept. `is_known`: the payer is known by more than a typed address, so that
    Stripe's page may offer the cards they chose to be offered. `tax_bp` is contained in the amount.
    """

    purpose: str
    reference: uuid.UUID
    client_id: uuid.UUID
    client_email: str
    description: str
    amount_minor: int
    currency: str
    units: int
    extras_minor: int = 0
    parts: tuple[Part, ...] = ()
    mandate: Mandated | None = None
    tax_bp: int = 0
    is_known: bool = False

    def __post_init__(self) -> None:
        if self.parts and sum(part.amount_minor for part in self.parts) != self.amount_minor:
            raise ValueError("The parts of a sale sum up to its amount.")

    @property
    def due_now_minor(self) -> int:
        """What the first payment asks for."""
        return self.parts[0].amount_minor if self.parts else self.amount_minor


def open_charge(*, sale: Sale) -> Charge:
    """Step: the one charge for the thing that is sold, with its parts. Raises AlreadyPaid when it is settled.

    Nothing of it is paid or being paid as a rule, so what is owed is what is sold now: with other extras,
    perhaps. What is paid in part stays as it was agreed.
    """
    charge, is_new = charge_of(sale)
    if not is_new:
        agree(charge, sale)
    return charge


def charge_of(sale: Sale) -> tuple[Charge, bool]:
    """Step: the charge, locked, and whether it is new. Raises AlreadyPaid."""
    require_transaction()
    new = Charge(
        client_id=sale.client_id,
        purpose=sale.purpose,
        reference=sale.reference,
        currency=sale.currency,
        **_terms(sale),
    )
    if insert_unless_there(new):
        if sale.parts:
            instalments.arrange(new, sale.parts, is_new=True)
        return new, True
    charge = _there(sale)
    if charge.amount_minor - charge.waived_minor - charge.paid_minor <= 0:
        raise AlreadyPaid(charge.description)
    if charge.client_id != sale.client_id:
        charge.client_id = sale.client_id
        charge.save(update_fields=["client_id"])
    return charge, False


def _there(sale: Sale) -> Charge:
    rows = Charge.objects.select_for_update(no_key=True)
    return rows.get(purpose=sale.purpose, reference=sale.reference)


def agree(charge: Charge, sale: Sale) -> None:
    """Step: a locked charge of which nothing is paid or being paid is as it is sold now."""
    if charge.paid_minor or charge.waived_minor:
        return
    wanted = _terms(sale)
    if any(getattr(charge, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(charge, name, value)
        charge.save(update_fields=TERMS)
    instalments.arrange(charge, sale.parts, is_new=False)


def _terms(sale: Sale) -> dict[str, Any]:
    return {name: getattr(sale, name) for name in TERMS}
