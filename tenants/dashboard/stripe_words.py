"""Where a coach stands with Stripe, and what Stripe asks for, in plain words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connect.models import AccountStatus, ConnectAccount

# The end of a requirement's name -> what it means. Stripe's older and newer names end alike.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"documents?\.(primary_verification|additional_verification)", "a photo of your identity document"),
    (r"verification\.document(\.\w+)?", "a photo of your identity document"),
    (r"verification\.additional_document(\.\w+)?", "a document that shows your address"),
    (r"documents?\.proof_of_address", "a document that shows your address"),
    (r"(dob|date_of_birth)(\.\w+)?", "your date of birth"),
    (r"(given_name|first_name|surname|last_name|legal_name|name)(\.\w+)?", "your full legal name"),
    (r"(registered_)?address(\.\w+)*", "your address"),
    (r"(external_account|payout_methods|bank_account)(\.\w+)?", "the bank account that payouts go to"),
    (r"(id_number|id_numbers|ssn_last_4|tax_id)(\.\w+)?", "your tax or identity number"),
    (r"(mcc|product_description|industry)", "what kind of work you do"),
    (r"(business_profile\.url|profile\.business_url)", "the address of your website"),
    (r"(support_phone|support\.phone)", "a phone number for your clients"),
    (r"phone", "your phone number"),
    (r"email", "your e-mail address"),
    (r"(tos_acceptance|terms_of_service)(\.\w+)*", "that you accept Stripe’s terms"),
    (r"statement_descriptor(\.\w+)*", "the name shown on your clients' card statements"),
    (r"(entity_type|business_type)", "whether you work alone or as a company"),
)
_URGENT = {"past_due", "currently_due"}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state in a few words, what it means for bookings, and what to press next."""

    state: str
    meaning: str
    title: str
    text: str
    action: str
    asked: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.state == "ready"


def standing(account: ConnectAccount | None) -> Standing:
    """What the newest account's state means for the coach."""
    if account is None:
        return _NOT_STARTED
    asked = tuple(requirements_in_words(need["what"] for need in account.requirements))
    if account.status == AccountStatus.ACTIVE:
        return _ready(account, asked)
    words = _STATES[AccountStatus(account.status)]
    return Standing(*words, asked=asked)


def requirements_in_words(keys: Iterable[str]) -> list[str]:
    """Each thing that Stripe asks for once, in its order; an unknown one stays readable."""
    return list(dict.fromkeys(_in_words(key) for key in keys))


def _in_words(key: str) -> str:
    for pattern, words in _WORDS:
        if re.search(rf"(^|\.){pattern}$", key):
            return words
    known_prefixes = r"^(identity|configuration|merchant|individual|defaults)\."
    while (shorter := re.sub(known_prefixes, "", key)) != key:
        key = shorter
    return key.replace(".", ": ").replace("_", " ")


def _ready(account: ConnectAccount, asked: tuple[str, ...]) -> Standing:
    if any(need.get("deadline") in _URGENT for need in account.requirements):
        text = "Payments work. Stripe asks for something more, and stops payments if it does not get it."
        return Standing("asks", "attention", "Stripe asks for something", text, "Answer at Stripe", asked)
    text = "Clients can pay by card. Stripe pays out to your bank on its own schedule."
    return Standing("ready", "paid", "Ready for payments", text, "", asked)


_NOT_STARTED = Standing(
    "not_started",
    "neutral",
    "Not connected yet",
    "Sessions with a price cannot be booked until Stripe is connected. Free ones can.",
    "Connect Stripe",
)
_STATES = {
    AccountStatus.ONBOARDING: (
        "unfinished",
        "attention",
        "Set-up not finished",
        "Sessions with a price cannot be booked until Stripe has what it needs. What you entered is kept.",
        "Continue at Stripe",
    ),
    AccountStatus.RESTRICTED: (
        "restricted",
        "problem",
        "Payments are stopped",
        "Stripe takes no payments for you until it has what it asks for. Sessions with a price cannot be "
        "booked now; free ones can. What is booked already stands.",
        "Answer at Stripe",
    ),
    AccountStatus.DISCONNECTED: (
        "disconnected",
        "problem",
        "Disconnected",
        "Your Stripe account and Upfront are not connected any more, so sessions with a price cannot be "
        "booked. Free ones can. Money that you earned stays in your Stripe account.",
        "Connect Stripe again",
    ),
}


def newest_account(*, schema_name: str) -> ConnectAccount | None:
    """The connected account, or else the one that was disconnected last."""
    rows = list(ConnectAccount.objects.filter(schema_name=schema_name).order_by("-created_at"))
    live = [row for row in rows if row.status != AccountStatus.DISCONNECTED]
    return next(iter(live or rows), None)
