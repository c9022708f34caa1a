from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The user of a page that only signed-in users reach."""
    assert isinstance(request.user, User)
    return request.user
