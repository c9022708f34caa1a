"""An announcement as a mail."""

from django.conf import settings

from accounts.announcements import milestones_of
from accounts.mails import Mail
from accounts.models import Announcement
from kit.words import long_date
from ui.markdown import Block, blocks


def letter(announcement: Announcement) -> Mail:
    """The whole text without its markup, then its days."""
    days = [f"{long_date(each.day)}: {each.text}" for each in milestones_of(announcement)]
    return Mail(
        subject=announcement.title,
        fact=announcement.title,
        paragraphs=(*filter(None, map(_plain, blocks(announcement.text))), *days),
        action_words="Open your dashboard",
        action_url=f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}/coach/",
        why="You get this because you have a page at Upfront, and it may change how you work with it.",
    )


def _plain(block: Block) -> str:
    """The words, with the address behind each link's."""
    words = "".join(f"{run.words} ({run.href})" if run.href else run.words for run in block.runs)
    return f"{block.mark} {words}".strip()
