"""What is measured, and what it says: medians, spreads, ratios of the same round, and limits with noise."""

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Batch:
    """Some units of one task, done in one go: seconds of each, and the server's CPU time for each."""

    seconds: list[float]
    cpu_ms: float

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000


Batches = list[Batch]


@dataclass(frozen=True)
class Limit:
    """A figure in its rounds against what must be reached and what is aimed at."""

    what: str
    values: Sequence[float]
    must: float | None = None
    aim: float | None = None
    unit: str = ""

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        """A limit is missed when even the best quarter of the rounds is beyond it; else it was noise."""
        if self.must is not None and self.value > self.must:
            return "MISSED" if quantile(self.values, 0.25) > self.must else "over, within noise"
        if self.aim is not None and self.value > self.aim:
            return "met, aim missed"
        return "met"


@dataclass(frozen=True)
class Finding:
    """One line of the report. Times in milliseconds."""

    task: str
    times_ms: Sequence[float]
    cpu_ms: Sequence[float] = ()
    queries: int | None = None
    limits: list[Limit] = field(default_factory=list)
    note: str = ""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def interleaved(tasks: Mapping[str, Callable[[], Batch]], *, rounds: int) -> dict[str, Batches]:
    """Every task once in each round, in an order that changes, so that all meet the same noise."""
    batches: dict[str, Batches] = {name: [] for name in tasks}
    for name in tasks:
        # Once for nothing: connections, caches and the interpreter get warm.
        tasks[name]()
    for _ in range(rounds):
        for name in random.sample(list(tasks), len(tasks)):
            batches[name].append(tasks[name]())
    return batches


def times_ms(batches: Batches) -> list[float]:
    return [seconds * 1000 for batch in batches for seconds in batch.seconds]


def cpu_ms(batches: Batches) -> list[float]:
    return [batch.cpu_ms for batch in batches]


def ratios(batches: Batches, floor: Batches, measure: Callable[[Batch], float]) -> list[float]:
    """How many times the floor of the same round, for each round."""
    return [
        measure(batch) / measure(lowest)
        for batch, lowest in zip(batches, floor, strict=True)
        if measure(lowest) > 0
    ]


def over_floor(
    batches: Batches, floor: Batches, *, floor_name: str, must: float | None, aim: float | None
) -> list[Limit]:
    """The ratio by the clock, and by the server's CPU alone; both have to keep the limit."""
    return [
        Limit(
            f"× {floor_name}, {how}",
            ratios(batches, floor, lambda batch, how=how: _MEASURES[how](batch)),
            must,
            aim,
        )
        for how in _MEASURES
    ]


_MEASURES: dict[str, Callable[[Batch], float]] = {
    "time": lambda batch: batch.median_ms,
    "CPU": lambda batch: batch.cpu_ms,
}
