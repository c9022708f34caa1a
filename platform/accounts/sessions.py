"""What a session on the central host says of whoever has it."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts.models import User, WaitlistEntry

_INVITATION = "invitation"


def signed_in(request: HttpRequest) -> User:
    """The user of a page that only signed-in users reach."""
    assert isinstance(request.user, User)
    return request.user


def keep_invitation(request: HttpRequest, token: str, entry: WaitlistEntry) -> None:
    """For the sign-up that follows. The mail has arrived, so its address needs no code any more."""
    request.session[_INVITATION] = token
    get_adapter(request).stash_verified_email(request, entry.email)


def invitation_of(request: HttpRequest) -> str:
    """The token of the invitation that was opened in this browser; "" for none."""
    return str(request.session.get(_INVITATION, ""))


def proven_email_of(request: HttpRequest) -> str:
    """The address that the invitation came to, until it is signed up with; "" for none."""
    return str(request.session.get("account_verified_email") or "")
