"""Settings of a task as a frozen dataclass: checked, written as plain values, and read again."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any, TypeVar

from weights.errors import ParagoneError
from weights.messages import say

Chosen = TypeVar("Chosen", bound="Choices")


class SettingsError(ParagoneError):
    """A setting that cannot be used; `where` names the field."""


class Choices:
    """What the settings of all tasks can do: frozen dataclasses whose fields have defaults."""

    def check_number(self, name: str, least: float, most: float) -> None:
        """See that a field is a number from `least` to `most`, whole where its default is.

        Raises:
            SettingsError: It is not.
        """
        value = getattr(self, name)
        whole = isinstance(getattr(type(self), name), int)
        sound = isinstance(value, (int, float)) and not isinstance(value, bool)
        if sound and whole and float(value).is_integer():
            value = int(value)  # Sliders and JSON give 7.0 for 7.
            object.__setattr__(self, name, value)
        if not sound or (whole and not isinstance(value, int)) or not least <= value <= most:
            kind = "a whole number" if whole else "a number"
            todo = say(
                "Give {kind} from {least:g} to {most:g}.", kind=say(kind), least=least, most=most
            )
            raise SettingsError(say("It is {value}", value=repr(value)), where=name, todo=todo)

    def check_known(self, name: str, known: Collection[str]) -> None:
        """See that a field is one of the known words.

        Raises:
            SettingsError: It is not.
        """
        if getattr(self, name) not in known:
            what = say(
                "There is no {name} called {getattr}", name=name, getattr=repr(getattr(self, name))
            )
            raise SettingsError(
                what, where=name, todo=say("Choose one of: {known}.", known=", ".join(known))
            )

    def check_yes(self, name: str) -> None:
        """See that a field is yes or no.

        Raises:
            SettingsError: It is not.
        """
        value = getattr(self, name)
        if not isinstance(value, bool):
            what = say("It is {value}", value=repr(value))
            raise SettingsError(what, where=name, todo="Say yes or no.")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The fields, in the order in which a page hands over their values."""
        return tuple(field.name for field in fields(cls))

    def plain(self) -> dict[str, Any]:
        """As plain values, for a file, a card or a command."""
        return asdict(self)

    @classmethod
    def from_plain(cls: type[Chosen], values: dict[str, Any]) -> Chosen:
        """Read what `plain` gave.

        Raises:
            SettingsError: A field is unknown or its value cannot be used.
        """
        known = cls.names()
        if unknown := sorted(set(values).difference(known)):
            todo = say("Known are: {known}.", known=", ".join(sorted(known)))
            raise SettingsError("There is no such setting", where=unknown[0], todo=todo)
        return cls(**values)

    @classmethod
    def from_json(cls: type[Chosen], text: str, example: str) -> Chosen:
        """Read a JSON object of fields, as callers from code send it; "" is none.

        Args:
            example: A JSON object that would do.

        Raises:
            SettingsError: It is no JSON object, or a field is unknown or cannot be used.
        """
        known = ", ".join(cls.names())
        todo = say(
            "Send a JSON object such as {example}. Fields are: {known}.",
            example=example,
            known=known,
        )
        try:
            values = json.loads(text or "{}")
        except ValueError as error:
            raise SettingsError(
                say("It is no JSON: {error}", error=error), where="settings", todo=todo
            ) from error
        if not isinstance(values, dict):
            raise SettingsError("It is no JSON object", where="settings", todo=todo)
        return cls.from_plain(values)
