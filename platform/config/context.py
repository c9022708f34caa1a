from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """What every template may name: the two hosts, whether this is the demo, and who may sign up."""
    return {
        "SITE_NAME": "Upfront",
        "CENTRAL_URL": f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}",
        "COACH_BASE_DOMAIN": settings.COACH_BASE_DOMAIN,
        "DEMO": settings.DEMO,
        "BY_INVITATION": settings.SIGN_UP == "invite",
    }
