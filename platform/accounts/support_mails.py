"""What the mails about a question say: to the platform's people, and to whoever asked it."""

from django.conf import settings
from django.urls import reverse

from accounts.mails import Mail
from accounts.models import SupportRequest


def question(asked: SupportRequest) -> Mail:
    """To the operators: who asks what, and from where."""
    who = f"{asked.name} ({asked.email})" if asked.name else asked.email
    came = f"Asked on {asked.page}." if asked.page else "Asked on the public page."
    return Mail(
        subject=f"Question from {asked.name or asked.email}",
        fact=f"{who} asks",
        paragraphs=(*_quoted(asked.text), came),
        action_words="Answer it",
        action_url=_page_of(asked),
        why="This address is where questions to Upfront go. Answer on the page, so that it is answered once.",
    )


def received(asked: SupportRequest) -> Mail:
    """To who asked. Of a stranger's words nothing: they may have named somebody else's address."""
    theirs = ("You asked:", *_quoted(asked.text)) if asked.schema_name else ()
    return Mail(
        subject="We have your question",
        fact="We have your question, and answer it by mail",
        paragraphs=(*theirs, "If you want to add something, answer this mail."),
        why="You get this because somebody, most likely you, asked us with this e-mail.",
    )


def answered(asked: SupportRequest) -> Mail:
    return Mail(
        subject="Our answer to your question",
        fact="Here is our answer",
        paragraphs=(*_paragraphs(asked.answer), "You asked:", *_quoted(asked.text)),
        why="You get this because you asked us. To ask on, answer this mail.",
    )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.replace("\r", "").split("\n"))))


def _quoted(text: str) -> tuple[str, ...]:
    return tuple(f"> {each}" for each in _paragraphs(text))


def _page_of(asked: SupportRequest) -> str:
    path = reverse("operators_question", urlconf=settings.ROOT_URLCONF, args=[asked.pk])
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}{path}"
