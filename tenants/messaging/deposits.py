"""What mails say of a session whose deposit is paid: what is owed yet, when, and where to pay it."""

from kit.words import wall_time
from tenants.billing.links import pay_address
from tenants.billing.models import OWED, Charge
from tenants.messaging.letters import Fact
from tenants.messaging.story import BOOKING, Story


def rest_facts(story: Story, *, to_client: bool) -> tuple[Fact, ...]:
    """Nothing where all was paid at booking, or is paid by now."""
    if not story.booking.agreed.get("deposit"):
        return ()
    charge = (
        Charge.objects.filter(purpose=BOOKING, reference=story.booking.pk).select_related("client").first()
    )
    rest = charge and charge.instalments.filter(status__in=OWED).order_by("number").first()
    if not charge or not rest:
        return ()
    when = wall_time(rest.due_at, story.client_zone if to_client else story.coach_zone, story.locale)
    card = "charged to the same card on" if rest.by_card else "to be paid by"
    words = f"{story.money(rest.amount_minor - rest.paid_minor)}, {card} {when}"
    pay = (Fact("Earlier, or otherwise", "Pay the rest", href=pay_address(charge)),) if to_client else ()
    return (Fact("The rest", words), *pay)
