"""My task: a plug-in for Paragone."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="my-task",
        title="My task",
        summary="How alike are two pictures to a ConvNet?",
        build="paragone_my_task.tab:build",
        backbones=("*in1k",),
    )
