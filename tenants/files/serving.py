"""Giving a file out again, so that no browser runs what is in it on the coach's own pages."""

from urllib.parse import quote

from django.http import HttpResponse

from tenants.files.models import StoredFile

# What a browser may show by itself: it draws these, and runs nothing.
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp"})


def response(file: StoredFile, *, inline: bool = False) -> HttpResponse:
    """The file to download; `inline`, a picture is shown in its place.

    Nothing guesses what it is, and whatever opens it has no scripts, no forms and no way to the page's host.
    """
    answer = HttpResponse(bytes(file.content), content_type=_said_type(file.content_type))
    shown = inline and file.content_type in SHOWN
    answer["Content-Disposition"] = _disposition(file.name, "inline" if shown else "attachment")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _said_type(content_type: str) -> str:
    return f"{content_type}; charset=utf-8" if content_type == "text/plain" else content_type


def _disposition(name: str, way: str) -> str:
    """The name for old browsers in letters that all know, and whole for the others."""
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in name)
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
