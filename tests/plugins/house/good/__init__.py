"""A sound third-party plug-in: it imports nothing of the host's."""

import pluggy

__version__ = "0.3"
hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(
        name="good",
        title="Good task",
        summary="Counts the letters that two words share.",
        build="good.tab:build",
        order=5,
        icon="G",
    )
