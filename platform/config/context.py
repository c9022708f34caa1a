from django.conf import settings
from django.http import HttpRequest

from tenants.offers.vocabulary import called


def site(request: HttpRequest) -> dict[str, object]:
    """What every template may name: the two hosts, whether this is the demo, who may sign up, and the words
    of the coach whose page it is."""
    return {
        "SITE_NAME": "Upfront",
        "CENTRAL_URL": f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}",
        "COACH_BASE_DOMAIN": settings.COACH_BASE_DOMAIN,
        "DEMO": settings.DEMO,
        "called": called,
        "BY_INVITATION": settings.SIGN_UP == "invite",
    }
