"""The programs that partners have registered with us."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AbstractApplication, get_application_model

from accounts import audit
from kit.actors import Actor
from tenants.registry.models import Tenant


class RegisteredAlready(ValueError):
    """Another program has this name, by which coaches tell programs apart. Nothing was registered."""


def register(
    *, name: str, redirect_uris: Sequence[str], keeps_secret: bool, now: datetime, actor: Actor
) -> tuple[AbstractApplication, str]:
    """Use case of an operator: a program that coaches may let in, and its secret, shown this once.

    A program that cannot keep a secret (in a browser, on a phone) gets none: PKCE protects both kinds.
    Raises ValidationError for an address that must not be redirected to, and RegisteredAlready.
    """
    if get_application_model().objects.filter(name__iexact=name.strip()).exists():
        raise RegisteredAlready(name)
    kind = AbstractApplication.CLIENT_CONFIDENTIAL if keeps_secret else AbstractApplication.CLIENT_PUBLIC
    secret = generate_client_secret() if keeps_secret else ""
    application = get_application_model()(
        name=name,
        client_type=kind,
        client_secret=secret,
        authorization_grant_type=AbstractApplication.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(redirect_uris),
    )
    application.full_clean(exclude=["client_secret"])
    with transaction.atomic(durable=True):
        application.save()
        audit.note(
            actor=actor,
            kind="partner.registered",
            reference=application.client_id,
            now=now,
            data={"name": name, "redirect_uris": list(redirect_uris)},
        )
    return application, secret


def every() -> QuerySet[AbstractApplication]:
    """All programs, and in how many practices each is let in, sandboxes not counted."""
    sandboxes = Tenant.objects.filter(is_sandbox=True).values("schema_name")
    living = Count("accesses", filter=Q(accesses__ended_at=None) & ~Q(accesses__schema_name__in=sandboxes))
    found: QuerySet[AbstractApplication] = get_application_model().objects.annotate(practices=living)
    return found.order_by("name", "pk")
