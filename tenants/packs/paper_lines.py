"""What stands on a receipt for a pack."""

import uuid

from tenants.billing.paper_lines import Line
from tenants.packs.models import Pack


def of_pack(*, reference: uuid.UUID) -> list[Line]:
    """The pack as it was sold, with the tax of the version that was bought."""
    pack = Pack.objects.select_related("offer").get(pk=reference)
    return [Line(pack.offer.name, pack.price_minor, pack.offer.tax_bp)]
