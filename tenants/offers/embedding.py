"""Other sites that may show the coach's free times: whole origins, which browsers compare exactly."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import idna
from django.conf import settings

MOST = 20


class SiteRefused(ValueError):
    """This is no site that could show the times. Its message is for the coach."""


def origins_of(typed: Iterable[str]) -> list[str]:
    """What the practice keeps, each once, in the order in which it was typed. Raises SiteRefused."""
    found = list(dict.fromkeys(origin_of(each) for each in typed if each.strip()))
    if len(found) > MOST:
        raise SiteRefused(f"These are {len(found)} sites; {MOST} can be kept. Leave out what is not used.")
    return found


def origin_of(typed: str) -> str:
    """`https://www.anna.com` of whatever was pasted from an address bar there. Raises SiteRefused."""
    words = typed.strip()
    try:
        parts = urlsplit(words if "://" in words else f"https://{words}")
        host, port = idna.encode(parts.hostname or "", uts46=True).decode().lower(), parts.port
    except (ValueError, idna.IDNAError) as error:
        raise SiteRefused(
            f"“{words[:80]}” is no address of a site. Copy it from your browser, such as https://www.anna.com."
        ) from error
    if parts.scheme not in ("https", settings.SITE_SCHEME):
        raise SiteRefused(
            f"“{words[:80]}” has to begin with https: on its way anybody could change the page."
        )
    if "." not in host and settings.SITE_SCHEME == "https":
        raise SiteRefused(f"“{host}” has no ending. Type the whole name, such as https://www.anna.com.")
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")
