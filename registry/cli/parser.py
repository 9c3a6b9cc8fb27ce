"""The command line: the host's own options and commands, and the commands that tasks bring."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from registry.cli.builtin import OWN, add_options
from registry.context import TaskContext
from registry.limits import SettingError
from registry.loader import ready_tasks
from registry.task import PluginRecord, Task

log = logging.getLogger("paragone.commands")

MORE = "Plug-ins bring commands of their own: `python app.py help` lists them."
FAILED, REFUSED, INTERRUPTED = 1, 2, 130


def parse_arguments(
    arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ
) -> argparse.Namespace:
    """Read the command line; the environment gives the defaults.

    Returns:
        The options, `command` (empty: serve the page), `arguments` (what follows a command of a
        task), and what a command of the host's own takes.
    """
    parser = _parser(environ)
    options = parser.parse_args(arguments)
    if options.command in OWN:
        own = argparse.ArgumentParser(
            prog=f"app.py {options.command}", description=OWN[options.command]
        )
        add_options(options.command, own)
        own.parse_args(options.arguments, options)
    if options.replicas and options.share:
        parser.error("--share makes a link to this process; with --replicas the page is in another")
    return options


def run_command(
    options: argparse.Namespace,
    records: Sequence[PluginRecord],
    context: Callable[[Task], TaskContext],
) -> int:
    """Run a command that a task brings, or list all commands.

    An error that is meant for people becomes one line, and any other one a line and a report in the
    log.

    Args:
        options: What `parse_arguments` read.
        records: What the loader found.
        context: Makes the context of one task.

    Returns:
        The exit code: the command's own, 1 when it failed, 2 when it refused, 130 after Ctrl-C,
        143 after SIGTERM.

    Raises:
        SettingError: There is no such command.
    """
    tasks = {verb: task for task, _ in ready_tasks(records) for verb in task.commands}
    verb = options.command
    if verb == "help":
        print(_overview(tasks))
        return 0
    if verb not in tasks:
        raise _unknown(verb, [*OWN, *sorted(tasks)])
    task = tasks[verb]
    try:
        return int(task.resolve_command(verb)(context(task), list(options.arguments)) or 0)
    except KeyboardInterrupt as error:
        return _say(verb, "stopped.", getattr(error, "exit_code", INTERRUPTED))
    except SystemExit:  # So argparse ends, after its help and after a wrong option.
        raise
    except BaseException as error:
        if for_people := getattr(error, "for_people", ""):
            return _say(verb, for_people, REFUSED)
        log.error("The command %s of task %s failed", verb, task.name, exc_info=error)
        kind = type(error).__name__
        return _say(verb, f"it failed ({kind}). The report is in the log above.", FAILED)


def _parser(environ: Mapping[str, str] = os.environ) -> argparse.ArgumentParser:
    on_spaces = "SPACE_ID" in environ
    host = environ.get("PARAGONE_HOST") or ("0.0.0.0" if on_spaces else "127.0.0.1")
    # Only the verb is known here. Whose it is needs the plug-ins, and they may be slow to import.
    parser = argparse.ArgumentParser(
        description="ConvNets compare things; each task is a plug-in.", epilog=MORE
    )
    parser.add_argument("--host", default=host, help="address to serve on (%(default)s)")
    port = environ.get("PARAGONE_PORT") or "7860"
    parser.add_argument("--port", type=_port, default=port, help="port to serve on (%(default)s)")
    parser.add_argument("--share", action="store_true", help="also make a public gradio link")
    replicas = "run the networks in so many processes on Ray (none: in the page's own)"
    parser.add_argument("--replicas", type=_count, default=0, metavar="N", help=replicas)
    data = environ.get("PARAGONE_DATA", "")
    parser.add_argument("--data", default=data, help="folder to keep things in (keep nothing)")
    mcp, tools = environ.get("PARAGONE_MCP", ""), "offer the tasks to AI assistants as tools (MCP)"
    parser.add_argument("--mcp", action="store_const", const="1", default=mcp, help=tools)
    listed = "; ".join(f"{verb}: {what}" for verb, what in OWN.items())
    says = f"nothing: serve the page; {listed}; or one that a plug-in brings"
    parser.add_argument("command", nargs="?", default="", help=says)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _overview(tasks: Mapping[str, Task]) -> str:
    """Every command, and whose it is."""
    said = {**OWN, **{verb: f"of {task.title}" for verb, task in sorted(tasks.items())}}
    width = max(map(len, said))
    lines = [f"  {verb.ljust(width)}  {what}" for verb, what in said.items()]
    head = "python app.py serves the page; python app.py COMMAND runs one of these:"
    return "\n".join([head, *lines, "Add --help to a command for its options."])


def _unknown(verb: str, known: Sequence[str]) -> SettingError:
    near = difflib.get_close_matches(verb, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return SettingError(
        f"There is no command {verb!r}.{hint} The commands are: {', '.join(known)}. "
        "One that is missing may belong to a plug-in that is not ready: see python app.py plugins."
    )


def _say(verb: str, text: str, code: int) -> int:
    print(f"paragone {verb}: {text}", file=sys.stderr)
    return code


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)
