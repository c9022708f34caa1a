"""A coach goes through Stripe's pages to the end."""

from connect import accounts
from connect.simulator.client import Simulator
from demo.world import Coach
from kit import clock
from tenants.registry.models import Tenant
from tenants.registry.pages import dashboard_address


def connect(coach: Coach, tenant: Tenant, stripe: Simulator) -> None:
    """Afterwards cards can be charged; again after the access was taken away."""
    back = f"{dashboard_address(tenant.schema_name)}settings/"
    accounts.start_onboarding(
        schema_name=tenant.schema_name,
        email=coach.email,
        display_name=coach.name,
        country=coach.country,
        currency=coach.currency,
        return_url=back,
        refresh_url=back,
        now=clock.now(),
    )
    account = accounts.account_of(schema_name=tenant.schema_name)
    assert account is not None
    assert account.account_id is not None
    stripe.activate(account.account_id)
    if coach.settled_in:
        currency, rate = coach.settled_in
        stripe.settle_in(account.account_id, currency, rate=rate)
    accounts.refresh_account(account_id=account.account_id, now=clock.now())
