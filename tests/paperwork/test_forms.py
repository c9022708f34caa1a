"""A client's form: every kind of question, a draft that loses nothing, handed in once."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.files.keeping import check
from tenants.files.models import StoredFile
from tenants.paperwork import forms, verifying
from tenants.paperwork.accepting import NotOpen
from tenants.paperwork.answers import AnswersForm, in_words
from tenants.paperwork.giving import hash_of, withdraw
from tenants.paperwork.models import Acceptance
from tenants.paperwork.questions import CannotAsk, Part, parts_of, written
from tenants.registry.models import Tenant
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import COACH, GOAL, HEALTH

SPORT = Part("one_choice", "Which sport?", choices=("Tennis", "Padel"), id="sport")
DAYS = Part("several_choices", "Which days?", choices=("Mon", "Tue", "Wed"), id="days")
PHOTO = Part("file", "A photo of your grip", id="photo", required=True)


def judged(part: Part, answer: Any) -> Any:
    form = AnswersForm([part], {part.id: answer} if answer is not None else {}, judged=True)
    return form.given.get(part.id) if form.is_valid() else next(iter(form.errors.values()))[0]


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("short_text", " Run ", "Run"),
        ("long_text", "One\nTwo", "One\nTwo"),
        ("yes_no", "no", "no"),
        ("number", "7,5", "7.5"),
        ("number", "42", "42"),
        ("date", "2026-03-31", "2026-03-31"),
        ("email", "ana@example.org", "ana@example.org"),
        ("phone", "+49 30 1234567", "+49 30 1234567"),
    ],
)
def test_each_kind_keeps_what_is_right(kind: str, typed: str, kept: str) -> None:
    assert judged(Part(kind, "Question?", id="q"), typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("short_text", "x" * 301, "at most 300"),
        ("yes_no", "maybe", "Choose one"),
        ("number", "many", "in digits"),
        ("number", "NaN", "in digits"),
        ("date", "31.3.2026", "2026-03-31"),
        ("email", "ana", "whole address"),
        ("phone", "12", "too short"),
        ("short_text", None, "Write an answer"),
        ("yes_no", None, "Choose one"),
        ("file", None, "Choose a file"),
    ],
)
def test_each_kind_says_what_to_do(kind: str, typed: str | None, words: str) -> None:
    assert words in judged(Part(kind, "Question?", id="q", required=True), typed)


def test_choices_are_only_those_that_were_offered() -> None:
    assert judged(SPORT, "Padel") == "Padel"
    assert judged(SPORT, "Golf") == "Choose one of these."
    assert judged(DAYS, ["Mon", "Wed"]) == ["Mon", "Wed"]
    assert judged(DAYS, ["Mon", "Sun"]) == "Choose from these."
    assert in_words(DAYS, ["Mon", "Wed"]) == "Mon, Wed"


def test_what_is_not_required_may_stay_empty() -> None:
    for kind in ("short_text", "number", "date", "email", "phone", "yes_no", "file"):
        assert judged(Part(kind, "Question?", id="q"), None) is None


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "at least one question"),
        ([Part("heading", "About you")], "at least one question"),
        ([Part("short_text", " ")], "Write what is asked"),
        ([Part("one_choice", "Which?", choices=("One",))], "at least two choices"),
        ([Part("one_choice", "Which?", choices=("One", "One"))], "the same"),
        ([Part("song", "Sing")], "no kind of question"),
        ([Part("short_text", "Q?", id="1"), Part("date", "R?", id="1")], "the same one"),
        ([Part("short_text", f"Q{n}?") for n in range(41)], "up to 40"),
    ],
)
def test_a_form_that_cannot_be_answered_is_not_made(parts: list[Part], words: str) -> None:
    with pytest.raises(CannotAsk, match=words):
        written(parts)


def test_handing_in_keeps_every_question_and_answer_as_they_were_shown(anna: Tenant) -> None:
    form = papers.form(
        anna,
        Part("heading", "About you", id="h"),
        Part("short_text", "What is your goal?", help="In a sentence.", required=True, id=GOAL),
        Part("yes_no", "Played before?", id="played"),
        Part("long_text", "Health?", id=HEALTH),
        Part("paragraph", "Thank you.", id="p"),
    )
    given = papers.given(anna, form, papers.client(anna))
    kept = papers.handed_in(anna, given, **{GOAL: "Win <b>once</b>", "played": "yes", "unasked": "x"})
    now = papers.reread(anna, given)
    assert now.text == (
        "# Intake form\n\n## About you\n\n**What is your goal?**\nIn a sentence.\nWin <b>once</b>\n\n"
        "**Played before?**\nYes\n\n**Health?**\n(no answer)\n\nThank you."
    )
    assert (now.text_hash, kept.text_hash) == (hash_of(now.text), hash_of(kept.text))
    assert (kept.name, kept.address, kept.paper_version) == ("Cleo Adler", "203.0.113.7", 1)
    assert (now.status, now.answers) == ("done", {GOAL: "Win <b>once</b>", "played": "yes"})
    assert "Win" not in kept.text
    assert "**What is your goal?**\nIn a sentence.\n\n**Played before?**" in kept.text
    assert now.text_hash in kept.text
    with tenant_context(anna):
        event = Event.objects.get(kind="paper.done")
    assert (event.subject_id, event.data["line"]) == (given.pk, str(form.line))


def test_a_second_press_hands_in_nothing_more(anna: Tenant) -> None:
    given = papers.given(anna, papers.form(anna), papers.client(anna))
    first = papers.handed_in(anna, given)
    again = papers.handed_in(anna, given, **{GOAL: "Something else"})
    assert again.pk == first.pk
    assert papers.reread(anna, given).answers == {GOAL: "Run ten kilometres"}
    with tenant_context(anna):
        assert Acceptance.objects.count() == 1
        assert Event.objects.filter(kind="paper.done").count() == 1


def test_a_mistake_hands_in_nothing_and_loses_nothing(anna: Tenant) -> None:
    given = papers.given(anna, papers.form(anna), papers.client(anna))
    with pytest.raises(forms.AnswersWrong) as wrong:
        papers.handed_in(anna, given, **{GOAL: "  ", HEALTH: "A knee"})
    assert "Write an answer." in str(wrong.value.form.errors)
    now = papers.reread(anna, given)
    assert (now.status, now.answers[HEALTH]) == ("open", "A knee")


def test_a_draft_keeps_what_is_wrong_too(anna: Tenant) -> None:
    form = papers.form(anna, Part("number", "How old?", required=True, id="age"), DAYS)
    given = papers.given(anna, form, papers.client(anna))
    with tenant_context(anna):
        typed = {"age": "forty", "days": ["Mon", "Sun"]}
        forms.keep_draft(client_paper_id=given.pk, typed=typed, now=clock.now())
    assert papers.reread(anna, given).answers == {"age": "forty", "days": ["Mon", "Sun"]}


def test_a_draft_goes_on_in_the_next_version(anna: Tenant) -> None:
    form, cleo = papers.form(anna), papers.client(anna)
    given = papers.given(anna, form, cleo)
    with tenant_context(anna):
        forms.keep_draft(client_paper_id=given.pk, typed={GOAL: "Run"}, now=clock.now())
    newer = papers.form(anna, *parts_of(form.parts), SPORT, line=form.line)
    assert newer.version == 2
    assert papers.given(anna, newer, cleo).answers == {GOAL: "Run"}


def test_answers_that_were_altered_afterwards_are_found(anna: Tenant, as_owner: Any) -> None:
    form = papers.form(anna, Part("short_text", "Goal?", id=GOAL))
    given = papers.given(anna, form, papers.client(anna))
    papers.handed_in(anna, given, **{GOAL: "Serve"})
    with tenant_context(anna):
        assert verifying.verify() == (1, [])
    with as_owner.cursor() as cursor:
        table = f'"{anna.schema_name}".paperwork_clientpaper'
        cursor.execute(f"UPDATE {table} SET text = replace(text, 'Serve', 'Lob')")
    with tenant_context(anna):
        [altered] = verifying.verify()[1]
    assert altered.what == "its answers are not those that were handed in"


def test_a_file_stays_while_the_rest_is_put_right(anna: Tenant) -> None:
    form = papers.form(anna, PHOTO, Part("short_text", "Goal?", required=True, id=GOAL))
    given = papers.given(anna, form, papers.client(anna))
    brought = {"photo": check(name="grip.txt", content=b"my grip")}
    with tenant_context(anna):
        forms.keep_draft(client_paper_id=given.pk, typed={}, files=brought, now=clock.now())
        with pytest.raises(forms.AnswersWrong):
            papers.handed_in(anna, given, **{GOAL: ""})
        kept = papers.handed_in(anna, given, **{GOAL: "Serve"})
        file = StoredFile.objects.get()
    assert bytes(file.content) == b"my grip"
    assert file.client_id == given.client_id
    shown = papers.reread(anna, given)
    assert f"grip.txt (SHA-256 {file.digest})" in shown.text
    assert shown.text_hash in kept.text


def test_a_file_that_is_replaced_or_taken_back_is_not_kept(anna: Tenant) -> None:
    given = papers.given(anna, papers.form(anna, PHOTO), papers.client(anna))
    with tenant_context(anna):
        for content in (b"one", b"two"):
            brought = {"photo": check(name="grip.txt", content=content)}
            forms.keep_draft(client_paper_id=given.pk, typed={}, files=brought, now=clock.now())
        assert [bytes(each.content) for each in StoredFile.objects.all()] == [b"two"]
        forms.keep_draft(client_paper_id=given.pk, typed={}, without=frozenset({"photo"}), now=clock.now())
        assert not StoredFile.objects.exists()
        with pytest.raises(forms.AnswersWrong):
            papers.handed_in(anna, given, **{GOAL: "x"})


def test_an_answer_cannot_name_somebody_elses_file(anna: Tenant) -> None:
    form = papers.form(anna, PHOTO)
    bens = papers.given(anna, form, papers.client(anna, email="ben@example.com"))
    given = papers.given(anna, form, papers.client(anna))
    with tenant_context(anna):
        brought = {"photo": check(name="ben.txt", content=b"ben's")}
        forms.keep_draft(client_paper_id=bens.pk, typed={}, files=brought, now=clock.now())
        named = papers.reread(anna, bens).answers
        with pytest.raises(forms.AnswersWrong):
            papers.handed_in(anna, given, **named)
        assert forms.file_of(papers.reread(anna, given), "photo") is None


def test_what_was_withdrawn_cannot_be_filled_in(anna: Tenant) -> None:
    given = papers.given(anna, papers.form(anna), papers.client(anna))
    with tenant_context(anna):
        withdraw(client_paper_id=given.pk, now=clock.now(), actor=COACH)
        with pytest.raises(NotOpen):
            forms.keep_draft(client_paper_id=given.pk, typed={GOAL: "x"}, now=clock.now())
    with pytest.raises(NotOpen):
        papers.handed_in(anna, given)
