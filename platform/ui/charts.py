from collections.abc import Mapping, Sequence
from typing import Any

GAP_SHARE = 0.3


def bars(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each point (`label`, `minor`) with where its bar stands, in per cent of the drawing.

    Amounts below zero get no bar: the table behind the chart tells them.
    """
    highest = max((point["minor"] for point in points), default=0)
    return [
        {**point, **_place(point["minor"], highest, index, len(points))} for index, point in enumerate(points)
    ]


def shares(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each row (`name`, `minor`, `share_bp`) with its bar: the largest is as wide as the drawing.

    A share below half a per cent is told as less than one.
    """
    highest = max((row["share_bp"] for row in rows), default=0)
    return [
        {
            **row,
            "width": _percent(max(row["share_bp"], 0) / highest * 100 if highest > 0 else 0),
            "share": f"{round(row['share_bp'] / 100)}%" if row["share_bp"] >= 50 else "< 1%",
        }
        for row in rows
    ]


def _place(minor: int, highest: int, index: int, count: int) -> dict[str, str]:
    step = 100 / count
    height = max(minor, 0) / highest * 100 if highest > 0 else 0
    return {
        "x": _percent((index + GAP_SHARE / 2) * step),
        "width": _percent((1 - GAP_SHARE) * step),
        "middle": _percent((index + 0.5) * step),
        "y": _percent(100 - height),
        "height": _percent(height),
    }


def _percent(value: float) -> str:
    """Text, because a template would write a number with the reader's decimal comma."""
    return f"{value:.2f}%"
