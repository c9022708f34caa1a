"""The mail that lets a client into their own pages, as it is read."""

from django_tenants.utils import tenant_context

from kit import clock
from tenants.clients import sign_in
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT
from tests.worlds import Shop


def test_the_mail_of_a_code(shop: Shop) -> None:
    pack_room.known(shop)
    with tenant_context(shop.tenant):
        sign_in.ask(email=CLIENT.upper(), browser="a browser", now=clock.now())
    mailroom.work_off()
    mailroom.compare("sign_in_code", ("client",))
