"""Made for a host that does not exist yet, with a field that this one does not know."""

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(
        name="too-new", title="Too new", build=f"{__name__}:build", api_version="2", colour="blue"
    )
