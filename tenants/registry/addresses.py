"""The address of a coach's page: the first label of its host name, chosen by the coach."""

import re

from django.conf import settings

MIN_LENGTH, MAX_LENGTH = 3, 40

# Letters, digits and single hyphens between them: a DNS label (RFC 1123) that no browser shows as
# anything else, since names with two hyphens in a row may be punycode. Read by Python and by PostgreSQL.
PATTERN = r"^[a-z0-9](-?[a-z0-9])*\Z"

# Names that a reader would take for the platform's own, that mail standards give to a host's
# administrator (RFC 2142), or that browsers and servers look for by themselves.
_RESERVED_WORDS = """
about abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover beta
billing blog book booking bookings brand calendar careers cdn central checkout cloud coach coaches coaching
connect console contact dashboard demo dev developer developers dns docs download email example files forum
ftp git google health help helpdesk home host hostmaster images imap img info internal invoice invoices jobs
legal local localhost login logout mail mailbox mailer marketing me media metrics mfa mobile mta-sts my news
newsletter no-reply noreply ns ns1 ns2 oauth operator operators ops order orders partner partners password
pay payment payments payout payouts ping platform pop pop3 portal postmaster press pricing privacy private
prod production proxy public ready register root sales sandbox search secure security server session
sessions settings shop sign-in sign-up signin signup simulator sitemap smtp sso staff staging static stats
status store stripe support system team terms test tests upfront user users webhook webhooks webmail
webmaster welcome wpad www www1 www2 you
"""
RESERVED = tuple(sorted(_RESERVED_WORDS.split()))
_PATTERN = re.compile(PATTERN)


def malformed(address: str) -> str:
    """What is wrong with the form of an address, as a sentence for its chooser; empty when it is fine."""
    if not MIN_LENGTH <= len(address) <= MAX_LENGTH:
        return f"Choose between {MIN_LENGTH} and {MAX_LENGTH} characters."
    if not _PATTERN.match(address):
        return (
            "Use small letters, digits and single hyphens between them. It starts and ends with a letter or "
            "a digit."
        )
    return ""


def host_for(slug: str) -> str:
    """The host name, without a port, that the coach with this address has from us."""
    return f"{slug}.{settings.COACH_BASE_DOMAIN.split(':')[0]}"
