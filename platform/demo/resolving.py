"""The demo's DNS, which asks nobody: below `.example` every coach has set the records that were asked for.

Other names have none, so that both ways can be seen.
"""

from tenants.registry.domains import TEXT_AT
from tenants.registry.models import Domain

ENDING = ".example"


class Resolver:
    """See `tenants.registry.resolving.Resolver`."""

    def texts(self, name: str) -> list[str]:
        """Where several coaches claim a name, the tokens of all of them."""
        place, _, domain = name.partition(".")
        if place != TEXT_AT or not domain.endswith(ENDING):
            return []
        return list(Domain.objects.filter(domain=domain, is_own=True).values_list("token", flat=True))

    def alias(self, name: str) -> str:
        """The host of whoever claimed it; of several, all are content with the address below."""
        return ""

    def addresses(self, name: str) -> frozenset[str]:
        """One server, as in the demo."""
        return frozenset({"127.0.0.1"})
