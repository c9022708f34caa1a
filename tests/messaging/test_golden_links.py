"""Every link of every golden mail leads to a page of the host that it names."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import ResolverMatch, resolve

from tests.messaging.mailroom import GOLDEN

URL_CONFS = {"anna.localhost:8000": settings.COACH_URLCONF, "localhost:8000": settings.ROOT_URLCONF}
ID = "00000000-0000-0000-0000-000000000000"


def page_at(address: str) -> ResolverMatch:
    """Raises Resolver404 where there is none."""
    parts = urlsplit(address.replace("/ID", f"/{ID}"))
    return resolve(parts.path, urlconf=URL_CONFS[parts.netloc])


def test_every_link_leads_to_a_page() -> None:
    pages = "\n".join(path.read_text() for path in GOLDEN.glob("*.txt"))
    addresses = set(re.findall(r"http://[\w.]*localhost:8000\S*", pages))
    names = {page_at(address).url_name for address in addresses}
    assert names >= {"booking", "receipt", "pack", "pack_series", "session_type", "dashboard_booking"}


def test_links_with_a_secret_are_the_coachs_own() -> None:
    pages = "\n".join(path.read_text() for path in GOLDEN.glob("*.txt"))
    secret = set(re.findall(r"http://(\S+?)/(?:b|p|paper|pay|payments|sign|my/enter)/SECRET", pages))
    assert secret == {"anna.localhost:8000"}
