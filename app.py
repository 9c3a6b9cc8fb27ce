"""Paragone: the page, built from the ready plug-ins, and the command line.

    python app.py            serve the page
    python app.py help       list every command, those that plug-ins bring too

`app.demo` is built when it is first asked for, so that `import app` costs little.
"""

from __future__ import annotations

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plugins import DEFAULT_PLUGINS
from registry import Limits, PluginRecord, SettingError, Task, TaskContext, load_plugins
from registry.cli.builtin import NO_TASKS, run_own
from registry.cli.parser import parse_arguments, run_command
from registry.house import House
from registry.loader import is_strict
from registry.messages import carry
from registry.pages.build import build_pages
from registry.pages.theme import open_house
from registry.quick_start import no_collection
from registry.resources import has_gpu, share_threads
from registry.server.callers import caller_left
from registry.server.gradio_patches import keep_sessions_lean
from registry.server.guard import GuardedBlocks
from registry.server.mcp import invite_assistants
from registry.server.queues import open_queues
from registry.server.serve import launch, serve_replicas
from registry.server.workspace import data_folder, private_temp
from registry.stopping import Stopped, heed_signals, leave
from registry.zero_gpu import lender
from weights import Weights
from weights.errors import ParagoneError
from weights.publish import publish
from weights.remote.cluster import connected, settings_of
from weights.remote.cluster import load as load_ray
from weights.remote.replicas import DEPLOYMENT, RemoteWeights, networks
from weights.stub import StubWeights


def load(
    weights: Any = None, environ: Mapping[str, str] | None = None
) -> tuple[tuple[PluginRecord, ...], Limits, Callable[[Task], TaskContext]]:
    """Load the plug-ins; give their records, the limits, and what makes the context of a task.

    Raises:
        SettingError: A variable cannot be used.
    """
    environ = os.environ if environ is None else environ
    weights = Weights() if weights is None else weights
    limits = Limits.from_environ(environ)
    records = load_plugins(environ, DEFAULT_PLUGINS, weights.register)
    data = data_folder(environ.get("PARAGONE_DATA", ""))
    return records, limits, lambda task: TaskContext(task, limits, weights, data, caller_left)


def build_app(weights: Any = None, environ: Mapping[str, str] | None = None) -> GuardedBlocks:
    """Build the page from the plug-ins that are ready.

    Args:
        weights: Where backbones come from; a new `weights.Weights` when None.
        environ: Where the PARAGONE_ variables are read; the process's own when None.

    Returns:
        The Blocks, not yet launched; `records` on it says what became of each plug-in.

    Raises:
        SettingError: A variable cannot be used.
    """
    environ = os.environ if environ is None else environ
    lender()  # Before anything imports torch.
    records, limits, context = load(weights, environ)
    root = open_house(limits, [Path(__file__).with_name("weights")], environ)
    keep_sessions_lean()
    with no_collection(), root:
        root.records = build_pages(root, records, context, is_strict(environ))
    return invite_assistants(open_queues(root, limits, has_gpu(environ)), environ)


def build_on_ray(handle: Any) -> tuple[GuardedBlocks, Callable[[], Mapping[str, int]]]:
    """The page with its networks in other processes, and what counts their answers."""
    weights = RemoteWeights(handle)
    return build_app(weights), lambda: weights.answered


def serve_from_ray(options: Namespace) -> None:
    """Serve the page with `options.replicas` processes for the networks, until interrupted."""
    with connected(options.replicas + 1) as ray:
        here = settings_of(os.environ)
        bound, serve = networks(ray, options.replicas, here), load_ray("ray.serve")
        build = "app:build_on_ray"
        serve_replicas(serve, bound, DEPLOYMENT, build, here, options.host, options.port)


def __getattr__(name: str) -> Any:
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    carry()
    return globals().setdefault("demo", build_app())


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, or run a command. Returns the exit code: 2 for a setting that cannot be used."""
    global demo
    options = parse_arguments(arguments)
    of_task = options.command not in ("", "plugins")
    # The log and the progress of a command share the terminal.
    level = logging.WARNING if of_task else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ |= {"PARAGONE_DATA": options.data, "PARAGONE_MCP": options.mcp}
    serves = not options.command
    heed_signals(serves)
    try:
        private_temp(os.environ)
        if options.command in NO_TASKS:
            return run_own(options, House(load, build_app, StubWeights, publish))
        if of_task:
            records, _, context = load()
            return run_command(options, records, context)
        if options.replicas and serves:
            serve_from_ray(options)
            return 0
        carry()
        demo = build_app()
        share_threads(Limits.from_environ(os.environ).threads)
        launch(demo, options.host, options.port, options.share)
    except Stopped as stop:  # A server that is told to stop does well.
        return 0 if serves else stop.exit_code
    except (SettingError, ParagoneError) as error:
        print(f"paragone: {error}", file=sys.stderr)
        return 2
    except OSError:
        todo = "Is the port taken? Choose another one with --port."
        print(f"paragone: cannot serve on {options.host}:{options.port}. {todo}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main())
