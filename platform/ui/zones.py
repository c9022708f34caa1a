from datetime import datetime

from kit.words import zone_in_words
from ui.localtime import current_locale

COMMON_ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Phoenix", "America/Denver",
    "America/Mexico_City", "America/Chicago", "America/Bogota", "America/Lima", "America/New_York",
    "America/Toronto", "America/Caracas", "America/Halifax", "America/Santiago", "America/St_Johns",
    "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Atlantic/Azores", "Atlantic/Reykjavik",
    "Africa/Casablanca", "Europe/Lisbon", "Europe/Dublin", "Europe/London", "Africa/Lagos",
    "Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels", "Europe/Copenhagen", "Europe/Madrid",
    "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna",
    "Europe/Warsaw", "Europe/Zurich", "Africa/Cairo", "Africa/Johannesburg", "Asia/Jerusalem",
    "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki", "Europe/Kyiv", "Africa/Nairobi",
    "Asia/Riyadh", "Europe/Istanbul", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Bangkok", "Asia/Jakarta", "Asia/Hong_Kong",
    "Asia/Manila", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Australia/Perth", "Asia/Seoul",
    "Asia/Tokyo", "Australia/Adelaide", "Australia/Brisbane", "Australia/Melbourne", "Australia/Sydney",
    "Pacific/Auckland", "Pacific/Tongatapu",
)  # fmt: skip
"""Zones to choose from by hand, west to east; a device may name any other."""


def zone_choices(at: datetime, current: str = "") -> list[tuple[str, str]]:
    """The choices of a form field: each zone in words with its offset at that moment.

    `current` is offered first when it is none of the common ones, so that saving a form keeps it.
    """
    names = COMMON_ZONES if current in COMMON_ZONES or not current else (current, *COMMON_ZONES)
    return [(name, zone_in_words(name, at, current_locale())) for name in names]
