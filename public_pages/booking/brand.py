"""The coach's photo and logo. Their address changes with them, so that whoever has one keeps it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.files import serving
from tenants.offers import brand


@require_safe
def brand_picture(request: HttpRequest, picture_id: UUID) -> HttpResponse:
    file = brand.picture(picture_id=picture_id)
    if file is None:
        raise Http404("There is no such picture.")
    response = serving.response(file, inline=True)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    # Mails are read on other hosts.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
