"""allauth's forms in our words: labels instead of placeholders, and hints that say what is wanted."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp

PASSWORD_HINT = "At least 10 characters. Three or four words that you remember do well."  # noqa: S105
APP_HINT = "Six digits from your app, or one of your recovery codes."


class _InWords:
    """Takes every placeholder away and puts our labels, hints and attributes in."""

    labels: dict[str, str] = {}
    hints: dict[str, str] = {}
    attributes: dict[str, dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            field.widget.attrs.update(self.attributes.get(name, {}))


class SignInForm(_InWords, account.LoginForm):
    labels = {"login": "E-mail"}


class SignUpForm(_InWords, account.SignupForm):
    labels = {"email": "E-mail"}
    hints = {"password1": PASSWORD_HINT}


class NewEmailForm(_InWords, account.AddEmailForm):
    labels = {"email": "New e-mail"}


class OtherEmailForm(_InWords, account.ChangeEmailForm):
    labels = {"email": "Another e-mail"}


class NewPasswordForm(_InWords, account.ChangePasswordForm):
    labels = {"oldpassword": "Password now", "password1": "New password", "password2": "New password again"}
    hints = {"password1": PASSWORD_HINT}


class ForgottenPasswordForm(_InWords, account.ResetPasswordForm):
    labels = {"email": "E-mail"}


class ChosenPasswordForm(_InWords, account.ResetPasswordKeyForm):
    labels = {"password1": "New password", "password2": "New password again"}
    hints = {"password1": PASSWORD_HINT}


class ConfirmingPasswordForm(_InWords, account.ReauthenticateForm):
    labels = {"password": "Password"}


class MailedCodeForm(_InWords, account.ConfirmEmailVerificationCodeForm):
    labels = {"code": "Code from the mail"}
    attributes = {"code": {"autofocus": "", "autocapitalize": "characters", "spellcheck": "false"}}


class AppCodeForm(_InWords, mfa.AuthenticateForm):
    hints = {"code": APP_HINT}
    attributes = {"code": {"autofocus": ""}}


class ConfirmingAppCodeForm(_InWords, mfa.ReauthenticateForm):
    hints = {"code": APP_HINT}


class FirstAppCodeForm(_InWords, totp.ActivateTOTPForm):
    labels = {"code": "Code from the app"}
    attributes = {"code": {"inputmode": "numeric"}}
