"""Many buyers of one time: one gets it, the others are told with a page of what is free; nobody fails."""

import statistics
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from tests.bench.booking import hold
from tests.bench.measuring import Finding, Limit, quantile
from tests.bench.serving import Browser
from tests.bench.stages import Stage

GOT, LOST = 302, 409


def raced(stage: Stage, buyers: int) -> Finding:
    """The same crowd twice in each round: all after one time, and each after a time of their own."""
    browsers = [stage.site.browser(stage.raced.host) for _ in range(buyers)]
    last, apart, answers = [], [], []
    for number in range(stage.size.races):
        times = stage.raced.free()
        one = times[number % len(times)]
        seconds, statuses = _round(stage, browsers, [one] * buyers)
        last.append(seconds)
        answers.append(statuses)
        seconds, statuses = _round(stage, browsers, [times[n % len(times)] for n in range(buyers)])
        if set(statuses) != {GOT}:
            raise AssertionError(f"Buyers of different times were refused: {statuses}")
        apart.append(seconds)
    return _found(buyers, last, apart, answers)


def _round(stage: Stage, browsers: list[Browser], times: list[datetime]) -> tuple[list[float], Counter[int]]:
    statuses: Counter[int] = Counter()

    def buyer(browser: Browser, at: datetime) -> Callable[[], list[float]]:
        def buy() -> list[float]:
            answer = hold(browser, stage.raced, at)
            statuses[answer.status] += 1
            return [answer.seconds]

        return buy

    for browser in browsers:
        browser.forget()
    try:
        batch = stage.site.crowd([buyer(*each) for each in zip(browsers, times, strict=True)])
    finally:
        stage.raced.clear()
    return batch.seconds, statuses


def _found(
    buyers: int, last: list[list[float]], apart: list[list[float]], answers: list[Counter[int]]
) -> Finding:
    winners = [statuses[GOT] for statuses in answers]
    failures = sum(sum(statuses.values()) - statuses[GOT] - statuses[LOST] for statuses in answers)
    slowdown = _p95(last) / _p95(apart)
    return Finding(
        f"The last time, {buyers} buyers at once, {len(answers)} rounds",
        [seconds * 1000 for each in last for seconds in each],
        limits=[
            Limit("rounds without exactly one winner", [sum(each != 1 for each in winners)], must=0),
            Limit("answers that were neither yes nor a page saying no", [failures], must=0),
            Limit("p95 × that of the same crowd with a time for each", [slowdown], must=None, aim=2),
        ],
        note=f"with a time for each: median {statistics.median(_flat(apart)) * 1000:.1f} ms, "
        f"p95 {_p95(apart) * 1000:.1f} ms",
    )


def _p95(rounds: list[list[float]]) -> float:
    return quantile(_flat(rounds), 0.95)


def _flat(rounds: list[list[float]]) -> list[float]:
    return [seconds for each in rounds for seconds in each]
