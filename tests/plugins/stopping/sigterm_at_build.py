"""Told to stop while its page is built."""

import os
import signal

import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="term-build", title="Term at build", build=f"{__name__}:build")


def build(ctx):
    os.kill(os.getpid(), signal.SIGTERM)
