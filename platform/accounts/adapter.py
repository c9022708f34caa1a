"""Where allauth asks the house: the way on after a sign-in, the words of refusals, and the mails."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts import waitlist
from accounts.mails import mail_for, message
from accounts.models import User
from accounts.sessions import invitation_of, proven_email_of
from kit.clock import now


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail and password do not go together. Check both, or set a new one.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, or set a new password now.",
        "incorrect_code": "This is not the code that we sent last. Check it, or ask for a new one.",
        "incorrect_password": "This is not your password. Check it, or set a new one.",
        "enter_current_password": "This is not your password now. Check it, or set a new one by mail.",
        "rate_limited": "A code was sent a moment ago. Wait ten seconds before you ask for another one.",
        "account_inactive": "This account is closed. Write to us to open it again.",
        "email_taken": "There is an account with this e-mail already. Sign in instead.",
        "same_as_current": "This is your e-mail already.",
    }

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/operators/" if getattr(request.user, "is_staff", False) else "/coach/"

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Operators who have an app confirm by its code: a password that was seen confirms nothing."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        by_app = [each for each in methods if each["id"] == "mfa_reauthenticate"]
        return by_app if by_app and user.is_staff else methods

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """By invitation, it is open to who holds one that was not used."""
        return settings.SIGN_UP == "open" or waitlist.opens(invitation_of(request))

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        """The account and the use of the invitation: both or neither. Of two at once, one is refused."""
        token = invitation_of(request)
        if form.cleaned_data["email"].lower() != proven_email_of(request):
            # Only the address that the invitation came to needs no code.
            self.unstash_verified_email(request)
        try:
            with transaction.atomic():
                if token and (settings.SIGN_UP != "open" or waitlist.opens(token)):
                    waitlist.use(token=token, now=now())
                saved: User = super().save_user(request, user, form, commit)
        except waitlist.InvitationUsed as error:
            raise ImmediateHttpResponse(redirect("account_signup")) from error
        return saved

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return "/start/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/accounts/2fa/"

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The mail that allauth names by a template, in our words and layout."""
        mail = mail_for(template_prefix, context)
        if mail is None:
            return super().render_mail(template_prefix, email, context, headers)
        return message(mail, to=email, from_email=self.get_from_email(), headers=headers)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps encrypted: a copy of the database opens no account."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This is not the code that the app shows now. Wait for the next one and type that.",
        "unverified_email": "Confirm your e-mail first; then set up the app.",
        "cannot_generate_recovery_codes": "Set up an app first; recovery codes stand in for it.",
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """By the site's secret; what older ones encrypted can still be read."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    derived = hashlib.blake2b(secret.encode(), digest_size=32, person=b"second factor").digest()
    return base64.urlsafe_b64encode(derived)
