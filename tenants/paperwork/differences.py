"""What is different in a text since another one, word for word, and said without colours."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from tenants.paperwork.models import ClientPaper, ClientPaperStatus
from ui.markdown import Block, blocks

GAP: Final = "\n\n"
_WORDS = re.compile(r"\n\n|\s+|\w+|[^\w\s]")
_HIDDEN: Final = '<span class="hidden-words">{}</span>'
Piece = tuple[str, str]
"""Words, and whether they are the "same", "added" or "removed"."""


def signed_before(given: ClientPaper) -> ClientPaper | None:
    """What the client accepted last of the same paper, where it said something else."""
    rows = ClientPaper.objects.select_related("paper", "acceptance")
    done = rows.filter(
        client_id=given.client_id, paper__line=given.paper.line, status=ClientPaperStatus.DONE
    ).order_by("done_at", "pk")
    last = done.exclude(pk=given.pk).last()
    return last if last and last.text_hash != given.text_hash else None


def as_html(before: str, after: str) -> SafeString:
    """Both texts in one: what was removed as `del`, what was added as `ins`, each said in words as well."""
    paragraphs: list[str] = [""]
    for words, kind in pieces(before, after):
        for nth, part in enumerate(words.split(GAP)):
            if nth:
                paragraphs.append("")
            if part:
                paragraphs[-1] += _marked(part, kind)
    written = "".join(f"<p>{each}</p>" for each in paragraphs if each.strip())
    return mark_safe(written.replace("\n", "<br>"))  # noqa: S308


def pieces(before: str, after: str) -> list[Piece]:
    """The words of both texts in reading order, neighbours of one kind together."""
    joined: list[Piece] = []
    for words, kind in _pieces(_paragraphs(before), _paragraphs(after)):
        if joined and joined[-1][1] == kind:
            words = joined.pop()[0] + words
        if words:
            joined.append((words, kind))
    return joined


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Paragraphs first: comparing a long text word by word as a whole takes seconds."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "".join(old[i1:i2]), "same"
        else:
            yield from _words("".join(old[i1:i2]), "".join(new[j1:j2]))


def _words(old: str, new: str) -> Iterator[Piece]:
    ours, theirs = _WORDS.findall(old), _WORDS.findall(new)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "".join(ours[i1:i2]), "same"
            continue
        yield "".join(ours[i1:i2]), "removed"
        yield "".join(theirs[j1:j2]), "added"


def _paragraphs(text: str) -> list[str]:
    return [f"{_line(each)}{GAP}" for each in blocks(text) if each.kind != "rule"]


def _line(block: Block) -> str:
    return f"{block.mark} {block.words}" if block.mark else block.words


def _marked(words: str, kind: str) -> str:
    if kind == "same" or not words.strip():
        return escape(words)
    tag, said = ("ins", "added") if kind == "added" else ("del", "removed")
    return f"<{tag}>{_HIDDEN.format(f'[{said}: ')}{escape(words)}{_HIDDEN.format(']')}</{tag}>"
