"""What is asked before somebody signs up, and what is true. Each answer is a rule of the product."""

from dataclasses import dataclass

from fees.models import FeeAccount
from kit.money import CURRENCIES
from kit.words import listing
from public_pages.central.calculator import percent, terms


@dataclass(frozen=True, slots=True)
class Question:
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    questions: tuple[Question, ...]


def groups() -> tuple[Group, ...]:
    """By topic, what most people ask first."""
    return (
        Group("Money", _money(terms())),
        Group("Booking and cancelling", BOOKING),
        Group("Clients", CLIENTS),
        Group("Your practice", PRACTICE),
        Group("What it does not do", NOT_DONE),
    )


def _money(account: FeeAccount) -> tuple[Question, ...]:
    currencies = listing([code.upper() for code in CURRENCIES])
    return (
        Question(
            "What does it cost?",
            f"{percent(account.rate_bp)}% of what your clients pay by card, nothing on your first "
            f"{account.free_units} paid sessions, and no monthly price. Stripe’s fee for the card "
            "comes on top.",
        ),
        Question(
            "Who holds the money?",
            "Stripe, on an account of your own. It is paid out to your bank on Stripe’s schedule, which we "
            "show and never change.",
        ),
        Question(
            "Which sessions are among the free ones?",
            f"The first {account.free_units} that are paid by card. Free sessions, those that you give, and "
            "cash use up none of them. A refund of the whole session gives its free one back.",
        ),
        Question(
            "What do refunds cost?",
            "Our part comes back to you with the refund. Stripe keeps its own fee.",
        ),
        Question(
            "What if a client disputes a payment?",
            "Their bank decides. You get what there is to send in one file: what was booked, shown, agreed "
            "to and paid. If it is lost, our part comes back to you.",
        ),
        Question("Which currencies?", f"{currencies}. A page has one of them."),
    )


BOOKING = (
    Question(
        "When is a session booked?",
        "When the payment is through, or at once when it is free. A time that is not paid for in time is "
        "free again for others.",
    ),
    Question(
        "What if two people want the same time?",
        "One of them gets it. The other’s card is not charged, and they are offered the nearest times.",
    ),
    Question(
        "Who decides what a late cancellation costs?",
        "You, before anything is sold. Clients read the rule before they pay, and it stays theirs if you "
        "change it later. You can waive it for somebody, with a reason.",
    ),
    Question(
        "Can I decide about each request?",
        "Yes. The card is then only authorised, and charged when you accept.",
    ),
    Question(
        "Can clients pay a part first?",
        "Yes: a deposit with the rest later, or a pack in instalments, from the same card.",
    ),
    Question(
        "What if it rains?",
        "Close the day. You see every session that it meets before you do; each is called off, and what was "
        "paid goes back in full.",
    ),
)
CLIENTS = (
    Question(
        "Do my clients need an account?",
        "No. The link in their confirmation is enough. For all their sessions on one page they get a code by "
        "mail; there is no password.",
    ),
    Question(
        "Can a parent or an employer pay?",
        "Yes. They pay and see the payments; who comes sees their own sessions and balance, without amounts.",
    ),
    Question(
        "Can I bring clients and what they have left?",
        "Yes, from a spreadsheet. It is shown before anything is kept, and can be taken back afterwards.",
    ),
    Question(
        "What about their data?",
        "Each coach’s data stands apart from all others’. Clients can read, take out and have erased what is "
        "theirs; the books of money stay, without their name.",
    ),
)
PRACTICE = (
    Question(
        "How long does it take to begin?",
        "A few minutes: what you offer, when you work, and your page is there. Free sessions can be booked "
        "at once, priced ones as soon as Stripe says that your account can take cards.",
    ),
    Question(
        "Can it look like mine?",
        "Your photo, logo and colour stand on your page, on everything that clients sign or pay, and on "
        "their mails. You choose the words, too: lesson and student, appointment and patient.",
    ),
    Question(
        "Can I leave?",
        "Yes. There is nothing to cancel: no sessions, no fees. Clients, payments and papers can be taken "
        "out as files that a spreadsheet opens.",
    ),
)
NOT_DONE = (
    Question(
        "Does it do my accounts?",
        "No. It issues receipts and invoices and exports what your accountant needs. Tax returns are theirs.",
    ),
    Question(
        "Are there sessions for several people at once?",
        "Not yet. A session has one client.",
    ),
    Question(
        "Does it read my other calendar?",
        "No. Your calendar can subscribe to your sessions. Time that you need elsewhere is marked here as "
        "time off.",
    ),
    Question(
        "Does it send text messages?",
        "No. It sends mail.",
    ),
)
