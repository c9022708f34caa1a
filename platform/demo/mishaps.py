"""What happens to a coach's account at Stripe, and how it is put right."""

from functools import partial

from connect import accounts
from demo.timeline import Place
from demo.world import Mishap
from payouts.models import Payout


def note(place: Place, mishap: Mishap) -> None:
    """At the given day, and its mending at the later one."""
    happen = {
        "payout_fails": _fail_payout,
        "restricted": _restrict,
        "cost": _cost,
        "sold_elsewhere": _sell_elsewhere,
    }[mishap.what]
    mend = {"payout_fails": _mend_bank_account, "restricted": _activate}.get(mishap.what)
    place.note(place.day(mishap.on, nth=50), partial(happen, place, mishap), is_told_by_stripe=True)
    if mend:
        act = partial(mend, place)
        place.note(place.day(mishap.mended_on, nth=50), act, asks_stripe=True, is_told_by_stripe=True)


def _account_id(place: Place) -> str:
    account = accounts.account_of(schema_name=place.tenant.schema_name)
    assert account is not None
    return account.account_id or ""


def _fail_payout(place: Place, _mishap: Mishap) -> None:
    place.stripe.fail_payout(Payout.objects.latest("made_at").payout_id)


def _mend_bank_account(place: Place) -> None:
    place.stripe.mend_bank_account(_account_id(place))


def _restrict(place: Place, _mishap: Mishap) -> None:
    place.stripe.restrict(_account_id(place))


def _activate(place: Place) -> None:
    place.stripe.activate(_account_id(place))


def _cost(place: Place, mishap: Mishap) -> None:
    place.stripe.charge_cost(_account_id(place), mishap.minor)


def _sell_elsewhere(place: Place, mishap: Mishap) -> None:
    place.stripe.sell_elsewhere(_account_id(place), mishap.minor)
