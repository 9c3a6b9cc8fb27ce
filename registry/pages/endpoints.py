"""The names that a task's events have for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from registry.task import Task, TaskError


class EndpointError(TaskError):
    """An event has a name that is not its task's to give, or the main one is missing."""


@contextmanager
def named_endpoints(config: Any, task: Task, tasks: Sequence[Task]) -> Iterator[None]:
    """Hold every event made inside to the naming rule, at the line that makes it.

    gradio would name an event after its function, and would rename a second one of the same
    name to `name_1`, so that an endpoint's name hung on the order of the pages.

    Args:
        config: The root's `default_config`, where every event is entered.
        task: The task that is being built.
        tasks: All tasks of the house: `style-transfer` owns `style_transfer`, not `style`.

    Raises:
        EndpointError: A public event has a foreign or doubled name, or the main one is missing.
    """
    enter_event = config.set_event_trigger
    before = set(config.fns)

    def checked(targets: Any, fn: Any = None, *args: Any, **kwargs: Any):
        name = kwargs.get("api_name")
        public = fn is not None and kwargs.get("api_visibility", "public") == "public"
        if not isinstance(name, str) or not name.strip():
            kwargs["api_name"] = False  # It also makes the event private.
        elif public:
            _check_name(name, task, tasks, config)
        elif owner_of(name, tasks) != task:
            kwargs["api_name"] = f"{task.endpoint}_{name}"
        return enter_event(targets, fn, *args, **kwargs)

    config.set_event_trigger = checked
    try:
        yield
    finally:
        del config.set_event_trigger
    made = [config.fns[i] for i in config.fns if i not in before]
    for event in made:
        # A Blocks built elsewhere and rendered here brings events that were not entered above.
        if event.api_visibility == "public" and owner_of(event.api_name, tasks) != task:
            event.api_visibility = "private"
    public = [event.api_name for event in made if event.api_visibility == "public"]
    if task.endpoint not in public:
        has = f"; it has {', '.join(sorted(public))}" if public else ""
        raise EndpointError(f'No event has api_name="{task.endpoint}", which a task needs{has}')


def owner_of(api_name: str, tasks: Sequence[Task]) -> Task | None:
    """The task whose endpoint is the longest beginning of the name, or None."""
    owners = [t for t in tasks if api_name == t.endpoint or api_name.startswith(f"{t.endpoint}_")]
    return max(owners, key=lambda t: len(t.endpoint), default=None)


def _check_name(name: str, task: Task, tasks: Sequence[Task], config: Any) -> None:
    if owner_of(name, tasks) != task:
        raise EndpointError(
            f'api_name="{name}" is not this task\'s to give: '
            f'"{task.endpoint}" is the main event, others are "{task.endpoint}_<verb>"'
        )
    if any(event.api_name == name for event in config.fns.values()):
        raise EndpointError(f'api_name="{name}" is used by two events of this task')
