"""What the demo's coaches sell by itself."""

from django_tenants.utils import tenant_context

from demo import shelf
from demo.training_plan import SERVE_PLAN
from demo.weeks import ANNA
from kit import clock
from tenants.offers.practice import practice
from tenants.registry.models import Tenant
from tenants.shop import products
from tenants.shop.terms import shown_of


def test_the_training_plan_is_on_offer_with_its_terms_and_its_file(anna: Tenant) -> None:
    assert SERVE_PLAN in ANNA.products
    with tenant_context(anna):
        shelf.stock(SERVE_PLAN, packs={}, now=clock.now())
        [plan] = products.all_products()
        shown = shown_of(plan, practice=practice(), now=clock.now())
    assert shown.included == ("A file to download: eight-week-serve-plan.txt.",)
    assert [each.name for each in shown.agreements] == ["Terms for training plans"]
    assert "It costs €49.00, paid once." in shown.text
