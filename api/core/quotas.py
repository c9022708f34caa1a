"""How much one key may ask, and what is left of it: the fields of the IETF's draft on rate limits."""

import time
from typing import Final

from api.core import problems
from api.core.problems import Problem
from kit import limits
from tenants.integrations.keys import Caller

PER_MINUTE: Final = 300
WINDOW_SECONDS: Final = 60
POLICY: Final = f'"key";q={PER_MINUTE};w={WINDOW_SECONDS}'


def spent(caller: Caller) -> dict[str, str]:
    """One request more; the headers that say what is left. Raises Problem when nothing is.

    Windows are minutes of the clock, so that who waits knows for how long.
    """
    minute, second = divmod(int(time.time()), WINDOW_SECONDS)
    used = limits.counted("api", f"{caller.asked_by}:{minute}", seconds=WINDOW_SECONDS)
    wait = WINDOW_SECONDS - second
    headers = {
        "RateLimit-Policy": POLICY,
        "RateLimit": f'"key";r={max(PER_MINUTE - used, 0)};t={wait}',
    }
    if used > PER_MINUTE:
        raise Problem(
            problems.TOO_MANY,
            f"A key may ask {PER_MINUTE} times a minute. Nothing was done: wait {wait} seconds, then go on.",
            headers={**headers, "Retry-After": str(wait)},
        )
    return headers
