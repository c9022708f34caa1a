"""The link to a pack: for one pack, one coach and one version, and for nothing else."""

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit.states import change
from tenants.packs import links
from tenants.packs.links import BadLink
from tenants.registry.models import Tenant
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")


def test_a_link_leads_to_its_pack() -> None:
    pack = sold.bought()
    token = links.token_of(pack)
    found = links.pack_by(token)
    assert (found, found.client.name, found.buyer.name) == (pack, "Cleo", "Cleo")
    assert found.offer.name == "Ten lessons"
    assert links.address_of(pack, "pass-on/") == f"http://anna.localhost:8000/p/{token}/pass-on/"


@pytest.mark.parametrize("token", ["", "a", "!!!", "é", "AAAA", "A" * 43, "A" * 400])
def test_what_is_no_link_opens_nothing(token: str) -> None:
    sold.bought()
    with pytest.raises(BadLink):
        links.pack_by(token)


def test_a_link_that_was_changed_opens_nothing() -> None:
    token, other = links.token_of(sold.bought()), links.token_of(sold.bought())
    with pytest.raises(BadLink):
        links.pack_by(token[:22] + other[22:])


def test_a_newer_link_ends_the_older_ones() -> None:
    pack = sold.bought()
    token = links.token_of(pack)
    with transaction.atomic():
        change(pack, link_version=2)
    with pytest.raises(BadLink):
        links.pack_by(token)
    assert links.pack_by(links.token_of(pack)) == pack


def test_a_link_of_one_coach_is_none_of_another(ben: Tenant) -> None:
    pack = sold.bought()
    token = links.token_of(pack)
    with tenant_context(ben):
        assert links.token_of(pack) != token
        with pytest.raises(BadLink):
            links.pack_by(token)
