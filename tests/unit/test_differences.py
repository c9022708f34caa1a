"""What is different between two texts, word for word. Pure."""

import time

from hypothesis import given
from hypothesis import strategies as st

from tenants.paperwork.differences import as_html, pieces

BEFORE = "# Agreement\n\nYou may cancel **24 hours** before.\n\nPay early.\n\n- One\n- Two"
AFTER = "# Agreement\n\nYou may cancel **48 hours** before.\n\n- One\n- Two\n- Three"


def test_words_that_were_changed_removed_and_added() -> None:
    assert pieces(BEFORE, AFTER) == [
        ("Agreement\n\nYou may cancel ", "same"),
        ("24", "removed"),
        ("48", "added"),
        (" hours before.\n\n", "same"),
        ("Pay early.\n\n", "removed"),
        ("• One\n\n• Two\n\n", "same"),
        ("• Three\n\n", "added"),
    ]


def test_it_is_said_in_words_as_well() -> None:
    page = as_html(BEFORE, AFTER)
    assert (
        '<del><span class="hidden-words">[removed: </span>24<span class="hidden-words">]</span></del>' in page
    )
    assert (
        '<ins><span class="hidden-words">[added: </span>48<span class="hidden-words">]</span></ins>' in page
    )
    assert page.count("<p>") == page.count("</p>") == 6


def test_nothing_of_it_is_markup() -> None:
    page = as_html("Hello", "Hello <script>alert(1)</script>")
    assert "<script" not in page
    assert "&lt;" in page


@given(st.text(alphabet="ab .\n-", max_size=40), st.text(alphabet="ab .\n-", max_size=40))
def test_both_texts_can_be_read_from_it(before: str, after: str) -> None:
    def read(kind: str) -> str:
        return "".join(words for words, each in pieces(before, after) if each in ("same", kind))

    def whole(text: str) -> str:
        return "".join(words for words, _ in pieces("", text))

    assert read("removed").split() == whole(before).split()
    assert read("added").split() == whole(after).split()


def test_a_long_text_takes_no_long_time() -> None:
    paragraph = "The client may cancel the session until one day before, as the coach may. " * 5
    before = "\n\n".join(f"{n}. {paragraph}" for n in range(100))
    # The work that it is, not the time that a busy machine takes for it.
    begun = time.thread_time()
    assert ("48", "added") in pieces(before, before.replace("one day before", "48 hours before", 3))
    assert time.thread_time() - begun < 2
