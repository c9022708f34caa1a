"""Addresses worth offering: made from a name, and others near one that is taken."""

from dataclasses import dataclass

from django.utils.text import slugify

from tenants.registry import addresses
from tenants.registry.models import Tenant
from tenants.registry.provisioning import AddressState, address_state

SHOWN = 3
_ENDINGS = ("coaching", "sessions", "studio", "practice", "lessons")


@dataclass(frozen=True)
class Standing:
    """Whether an address can be had, in words, and what else could."""

    slug: str
    state: AddressState
    words: str
    others: list[str]

    @property
    def meaning(self) -> str:
        return "paid" if self.state == "free" else "attention"


def suggested(name: str) -> str:
    """An address from a name: "Anna Keller" gives anna-keller; "" where no letter of it can stand."""
    return slugify(name)[: addresses.MAX_LENGTH].strip("-")


def standing(slug: str) -> Standing:
    """How things stand with an address now; the sign-up itself decides."""
    state = address_state(slug)
    words = {
        "free": f"{slug} is free.",
        "taken": f"{slug} belongs to another coach.",
        "reserved": f"{slug} is kept for the platform.",
        "malformed": addresses.malformed(slug),
    }[state]
    return Standing(slug, state, words, others_near(slug) if state in ("taken", "reserved") else [])


def others_near(slug: str) -> list[str]:
    """Up to three free addresses that resemble this one."""
    candidates = [f"{slug}-{ending}" for ending in (*_ENDINGS, *range(2, 10))]
    fitting = [each for each in candidates if not addresses.malformed(each)]
    taken = set(Tenant.objects.filter(slug__in=fitting).values_list("slug", flat=True))
    return [each for each in fitting if each not in taken and each not in addresses.RESERVED][:SHOWN]
