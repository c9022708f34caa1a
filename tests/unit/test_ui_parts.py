"""What the components promise: names that can be heard, sums that add up, text that cannot become markup."""

from datetime import UTC, date, datetime

import lucide
import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from ui.forms import Renderer
from ui.localtime import week_column
from ui.zones import zone_choices

EVENING = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


class Contact(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="We answer here.")
    phone = forms.CharField(label="Phone", required=False)
    agreed = forms.BooleanField(label="I agree to the rule.")


def test_a_slot_says_day_time_price_and_note() -> None:
    html = render('{% slot at "Europe/Berlin" 4500 "usd" note="uses 1 credit" %}', at=EVENING)
    words = [part.split("<")[0] for part in html.split(">")]
    assert "".join(words) == "Wednesday 10 June 2026, 17:00,  $45.00,  uses 1 credit"
    assert 'name="starts_at" value="2026-06-10T15:00:00+00:00"' in html


def test_a_slot_with_an_address_is_a_link() -> None:
    html = render('{% slot at "Europe/Berlin" href="/book/1/" %}', at=EVENING)
    assert html.startswith('<a class="slot" href="/book/1/">')
    assert "<button" not in html


def test_times_stand_under_their_part_of_the_day_where_they_happen() -> None:
    starts = [{"starts_at": datetime(2026, 6, 10, hour, tzinfo=UTC)} for hour in (9, 10, 15)]
    html = render("{% slots starts tz %}", starts=starts, tz="Europe/Berlin")
    assert [html.index(part) for part in ("Morning", "Afternoon", "Evening")] == sorted(
        html.index(part) for part in ("Morning", "Afternoon", "Evening")
    )
    assert html.count("<section") == 3


def test_a_day_without_times_is_said_and_cannot_be_reached() -> None:
    days = [
        {"date": date(2026, 6, 9), "count": 0},
        {"date": date(2026, 6, 10), "count": 1, "href": "?day=2026-06-10"},
    ]
    html = render("{% day_strip days chosen %}", days=days, chosen=date(2026, 6, 10))
    assert html.count("<a ") == 1
    assert "Tuesday 9 June 2026, </span>" in html
    assert "no free time" in html
    assert 'href="?day=2026-06-10" aria-current="date"' in html
    assert "1 time<" in html


@pytest.mark.parametrize(("locale", "column"), [("en", 7), ("de", 7), ("en_US", 1)])
def test_a_week_starts_where_the_locale_has_it(locale: str, column: int) -> None:
    assert week_column(date(2026, 6, 14), locale) == column


def test_a_breakdown_adds_up_by_itself() -> None:
    lines = [
        {"label": "Paid", "minor": 8000},
        {"label": "Stripe", "minor": -262},
        {"label": "Fee", "minor": -800},
    ]
    html = render('{% breakdown lines "usd" total="You keep" %}', lines=lines)
    assert "$69.38" in html.split("You keep")[1]


def test_nothing_to_pay_is_called_free() -> None:
    assert render('{% price_text 0 "usd" %}') == "Free"
    assert render('{% price_text 4500 "usd" %}') == "$45.00"


def test_money_and_time_follow_the_language() -> None:
    with translation.override("de"):
        assert render('{% money_text 123450 "eur" %}').replace("\xa0", " ") == "1.234,50 €"
        assert "Mittwoch" in render('{% when at "Europe/Berlin" %}', at=EVENING)


def test_a_chart_keeps_decimal_points_in_a_language_of_commas() -> None:
    points = [{"label": "Jan", "minor": 100}, {"label": "Feb", "minor": -50}, {"label": "Mar", "minor": 33}]
    with translation.override("de"):
        html = render('{% bar_chart points "usd" "Kept" %}', points=points)
    assert 'height="33.00%"' in html
    assert 'height="0.00%"' in html
    assert "−0,50" in html


def test_a_chart_of_nothing_has_no_bars() -> None:
    assert "<rect" not in render('{% bar_chart points "usd" "Kept" %}', points=[])


def test_a_field_ties_hint_and_error_to_its_input() -> None:
    html = render("{% field form.email %}", form=Contact({"email": "nobody"}))
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_helptext"' in html
    assert 'id="id_email_error"' in html
    assert '<label for="id_email">E-mail</label>' in html.replace("\n", "")


def test_a_hint_given_by_the_page_is_tied_as_well() -> None:
    html = render('{% field form.phone hint="Only for the day itself." %}', form=Contact())
    assert 'aria-describedby="id_phone_helptext"' in html
    assert "Only for the day itself." in html
    assert "optional" in html


def test_the_summary_leads_to_each_mistake_and_takes_the_focus() -> None:
    html = render("{% form_errors form %}", form=Contact({"email": "nobody"}))
    assert '<a href="#id_email">E-mail</a>' in html
    assert '<a href="#id_agreed">I agree to the rule</a>' in html
    assert "autofocus" in html
    assert "autofocus" not in render("{% form_errors form focus=False %}", form=Contact({}))


def test_the_summary_of_a_form_with_a_password_does_not_say_that_it_is_kept() -> None:
    class SignIn(forms.Form):
        email = forms.EmailField()
        password = forms.CharField(widget=forms.PasswordInput)

    assert "Type the password again" in render("{% form_errors form %}", form=SignIn({"password": "x"}))
    assert "What you typed is kept" in render("{% form_errors form %}", form=Contact({}))


def test_a_form_without_mistakes_has_no_summary() -> None:
    assert render("{% form_errors form %}", form=Contact()).strip() == ""


def test_steps_say_where_one_is() -> None:
    html = render('{% steps "Time|Details|Pay" 2 %}')
    assert 'aria-label="Step 2 of 3"' in html
    assert html.count('aria-current="step"') == 1
    assert "Time<span" in html


def test_states_never_speak_by_colour_alone() -> None:
    html = render('{% badge "problem" "Card declined" %}')
    assert "<svg" in html
    assert "Card declined" in html
    with pytest.raises(KeyError):
        render('{% badge "purple" %}')


def test_an_icon_is_silent_or_named() -> None:
    assert 'aria-hidden="true"' in render('{% icon "calendar" %}')
    named = render('{% icon "calendar" label=words %}', words='A "big" day')
    assert 'role="img" aria-label="A &quot;big&quot; day"' in named
    assert "aria-hidden" not in named
    with pytest.raises(lucide.IconDoesNotExist):
        render('{% icon "no-such-icon" %}')


MARKUP = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "source",
    [
        '{% badge "paid" evil %}',
        "{% avatar evil %}",
        "{% icon 'calendar' label=evil %}",
        "{% button evil href=evil %}",
        "{% choice evil text=evil note=evil aside=evil name='n' value=evil %}",
        '{% notice "paid" title=evil %}{{ evil }}{% endnotice %}',
        "{% dialog 'd' evil %}{{ evil }}{% enddialog %}",
        "{% balance evil evil %}",
        "{% empty evil evil action=evil href=evil %}",
        "{% copy_link evil evil %}",
        "{% slot at 'Europe/Berlin' note=evil href=evil %}",
        "{% slot at 'Europe/Berlin' value=evil busy=evil %}",
        "{% timeline history 'Europe/Berlin' %}",
        "{% breakdown lines 'usd' total=evil %}",
        "{% bar_chart lines 'usd' evil %}",
        "{% steps names 1 %}",
        "{% day_strip days label=evil %}",
    ],
)
def test_what_people_typed_never_becomes_markup(source: str) -> None:
    html = render(
        source,
        evil=MARKUP,
        at=EVENING,
        names=[MARKUP],
        history=[{"at": EVENING, "text": MARKUP, "note": MARKUP}],
        lines=[{"label": MARKUP, "note": MARKUP, "minor": 1}],
        days=[{"date": date(2026, 6, 10), "count": 1, "href": MARKUP}],
    )
    assert MARKUP not in html
    assert "&lt;" in html


def test_a_hold_counts_what_is_left_and_offers_more() -> None:
    html = render(
        '{% hold until now "Europe/Berlin" "/more/" %}',
        until=datetime(2026, 6, 10, 15, 1, 35, tzinfo=UTC),
        now=EVENING,
        csrf_token="abc",  # noqa: S106
    )
    assert 'data-seconds-left="95"' in html
    assert 'action="/more/"' in html
    assert 'value="abc"' in html


def test_the_zone_is_named_with_offset_and_current_time() -> None:
    html = render('{% zone_note "Europe/Berlin" now change_url="/zone/" %}', now=EVENING)
    assert "Times shown in Berlin, GMT+2" in html
    assert "17:00</time> now" in html
    assert "<form" not in html


def test_every_zone_on_offer_exists_and_ones_own_is_kept() -> None:
    offered = dict(zone_choices(EVENING, "Asia/Tashkent"))
    assert next(iter(offered)) == "Asia/Tashkent"
    assert offered["Europe/Berlin"] == "Berlin, GMT+2"
    assert len(zone_choices(EVENING, "Europe/Berlin")) == len(zone_choices(EVENING))


def test_a_whole_form_looks_like_its_fields_one_by_one() -> None:
    form = Contact({"email": "nobody"}, renderer=Renderer())
    html = str(form)
    assert html.count('<div class="field') == len(form.fields)
    assert "form-errors" in html
    assert 'id="id_email_error"' in html
