"""The practice: how a coach works, told once and used by every page."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation

from kit.database import Question, insert_unless_there
from tenants.offers import vocabulary
from tenants.offers.models import Practice
from tenants.registry.models import Tenant

# A question that is asked together with others.
PRACTICE: Question = ("SELECT p.* FROM offers_practice p", (Practice,))


def open_practice(*, tenant_id: uuid.UUID, now: datetime) -> None:
    """Step of a new tenant: the practice starts with what the coach said at sign-up."""
    tenant = Tenant.objects.get(pk=tenant_id)
    insert_unless_there(
        Practice(
            contact_email=tenant.contact_email,
            timezone=tenant.timezone,
            currency=tenant.currency,
            locale="en_US" if tenant.country == "US" else "en_GB",
            created_at=now,
        )
    )


def practice() -> Practice:
    """The current tenant's practice."""
    return vocabulary.note(Practice.objects.get())


def speaking(here: Practice) -> translation.override:
    """Within it, amounts and times are written as the practice's locale has them."""
    return translation.override(here.locale.replace("_", "-").lower())


def change_practice(*, now: datetime, **changes: Any) -> Practice:
    """Use case: the coach edits how the practice appears and works. What was sold keeps its own copy."""
    with transaction.atomic(durable=True):
        Practice.objects.update(**changes)
    return practice()
