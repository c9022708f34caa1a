"""Words in the shapes that sentences need."""

import pytest

from tenants.offers.vocabulary import CHOICES, USUAL, Called, Words, called, kept, later, with_article, words


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("lesson", "a lesson"),
        ("appointment", "an appointment"),
        ("hour", "an hour"),
        ("unit", "a unit"),
        ("one-to-one", "a one-to-one"),
        ("umbrella", "an umbrella"),
        ("house call", "a house call"),
        ("European tour", "a European tour"),
    ],
)
def test_the_article_is_the_one_that_is_heard(noun: str, said: str) -> None:
    assert with_article(noun) == said


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    own = Called(lambda: Words("PT hour", "PT hours", "guest", "guests"))
    assert (own.Session, own.A_session, own.Clients) == ("PT hour", "A PT hour", "Guests")
    assert [own.count(number) for number in (0, 1, 2)] == ["0 PT hours", "1 PT hour", "2 PT hours"]


def test_a_sentence_may_name_other_things_besides() -> None:
    own = Called(lambda: CHOICES["appointment"])
    said = own.said("{coach} cannot take {a_session} of {a_client}.", coach="Anna {x}")
    assert said == "Anna {x} cannot take an appointment of a patient."
    with pytest.raises(AttributeError):
        own.said("{nonsense}")


def test_outside_of_a_practice_the_words_are_the_usual_ones() -> None:
    assert words() == USUAL
    assert called.sessions == "sessions"
    assert str(later("Book {a_session}")) == "Book a session"


def test_only_other_words_than_the_usual_ones_are_kept() -> None:
    assert kept(USUAL) == {}
    assert kept(CHOICES["class"])["clients"] == "members"
