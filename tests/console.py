"""Operators as tests need them: signed in, with the code of their app just typed."""

import time
from typing import Any
from uuid import UUID

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.models import User
from kit.actors import Actor

SECONDS_AGO = 5
# Who acts where no browser is needed.
OLGA = Actor("operator", str(UUID(int=1)), "Olga")
OTTO = Actor("operator", str(UUID(int=2)), "Otto")


def operator(email: str = "olga@example.com", name: str = "Olga", **options: Any) -> Client:
    """The browser of an operator who may do everything on the operators' pages."""
    browser = Client(HTTP_HOST="localhost:8000", **options)
    browser.force_login(staff(email, name))
    step_up(browser)
    return browser


def staff(email: str = "olga@example.com", name: str = "Olga") -> User:
    """An operator with an authenticator app."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name, is_staff=True)
        TOTP.activate(user, generate_totp_secret())
    return user


def step_up(browser: Client, *, seconds_ago: float = SECONDS_AGO) -> None:
    """As if they had typed the code of their app so long ago."""
    session = browser.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time() - seconds_ago, "reauthenticated": True}
    ]
    session.save()
