"""The host's own commands: what they are called, what they take, and what they do."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from registry.house import CALL_SECONDS, House
from registry.limits import SettingError
from registry.pages.directory import list_plugins

OWN = {
    "plugins": "list every plug-in with its state and reason",
    "new": "write a new plug-in, a package that works as it is",
    "check": "judge a plug-in against the contract, and run its tests",
    "check-space": "say what keeps this repository from being a Hugging Face Space",
    "deploy": "make a Hugging Face Space of this repository, or bring one up to date",
    "help": "list every command, those that plug-ins bring too",
}
NO_TASKS = tuple(verb for verb in OWN if verb != "help")
"""`help` alone asks every task what it brings."""
HOME = Path(__file__).resolve().parents[2]


def add_options(verb: str, parser: argparse.ArgumentParser) -> None:
    """What stands behind a command of the host's own."""
    if verb == "plugins":
        parser.add_argument("--json", action="store_true", help="as JSON")
    elif verb == "new":
        parser.add_argument("name", help="of the task, such as edge-count")
        parser.add_argument("--folder", default="", help="where to (paragone-NAME)")
        parser.add_argument("--licence", default="apache-2.0", help="apache-2.0 or mit")
        parser.add_argument("--author", default="", help="for the licence")
    elif verb == "check":
        what = "a plug-in's name, the folder of its package, or its file"
        parser.add_argument("plugin", help=what)
        given = "for a parameter of an endpoint, instead of a sample; a file by its path"
        parser.add_argument(
            "--input", action="append", default=[], metavar="NAME=VALUE", help=given
        )
        parser.add_argument(
            "--seconds", type=float, default=CALL_SECONDS, help="a call (%(default)s)"
        )
        parser.add_argument("--no-tests", action="store_true", help="leave the package's tests out")
        parser.add_argument("--json", action="store_true", help="as JSON, without its tests")
    elif verb == "deploy":
        parser.add_argument("name", help="OWNER/NAME of the Space")
        parser.add_argument("--private", action="store_true", help="only its owner may see it")
        parser.add_argument("--update", action="store_true", help="replace the files of a Space")
        token = "read the token from the input, instead of HF_TOKEN"
        parser.add_argument("--token-stdin", action="store_true", help=token)


def run_own(options: argparse.Namespace, house: House) -> int:
    """Run one of `NO_TASKS`.

    Args:
        options: What `parse_arguments` read.
        house: The app.

    Returns:
        0; 1 where a check of a plug-in found an error, 2 where one of the Space did.

    Raises:
        SettingError: A name, folder or option cannot be used.
    """
    if options.command == "plugins":
        print(list_plugins(house.build().records, options.json))
        return 0
    if options.command == "new":
        from registry.authoring.new import write

        print(write(options.name, options.folder, options.licence, options.author))
        return 0
    if options.command in ("check-space", "deploy"):
        return _space(options, house)
    return _check(options, house)


def _space(options: argparse.Namespace, house: House) -> int:
    from registry.cli.deploy import deploy, published, token_from
    from registry.cli.space_check import check_space

    if options.command == "deploy":
        token = token_from(os.environ, sys.stdin if options.token_stdin else None)
        publish = house.publish
        print(deploy(HOME, options.name, token, publish, options.private, options.update))
        return 0
    if wrong := check_space(HOME):
        raise SettingError("This is not fit to be a Space:\n  " + "\n  ".join(wrong))
    print(f"README.md and the code agree. A Space would get {len(list(published(HOME)))} files.")
    return 0


def _check(options: argparse.Namespace, house: House) -> int:
    from registry.authoring.check import check, names_in

    path = Path(options.plugin).expanduser().resolve()
    environ, names, package = dict(os.environ), [options.plugin], None
    if (path / "pyproject.toml").is_file():
        names, package = names_in(path), path
    elif path.suffix == ".py" and path.is_file() or (path / "__init__.py").is_file():
        names, environ["PARAGONE_PLUGIN_DIRS"] = [path.stem], str(path.parent)
    elif os.sep in options.plugin:
        raise SettingError(f"{path} is no package (pyproject.toml or __init__.py) and no .py file.")
    if len(names) > 1:  # Each in a process of its own: one sees what another has imported.
        return max(_run("app.py", "check", name, cwd=HOME) for name in names)
    try:
        report = check(names[0], house, _inputs(options.input), options.seconds, environ)
    except SettingError as error:
        hint = f" Is it installed? pip install -e {package}" if package else ""
        raise SettingError(f"{error}{hint}") from None
    print(report.as_json() if options.json else report, flush=True)
    failed = bool(report.errors)
    if package and not (options.no_tests or options.json):
        failed |= _run("-m", "pytest", "-q", "--disable-warnings", cwd=package) != 0
    return int(failed)


def _run(*arguments: str, cwd: Path) -> int:
    environ = {**os.environ, "PARAGONE_HOME": str(HOME)}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environ).returncode


def _inputs(pairs: list[str]) -> dict[str, Any]:
    """`NAME=VALUE`: JSON where it is some, else text."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name and equals):
            raise SettingError(f"--input {pair!r} is not NAME=VALUE, such as threshold=0.6.")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values
