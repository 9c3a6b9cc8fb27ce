"""The actor between the workers of a run and anyone who watches it."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.triplet_finetuning.training.events import Step


@dataclass(frozen=True)
class Start:
    """Workers began, or began again.

    Attributes:
        number: The step that they go on from; 0 at the beginning.
        pids: Process ids, in the order of the ranks.
    """

    number: int
    pids: tuple[int, ...]


class Board:
    """Where the first worker writes each step, and whence all learn that they shall stop: an actor
    that outlives the workers.
    """

    def __init__(self) -> None:
        self._steps: dict[int, Step] = {}
        self._starts: list[Start] = []
        self._refusal: tuple[str, str, str] | None = None
        self._stopped = False

    def begin(self, start: Start) -> bool:
        """Begin after a step; later ones will be taken again. Returns whether there is any use."""
        self._starts.append(start)
        if start.number:
            self._steps = {n: step for n, step in self._steps.items() if n <= start.number}
        return self._refusal is None

    def tell(self, step: Step) -> bool:
        """Write a step down; returns whether to stop."""
        self._steps[step.number] = step
        return self._stopped

    def refuse(self, what: str, where: str, todo: str) -> None:
        """Write down an error that another try would meet again."""
        self._refusal = self._refusal or (what, where, todo)

    def stop(self) -> None:
        """Ask the workers to stop after their step."""
        self._stopped = True

    def since(self, number: int) -> tuple[list[Step], list[Start], tuple[str, str, str] | None]:
        """Every step after this one, in order; all starts; and why it cannot go on."""
        steps = [self._steps[n] for n in sorted(self._steps) if n > number]
        return steps, self._starts, self._refusal
