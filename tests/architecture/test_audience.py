"""Who may do what, on every address there is: nobody reaches another coach's rows, by any road."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from tenants.registry.models import Tenant
from tests.architecture import routes
from tests.architecture.routes import CENTRAL, COACH, Route, Rows

Contents = Callable[[Tenant], dict[str, str]]

# Anybody may post here: to sign in or up, and what Stripe itself signs.
FOR_ANYBODY = {
    "stripe_events_accounts",
    "stripe_events_self",
    "stripe_events_sandbox",
    "mail_events",
    # Known by what a program keeps secret, or by its verifier.
    "oauth_token",
    "oauth_revoke",
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_from_key",
    "account_logout",
    # Where sign-up is open, it leads there.
    "waitlist",
    "help",
    # In the demo only, where everybody may move the time; the other one shows the same as ever.
    "demo_time",
    "components",
}
# A coach's own host has visitors only. The links of bookings are tried apart.
FOR_VISITORS = {
    "choose_zone",
    "hold_slot",
    "pack_for_others",
    "pack_link",
    "pack_offer",
    "payments_link",
    "portal_sign_in",
    "product",
    "retainer_plan",
}
TOKENS = {"token", "pack_token", "retainer_token", "paper_token", "pay_token", "payer_token", "sign_token"}
TOKENS |= {"form_token", "read_token", "packet_token"}
TOKENS |= {"unsubscribe_token", "enter_token", "feed_token", "coach_feed_token"}
TOKENS |= {"order_token", "packs_token", "download_token", "proposal_token"}
# To remove what is not there, or not there any more, is no mistake, and changes nothing.
REMOVALS = {"dashboard_time_off_end", "dashboard_date_clear"}
REFUSALS = {403, 404, 405}
# What search engines ask every host for, each with its own answer; and a sheet of colours that is no page.
OF_EVERY_HOST = {"robots", "central_robots", "sitemap", "coach_sitemap", "accent"}
# Stripe and the carrier sign what they send; a mail program's press is known by the link in the mail.
SENT_BY_PROGRAMS = {
    CENTRAL: {
        "stripe_events_accounts",
        "stripe_events_self",
        "stripe_events_sandbox",
        "mail_events",
        "oauth_token",
        "oauth_revoke",
    },
    COACH: {"unsubscribe"},
}
# Of the central host, and of clients' own pages on a coach's.
SIGN_IN = ("/accounts/login/", "/my/sign-in/")


def refuses(answer: Any) -> bool:
    """Refused, hidden, or sent to the sign-in."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(SIGN_IN)
    return to_sign_in or answer.status_code in REFUSALS


def posted(browser: Any, route: Route, values: dict[str, object]) -> Any:
    return browser.post(route.path(values), {"csrfmiddlewaretoken": "x"})


def test_a_post_of_nobody_is_refused_wherever_it_is_not_meant_for_anybody(
    annas: Rows, contents: Contents
) -> None:
    before = contents(annas.tenant)
    browser = routes.anonymous()
    taken = {
        route.name for route in routes.routes(CENTRAL) if not refuses(posted(browser, route, annas.values))
    }
    assert taken == FOR_ANYBODY
    assert contents(annas.tenant) == before


def test_a_post_of_another_coach_finds_no_such_coach(annas: Rows, bens: Rows, contents: Contents) -> None:
    ben = routes.signed_in(bens.tenant)
    before = contents(annas.tenant)
    for route in routes.dashboard():
        assert posted(ben, route, annas.values).status_code == 404, route.pattern
        assert ben.get(route.path(annas.values)).status_code == 404, route.pattern
    assert contents(annas.tenant) == before


def test_an_operators_session_is_no_way_into_a_practice(annas: Rows, contents: Contents) -> None:
    olga = routes.operator()
    before = contents(annas.tenant)
    for route in routes.dashboard():
        assert posted(olga, route, annas.values).status_code == 404, route.pattern
        assert olga.get(route.path(annas.values)).status_code == 404, route.pattern
    assert contents(annas.tenant) == before


def test_operators_pages_do_not_exist_for_a_coach(anna: Tenant) -> None:
    browser = routes.signed_in(anna)
    pages = [route for route in routes.routes(CENTRAL) if route.pattern.startswith("operators/")]
    assert pages
    for route in pages:
        path = route.path(dict.fromkeys(route.parameters, uuid4()))
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
        assert routes.anonymous().get(path).status_code == 302


def test_the_rows_of_another_coach_are_hidden_in_every_address(
    annas: Rows, bens: Rows, contents: Contents
) -> None:
    """Ben's ids below Anna's own address: as if they had never been."""
    anna = routes.signed_in(annas.tenant)
    before = contents(bens.tenant), contents(annas.tenant)
    mixed = {**bens.values, "slug": annas.tenant.slug}
    named = [route for route in routes.dashboard() if set(route.parameters) & _ids(annas, bens)]
    assert len(named) >= 4
    for route in named:
        assert refuses(posted(anna, route, mixed)) or route.name in REMOVALS, route.pattern
        assert anna.get(route.path(mixed)).status_code in (404, 405), route.pattern
    assert (contents(bens.tenant), contents(annas.tenant)) == before


def test_ids_of_nobody_are_hidden_too(annas: Rows, contents: Contents) -> None:
    anna = routes.signed_in(annas.tenant)
    nobodys = {**annas.values, **routes.nothing_of_ours()}
    before = contents(annas.tenant)
    for route in routes.dashboard():
        if set(route.parameters) - {"slug"}:
            assert refuses(posted(anna, route, nobodys)) or route.name in REMOVALS, route.pattern
            assert anna.get(route.path(nobodys)).status_code in (404, 405), route.pattern
    assert contents(annas.tenant) == before


def test_no_page_says_a_word_of_another_coach(annas: Rows, bens: Rows) -> None:
    anna, visitor = routes.signed_in(annas.tenant), routes.anonymous(annas.host)
    told = ""
    for route in routes.everywhere():
        browser = visitor if route.urlconf == COACH else anna
        answer = browser.get(route.path(annas.values))
        assert answer.status_code < 500, route.pattern
        if route.is_a_coachs:
            told += answer.content.decode(errors="replace")
    assert "Aubergine" in told
    assert "Aubergine client" in told
    assert "Boysenberry" not in told


def test_a_link_of_one_coach_opens_nothing_on_anothers_host(
    annas: Rows, bens: Rows, contents: Contents
) -> None:
    before = contents(bens.tenant), contents(annas.tenant)
    visitor = routes.anonymous(bens.host)
    with_token = [route for route in routes.routes(COACH) if TOKENS & set(route.parameters)]
    assert len(with_token) >= 5
    for route in with_token:
        path = route.path(annas.values)
        assert visitor.get(path).status_code in (404, 405), path
        assert visitor.post(path).status_code in (404, 405), path
    assert (contents(bens.tenant), contents(annas.tenant)) == before


@pytest.mark.parametrize("change", ["another end", "cut", "longer", "not base64", "of another booking"])
def test_a_link_that_was_tampered_with_opens_nothing(annas: Rows, change: str) -> None:
    token = annas.token
    changed = {
        "another end": token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        "cut": token[:-6],
        "longer": token + "AAAA",
        "not base64": "%2e%2e!" + token[7:],
        "of another booking": "A" * 8 + token[8:],
    }[change]
    visitor = routes.anonymous(annas.host)
    assert visitor.get(f"/b/{annas.token}/").status_code == 200
    assert visitor.get(f"/b/{changed}/").status_code == 404


def test_a_link_stops_working_when_its_version_changes(annas: Rows) -> None:
    visitor = routes.anonymous(annas.host)
    path = f"/b/{annas.token}/"
    assert visitor.get(path).status_code == 200
    annas.booking.link_version += 1
    with tenant_context(annas.tenant), transaction.atomic():
        annas.booking.save(update_fields=["link_version"])
    assert visitor.get(path).status_code == 404


def test_posts_for_visitors_are_named(annas: Rows) -> None:
    """What anybody may post on a coach's host: what stands in FOR_VISITORS, and what a link allows."""
    open_to_all = set()
    visitor = routes.anonymous(annas.host)
    for route in routes.routes(COACH):
        if not TOKENS & set(route.parameters) and not refuses(posted(visitor, route, annas.values)):
            open_to_all.add(route.name)
    assert open_to_all == FOR_VISITORS


def test_each_host_has_its_own_pages_only(annas: Rows, stripe: Simulator) -> None:
    """A page of the central host is not on a coach's, nor the other way round."""
    anna = routes.signed_in(annas.tenant)
    for route in routes.everywhere():
        if route.pattern and route.name not in OF_EVERY_HOST:
            host = routes.CENTRAL_HOST if route.urlconf == COACH else annas.host
            path = route.path(annas.values)
            for answer in (anna.get(path, HTTP_HOST=host), anna.post(path, HTTP_HOST=host)):
                assert answer.status_code == 404, (host, path)


@pytest.mark.parametrize("urlconf", [CENTRAL, COACH])
def test_every_post_needs_the_pages_own_token_but_what_programs_send(annas: Rows, urlconf: str) -> None:
    anna = routes.signed_in(annas.tenant, enforce_csrf_checks=True)
    exempt = set()
    host = annas.host if urlconf == COACH else routes.CENTRAL_HOST
    for route in routes.routes(urlconf):
        answer = anna.post(route.path(annas.values), HTTP_HOST=host)
        if answer.status_code != 403:
            exempt.add(route.name)
    assert exempt == SENT_BY_PROGRAMS[urlconf]


def _ids(annas: Rows, bens: Rows) -> set[str]:
    """The parameters that name a row of one coach: those that are different for the other."""
    ours, theirs = annas.values, bens.values
    return {name for name in ours if ours[name] != theirs[name]} - {"slug"}
