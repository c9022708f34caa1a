"""What a coach saves as a file."""

from typing import Final

from django.http import HttpResponse

TYPES: Final = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf", "zip": "application/zip"}
# What makes spreadsheets read a table as UTF-8.
MARK: Final = "\ufeff"


def download(content: bytes | str, *, name: str) -> HttpResponse:
    """A file of that name; its ending says what it is. Texts are tables, and are marked as UTF-8."""
    content = MARK + content if isinstance(content, str) else content
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=TYPES[name.rpartition(".")[2]], headers=headers)
