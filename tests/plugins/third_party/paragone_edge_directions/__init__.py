"""Edge directions: a plug-in for Paragone."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    """Register the page."""
    register(
        name="edge-directions",
        title="Edge directions",
        summary="Which way do the edges of two pictures run, and how alike is that?",
        build="paragone_edge_directions.tab:build",
        icon="∠",
    )
