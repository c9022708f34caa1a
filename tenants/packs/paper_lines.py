"""What stands on a receipt for a pack."""

import uuid

from tenants.billing.models import Charge
from tenants.billing.paper_lines import Line
from tenants.packs.models import Pack


def of_pack(*, reference: uuid.UUID) -> list[Line]:
    """The pack as it was sold, with the tax of the version that was bought."""
    pack = Pack.objects.select_related("offer").get(pk=reference)
    return [Line(pack.offer.name, pack.price_minor, pack.offer.tax_bp)]


def of_debt(*, reference: uuid.UUID) -> list[Line]:
    """Sessions that were used and refunded, at what is charged for them."""
    charge = Charge.objects.get(purpose="pack_debt", reference=reference)
    return [Line(charge.description, charge.amount_minor, charge.tax_bp)]
