"""The mail about a program that takes nothing any more, as the coach sees it."""

from typing import Any

from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.activity import events
from tenants.activity.models import Event
from tenants.integrations import endpoints, sending
from tests.messaging import mailroom
from tests.webhooks import receiver
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna Keller")


def webhook_switched_off(shop: Shop) -> None:
    """The program has been taken away: it answers 410 to the first message."""
    said: dict[str, Any] = {"name": "Accounting", "kinds": "", "now": clock.now(), "actor": ANNA}
    with receiver.polite() as gone, tenant_context(shop.tenant):
        gone.status = 410
        made = endpoints.make(url=gone.url, shows_money=False, **said)
        endpoints.test(endpoint_id=made.pk, now=clock.now(), actor=ANNA)
        tested = Event.objects.get(kind="webhook.tested")
        events.announce(reference=tested.pk, now=clock.now())
        sending.visit(reference=made.pk, now=clock.now())
        # The port of a test is another one each time.
        endpoints.change(endpoint_id=made.pk, url="https://books.example/upfront", **said)
    mailroom.work_off()


def test_the_mail_of_a_webhook_that_was_switched_off(shop: Shop) -> None:
    webhook_switched_off(shop)
    mailroom.compare("webhook_switched_off", ("coach",))
