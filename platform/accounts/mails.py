"""What the mails about a login say, and the invitation to one. allauth decides when; the words are ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

Context = Mapping[str, Any]

PERMANENT = 500
UNASKED = "If it was not you, do nothing: without the code nothing happens."
NOT_YOU = "If it was not you, set a new password now, and tell us by answering this mail."


@dataclass(frozen=True)
class Mail:
    """`fact` is the first line and stands alone; `code` is shown large; `why` says what sent it."""

    subject: str
    fact: str
    paragraphs: tuple[str, ...] = ()
    code: str = ""
    action_words: str = ""
    action_url: str = ""
    why: str = "You get this mail because of your Upfront account. It cannot be switched off."


def mail_for(template_prefix: str, context: Context) -> Mail | None:
    """The mail that allauth calls by a template's name; None for one that we have no words for."""
    words = _MAILS.get(template_prefix.rsplit("/", 1)[-1])
    return words(context) if words else None


def invitation(address: str, name: str) -> Mail:
    """The way in for somebody on the waitlist."""
    hello = f"{name}, it is your turn: your" if name else "It is your turn: your"
    return Mail(
        subject="Your invitation to Upfront",
        fact=f"{hello} page at Upfront is ready to be made",
        paragraphs=(
            "The link opens sign-up for you. It works once, so keep it to yourself.",
            "No credit card, and nothing on your first paid sessions.",
        ),
        action_words="Create your page",
        action_url=address,
        why="You get this because you joined the waitlist. We send no other mail because of it.",
    )


def message(
    mail: Mail, *, to: str | list[str], from_email: str, headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """The mail in our layout, as text and as HTML."""
    values = {"mail": mail, "subject": mail.subject, "action_url": mail.action_url}
    values |= {"action_words": mail.action_words, "why": mail.why}
    written = EmailMultiAlternatives(
        subject=mail.subject,
        body=render_to_string("account/email/message.txt", values).strip() + "\n",
        from_email=from_email,
        to=[to] if isinstance(to, str) else to,
        headers=headers,
    )
    written.attach_alternative(render_to_string("account/email/message.html", values), "text/html")
    return written


# What keeps a mail from being handed in.
UNSENT = (SMTPException, OSError, AnymailError)


def never_arrives(error: Exception) -> bool:
    """Whether it is the address that is refused, for good; another try would be in vain."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, AnymailRecipientsRefused | AnymailInvalidAddress)


def send(mail: Mail, *, to: str, reply_to: str = "") -> None:
    """Hand a mail in. Raises what the mail server says against it, one of `UNSENT`."""
    headers = {"Reply-To": reply_to} if reply_to else None
    message(mail, to=to, from_email=settings.DEFAULT_FROM_EMAIL, headers=headers).send()


def _confirm(context: Context) -> Mail:
    code = context.get("code", "")
    return Mail(
        subject=f"{code} is your code",
        fact="Type this code where you left off",
        paragraphs=("It confirms that this e-mail is yours, and is good for 15 minutes.", UNASKED),
        code=code,
        why="Somebody gave this e-mail for an account at Upfront.",
    )


def _exists_already(context: Context) -> Mail:
    return Mail(
        subject="You have an account already",
        fact="You have an account at Upfront already",
        paragraphs=(
            "Somebody, perhaps you, wanted to open another one with this e-mail. Nothing has changed. "
            "Sign in with the password you have, or set a new one.",
        ),
        action_words="Set a new password",
        action_url=context["password_reset_url"],
        why="Somebody gave this e-mail for an account at Upfront.",
    )


def _reset(context: Context) -> Mail:
    return Mail(
        subject="Set a new password",
        fact="Set a new password",
        paragraphs=(
            "Somebody, perhaps you, asked for it. The link works once.",
            "If it was not you, do nothing: your password stays as it is.",
        ),
        action_words="Set a new password",
        action_url=context["password_reset_url"],
        why="A new password was asked for, for this e-mail.",
    )


def _unknown(context: Context) -> Mail:
    return Mail(
        subject="There is no account with this e-mail",
        fact="There is no account with this e-mail",
        paragraphs=(
            "Somebody, perhaps you, asked for a new password at Upfront. You may have signed up with another "
            "e-mail. If it was not you, do nothing.",
        ),
        action_words="Create your page",
        action_url=context["signup_url"],
        why="A new password was asked for, for this e-mail.",
    )


def _change(subject: str, text: str = "") -> Callable[[Context], Mail]:
    """Something about the login has changed: what, when and from where."""

    def words(context: Context) -> Mail:
        when = context["timestamp"].strftime("%-d %B %Y at %H:%M UTC")
        where = f"{context['ip']}, {context['user_agent']}"
        return Mail(
            subject=subject,
            fact=subject,
            paragraphs=(*filter(None, (text.format(**context),)), f"Done on {when}, from {where}.", NOT_YOU),
        )

    return words


_MAILS: dict[str, Callable[[Context], Mail]] = {
    "email_confirmation_signup": _confirm,
    "email_confirmation": _confirm,
    "account_already_exists": _exists_already,
    "password_reset_key": _reset,
    "unknown_account": _unknown,
    "password_changed": _change("Your password was changed"),
    "password_reset": _change("You have a new password"),
    "password_set": _change("You have a password now"),
    "email_changed": _change("Your e-mail was changed", "From {from_email} to {to_email}."),
    "email_confirm": _change("Your e-mail is confirmed"),
    "email_deleted": _change("An e-mail was removed", "{deleted_email} leads to your account no more."),
    "totp_activated": _change("Sign-in asks for a second factor now"),
    "totp_deactivated": _change("Sign-in asks for no second factor any more"),
    "recovery_codes_generated": _change("You have new recovery codes", "The old ones work no more."),
}
