"""The two files that programs ask for before they look at a site's pages."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from django.http import HttpResponse


def robots_file(closed: Iterable[str], *, sitemap: str) -> HttpResponse:
    """`closed` are beginnings of paths; everything else may be found."""
    refused = [f"Disallow: {path}" for path in closed]
    lines = ["User-agent: *", *refused, "Allow: /", "", f"Sitemap: {sitemap}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def sitemap_file(addresses: Iterable[str]) -> HttpResponse:
    """Whole addresses, by the protocol of sitemaps.org."""
    entries = "".join(f"<url><loc>{escape(each)}</loc></url>\n" for each in addresses)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    return HttpResponse(head + body, content_type="application/xml; charset=utf-8")
