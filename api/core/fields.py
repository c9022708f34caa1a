"""Fields and shapes of what is shown and taken, from which the OpenAPI file is written too."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from tenants.registry.pages import page_address

SHOWS_MONEY: Final = "billing:read"
MONEY_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "amount_minor": {
            "type": "integer",
            "description": "In the currency's smallest unit: 4500 is 45.00 of most currencies.",
            "example": 4500,
        },
        "currency": {"type": "string", "pattern": "^[a-z]{3}$", "example": "eur"},
    },
    "required": ["amount_minor", "currency"],
    "additionalProperties": False,
    "x-scope": SHOWS_MONEY,
}


@extend_schema_field(MONEY_SCHEMA)
class Amount(serializers.Field):
    """An amount, absent for who lacks the scope billing:read. Of two columns, or of two keys of a dict."""

    def __init__(self, minor: str, currency: str = "currency", **options: Any) -> None:
        self.minor, self.currency = minor, currency
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, value: Any) -> dict[str, object] | None:
        minor = _of(value, self.minor)
        return None if minor is None else {"amount_minor": minor, "currency": self._currency(value)}

    def _currency(self, value: Any) -> Any:
        """What stands within another thing is of its currency."""
        if isinstance(value, Mapping) and self.currency not in value:
            return _of(self._outermost(), self.currency)
        return _of(value, self.currency)

    def _outermost(self) -> Any:
        """The row that is shown: shapes within it, and lists of them, know no row of their own."""
        shape = self.parent
        while getattr(shape, "instance", None) is None:
            shape = shape.parent
        return shape.instance


class Named(serializers.Field):
    """The word that says what a shape is of: `"object": "booking"`."""

    def __init__(self, name: str, **options: Any) -> None:
        self.name = name
        super().__init__(source="*", read_only=True, **options)
        set_override(self, "field", {"type": "string", "const": name})

    def to_representation(self, value: Any) -> str:
        return self.name


class Link(serializers.Field):
    """An address on the coach's own host, made of a row by `path`."""

    def __init__(self, path: Callable[[Any], str], **options: Any) -> None:
        self.path = path
        super().__init__(source="*", read_only=True, **options)
        set_override(self, "field", {"type": "string", "format": "uri"})

    def to_representation(self, value: Any) -> str:
        return page_address(self.context["call"].request.tenant) + self.path(value)


def _of(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


class NameTaken(TypeError):
    """Two shapes would stand under one name in the OpenAPI file, and one of them would be gone from it."""


# Of what stands in the file without being declared here.
_SHAPES = {"Money": "an amount", "Problem": "a problem", "Version": "a version"}


def name_of(shape: type) -> str:
    """Under which a shape stands in the OpenAPI file, and in clients that are generated from it."""
    return shape.__name__.removesuffix("Shown")


def _register(shape: type) -> None:
    """Raises NameTaken."""
    name, whose = name_of(shape), f"{shape.__module__}.{shape.__qualname__}"
    if name.endswith("Page"):
        raise NameTaken(f"{whose}: names that end in Page are kept for lists.")
    if _SHAPES.setdefault(name, whose) != whose:
        raise NameTaken(f"{whose} would be “{name}” in the OpenAPI file, as {_SHAPES[name]} is.")


class Shown(serializers.Serializer):
    """How a row is shown. Amounts are left out, not emptied, unless the context says `shows_money`.

    All fields are only read; a shape within a shape follows the same rule.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _register(cls)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not self.context.get("shows_money"):
            for name, field in self.fields.items():
                if isinstance(field, Amount):
                    shown.pop(name, None)
        return shown


class Taken(serializers.Serializer):
    """What a request may say. What it may not is refused by name, so that a slip is not passed over."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _register(cls)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise ValidationError({str(name): ["There is no such field here."] for name in unknown[:20]})
        return super().to_internal_value(data)


class PageAsked(Taken):
    """What every list may be asked."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=25, help_text="How many at most.")
    cursor = serializers.CharField(
        max_length=200,
        default="",
        allow_blank=True,
        help_text="`next_cursor` of the page before; without it, the first page.",
    )
