"""The authenticator app of the demo's operator, which everybody may look at."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

from accounts.models import User
from demo.world import OPERATOR_SECRET


def set_up(user: User) -> None:
    """The app knows the secret from now on. Twice is once."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, OPERATOR_SECRET)


def codes() -> list[str]:
    """What the app shows now, in the middle of what is taken: the code before and the one after, too."""
    return [format_hotp_value(hotp_value(OPERATOR_SECRET, at)) for at in yield_hotp_counters_from_time()]


def code() -> str:
    """What the app shows now."""
    shown = codes()
    return shown[len(shown) // 2]
