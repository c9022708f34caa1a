"""Keys made by the application, so that a row's key is known before it is written."""

import os
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0b10 << 62
_SUB_MILLISECOND_STEPS = 4096


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): ordered by the machine's clock to about 0.25 µs, then random.

    Its time can be read by anybody who sees it, so it is never a secret; and as the demo moves its own
    clock, never what a page sorts by.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * _SUB_MILLISECOND_STEPS // 1_000_000
    random_62 = int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=milliseconds << 80 | _VERSION_7 | fraction << 64 | _VARIANT_RFC | random_62)
