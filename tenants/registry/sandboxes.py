"""Practices to try against: like any other, but their Stripe is the simulated one and no money is real."""

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django_tenants.utils import get_public_schema_name, schema_context

from kit.actors import Actor
from tenants.registry import provisioning
from tenants.registry.models import Membership, Tenant, TenantStatus

MOST_OF_A_USER = 3
_LIVING = (TenantStatus.PROVISIONING, TenantStatus.OPEN)


class NotOffered(Exception):
    """This site has no simulated Stripe, so it has no sandboxes."""


class TooMany(Exception):
    """The user has as many sandboxes as anybody may have. Its message is for them."""


def are_offered() -> bool:
    return bool(settings.SANDBOX_STRIPE_API_BASE)


def is_sandbox(schema_name: str) -> bool:
    """Whether the practice of this schema is one. It is from its first moment, or never."""
    return are_offered() and schema_name != get_public_schema_name() and _said(schema_name)


def make(*, user: Any, timezone: str, country: str, currency: str, now: datetime, actor: Actor) -> Tenant:
    """Use case: a sandbox for the user, which opens once its schema is made.

    Raises NotOffered, and TooMany above three that are open.
    """
    if not are_offered():
        raise NotOffered("Sandboxes are not offered here.")
    if of_user(user).count() >= MOST_OF_A_USER:
        raise TooMany(f"You have {MOST_OF_A_USER} sandboxes. Close one of them first.")
    return provisioning.sign_up(
        user=user,
        name="Sandbox",
        slug=f"sandbox-{secrets.token_hex(5)}",
        timezone=timezone,
        country=country,
        currency=currency,
        is_sandbox=True,
        now=now,
        actor=actor,
    )


def of_user(user: Any) -> Any:
    """The user's sandboxes that are open or about to be, the newest first."""
    living = Tenant.objects.filter(memberships__user=user, is_sandbox=True, status__in=_LIVING)
    return living.order_by("-created_at", "-pk")


def readers(schema_name: str) -> set[str]:
    """To whom alone a sandbox may write: its own people, by what they sign in with."""
    with schema_context("public"):
        members = Membership.objects.filter(tenant__schema_name=schema_name)
        return set(members.values_list("user__email", flat=True))


def in_sandbox() -> Exists:
    """A condition on rows with a `schema_name`: that it is a sandbox's, and so counts nowhere."""
    return Exists(Tenant.objects.filter(is_sandbox=True, schema_name=OuterRef("schema_name")))


@lru_cache(maxsize=10_000)
def _said(schema_name: str) -> bool:
    with schema_context(schema_name):
        return Tenant.objects.filter(schema_name=schema_name, is_sandbox=True).exists()
