"""A client's record by hand: added, put right, archived."""

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing import links as payment_links
from tenants.clients.models import Client, SignIn
from tenants.clients.sign_in import open_session
from tenants.messaging.models import Mail
from tenants.packs import links as pack_links
from tenants.people import record
from tenants.registry.models import Tenant
from tests.packs import sold

ANNA = Actor("coach", "7", "Anna")


def added(email: str = "Cleo@Example.com", name: str = " Cleo  Kurz ") -> Client:
    return record.add(name=name, email=email, phone=" 0171  5 ", timezone="", now=clock.now(), actor=ANNA)


def edited(client: Client, **said: object) -> Client:
    usual = {"name": client.name, "email": client.email, "phone": client.phone, "timezone": client.timezone}
    ends = bool(said.pop("ends_links", True))
    return record.edit(
        client_id=client.pk,
        ends_links=ends,
        now=clock.now(),
        actor=ANNA,
        **{**usual, **said},  # type: ignore[arg-type]
    )


def test_somebody_who_is_added_is_not_mailed(anna: Tenant) -> None:
    with tenant_context(anna):
        cleo = added()
        assert (cleo.name, cleo.email, cleo.phone) == ("Cleo Kurz", "cleo@example.com", "0171 5")
        assert not Mail.objects.exists()


def test_one_address_is_one_client(anna: Tenant) -> None:
    with tenant_context(anna):
        cleo = added()
        with pytest.raises(record.AddressTaken) as refused:
            added("CLEO@example.com", "Somebody else")
        assert refused.value.client == cleo
        other = added("dora@example.com", "Dora")
        with pytest.raises(record.AddressTaken):
            edited(other, email="cleo@example.com")
        assert Client.objects.get(pk=other.pk).email == "dora@example.com"


def test_with_another_address_what_was_mailed_to_the_old_one_opens_nothing(anna: Tenant) -> None:
    with tenant_context(anna):
        pack = sold.bought()
        cleo = Client.objects.get()
        with transaction.atomic():
            open_session(client=cleo, agent="", now=clock.now())
        token, pays = pack_links.token_of(pack), payment_links.payments_token(cleo)
        edited(cleo, phone="1")
        assert pack_links.pack_by(token)
        edited(cleo, email="new@example.com", ends_links=False)
        assert pack_links.pack_by(token)
        edited(Client.objects.get(), email="right@example.com")
        with pytest.raises(pack_links.BadLink):
            pack_links.pack_by(token)
        with pytest.raises(payment_links.BadLink):
            payment_links.payer_by(pays)
        assert not SignIn.objects.exists()


def test_archiving_is_undone_by_one_press(anna: Tenant) -> None:
    with tenant_context(anna):
        cleo = added()
        record.archive(client_id=cleo.pk, now=clock.now(), actor=ANNA)
        assert Client.objects.get().archived_at is not None
        record.unarchive(client_id=cleo.pk, now=clock.now(), actor=ANNA)
        assert Client.objects.get().archived_at is None
