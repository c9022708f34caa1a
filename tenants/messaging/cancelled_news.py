"""The first lines of mails about a session that was called off, by what called it off."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from tenants.scheduling.models import REST_UNPAID, Cause


class News(NamedTuple):
    """The first line for the client and for the coach."""

    client: str
    coach: str


NEWS: Final[Mapping[str, News]] = MappingProxyType(
    {
        Cause.CLIENT: News("Cancelled: {what} with {coach}, {when}.", "{client} cancelled {what}, {when}."),
        Cause.LATE: News(
            "Cancelled late: {what} with {coach}, {when}.", "Late cancellation: {client}, {what}, {when}."
        ),
        Cause.COACH: News("{coach} cancelled {what}, {when}.", "You cancelled {what} with {client}, {when}."),
        Cause.WEATHER: News(
            "Called off for weather or a closed venue: {what} with {coach}, {when}.",
            "Called off for weather or a closed venue: {what} with {client}, {when}.",
        ),
        Cause.DECLINED_MOVE: News(
            "You declined the new time, so {what} with {coach}, {when}, is off.",
            "{client} declined the new time, so {what}, {when}, is off.",
        ),
        REST_UNPAID: News(
            "{what} with {coach}, {when}, is cancelled, as its rest was not paid. The deposit is kept.",
            "Cancelled: {what} with {client}, {when}. The rest was not paid, and the deposit is yours.",
        ),
        Cause.NO_SHOW: News("Missed: {what} with {coach}, {when}.", "Missed by {client}: {what}, {when}."),
    }
)
OTHERWISE: Final = News("Cancelled: {what} with {coach}, {when}.", "Cancelled: {what} with {client}, {when}.")
