"""What a task may ask of the host: weights, a device, a folder, and limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from registry import zero_gpu
from registry.limits import Limits
from registry.messages import say
from registry.task import Task

P = ParamSpec("P")
R = TypeVar("R")


class NotAccepted(LookupError):
    """A task asked for a backbone that its own globs do not accept."""

    @property
    def for_people(self) -> str:
        """One line that a visitor may read."""
        return str(self.args[0])


class WeightsProvider(Protocol):
    """What the host needs of the weights; `weights.Weights` has it."""

    @property
    def device(self) -> str: ...
    @property
    def offline(self) -> bool: ...
    def cards(self, globs: Sequence[str] = ("*",)) -> tuple[Any, ...]: ...
    def availability(self, name: str) -> Any: ...
    def file(self, name: str) -> Any: ...
    def backbone(self, name: str) -> Any: ...
    def card(self, name: str) -> Any: ...
    def trainable(self, name: str) -> Any: ...
    def adopt(self, card: Any, module: Any, transform: Any, sha256: str) -> Any: ...
    def release(self, name: str) -> bool: ...
    def error(self, what: str, *, where: str = "", todo: str = "") -> Exception: ...


@dataclass(frozen=True)
class TaskContext:
    """The host as one task sees it; `build(ctx)` gets it.

    Attributes:
        task: The task itself.
        limits: What a visitor may hand in.
    """

    task: Task
    limits: Limits
    _weights: WeightsProvider = field(repr=False)
    _data: Path | None = None
    _caller_left: Callable[[], bool] = lambda: False

    @property
    def device(self) -> str:
        """`"cuda"` or `"cpu"`. The first question imports torch, so ask it in a handler."""
        return self._weights.device

    @property
    def offline(self) -> bool:
        """Whether the Hub must not be asked."""
        return self._weights.offline

    @property
    def data_dir(self) -> Path | None:
        """This task's own folder, made on first use; None where nothing may be kept."""
        if self._data is None:
            return None
        folder = self._data / self.task.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def backbones(self) -> tuple[Any, ...]:
        """The cards that the task's globs accept, in catalogue order."""
        return self._weights.cards(self.task.backbones)

    def card(self, name: str) -> Any:
        """What is known of a network, listed or not.

        Raises:
            NotAccepted: The task's globs do not accept the name.
        """
        return self._weights.card(self._accepted(name))

    def backbone(self, name: str) -> Any:
        """The loaded network.

        Raises:
            NotAccepted: The task's globs do not accept the name.
        """
        return self._weights.backbone(self._accepted(name))

    def trainable(self, name: str) -> Any:
        """A deep copy of the loaded network, to be trained.

        Raises:
            NotAccepted: The task's globs do not accept the name.
        """
        return self._weights.trainable(self._accepted(name))

    def adopt(self, card: Any, module: Any, transform: Any, sha256: str) -> Any:
        """Keep a trained network in memory for a while. Its card's new name is the key to it: no
        list has it, and every task whose globs accept `finetuned.*` can use it by that name.
        """
        return self._weights.adopt(card, module, transform, sha256)

    def release(self, name: str) -> bool:
        """Drop an adopted network now; False where there was none."""
        return self._weights.release(name)

    def gpu(self, function: Callable[P, R]) -> Callable[P, R]:
        """A function that may have a graphics card which is lent for the call (ZeroGPU); ask for it
        in `build`. Such a call runs in another process, so it takes and returns plain values, such
        as names and arrays, and what else it changes is lost. Elsewhere: the function itself.
        """
        return zero_gpu.lent(function, self.limits.gpu_seconds)

    def caller_left(self) -> bool:
        """Whether the caller of the handler that asks has gone or cancelled. A handler that works
        for longer than a second asks at every step, and ends where it is so: gradio itself ends
        only generators, and those only where they yield.
        """
        return self._caller_left()

    def availability(self, name: str) -> Any:
        """Whether the weights can be had now, from where, and why not. Never raises."""
        return self._weights.availability(name)

    def error(self, what: str, where: str = "", todo: str = "") -> Exception:
        """An error for people, to be raised: a visitor reads it in one line, without a stack trace.

        Args:
            what: What is wrong, as a clause that starts with a capital and has no full stop.
            where: The file, field or name at fault.
            todo: What the reader can do about it, a sentence.
        """
        return self._weights.error(what, where=where, todo=todo)

    def weights(self, name: str) -> Any:
        """A verified local file, without loading it."""
        return self._weights.file(name)

    def _accepted(self, name: str) -> str:
        known = isinstance(name, str)  # A caller may send nothing where a name is due.
        if not known or not any(fnmatchcase(name, glob) for glob in self.task.backbones):
            accepted = ", ".join(card.name for card in self.backbones()) or "none"
            raise NotAccepted(
                say(
                    "{title} cannot use {name}. It accepts: {accepted}.",
                    title=self.task.title,
                    name=repr(name),
                    accepted=accepted,
                )
            )
        return name
