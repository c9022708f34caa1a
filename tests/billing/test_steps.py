"""Steps that take something for good are part of a use case: outside of its transaction they say so."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from fees import accounts
from kit import clock
from kit.database import TransactionRequired
from tenants.billing.checkout import Sale, open_charge
from tenants.registry.models import Tenant
from tenants.scheduling.holds import end_hold
from tenants.scheduling.models import Booking

Step = Callable[[str], object]
SALE = Sale("booking", uuid4(), uuid4(), "cleo@example.com", "Lesson", 4500, "eur", 1)
STEPS: dict[str, Step] = {
    "lock the terms": lambda name: accounts.locked_terms(schema_name=name, now=clock.now()),
    "claim": lambda name: accounts.claim_units(
        account=accounts.terms(schema_name=name), units=1, reference="a", now=clock.now()
    ),
    "open a charge": lambda _: open_charge(sale=SALE),
    "end a hold": lambda _: end_hold(Booking(), reason="hold_lapsed", now=clock.now()),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_outside_of_its_use_case_is_refused(anna: Tenant, step: str) -> None:
    with tenant_context(anna), pytest.raises(TransactionRequired):
        STEPS[step](anna.schema_name)
