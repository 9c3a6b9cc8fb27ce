"""The command line, and the commands that tasks bring to it."""

from __future__ import annotations

import sys

import pytest

from registry import Limits, SettingError, Task, TaskContext, load_plugins
from registry.cli.parser import parse_arguments, run_command
from registry.offer import make_task
from registry.task import TaskError

SOUND = {"name": "some-task", "title": "Some task", "build": "pkg.tab:build"}
PLUGIN = '''
import argparse
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


class Refusal(Exception):
    for_people = "The heap is empty (heap). Bring a stone."


class Panic(BaseException):
    """As of a library written in another language."""


@hookimpl
def register_tasks(register):
    verbs = ("count", "refuse", "fail", "panic", "wait", "mute", "options", "odd")
    commands = {verb: f"stones:{verb}" for verb in verbs} | {"lost": "stones:not_there"}
    register(name="stones", title="Stones", build="stones:build", commands=commands)


def count(ctx, arguments):
    print(ctx.task.title, *arguments)
    return len(arguments)


def refuse(ctx, arguments):
    raise Refusal


def fail(ctx, arguments):
    raise ValueError("a secret detail")


def panic(ctx, arguments):
    raise Panic


def wait(ctx, arguments):
    raise KeyboardInterrupt


def mute(ctx, arguments):
    pass


def odd(ctx, arguments):
    return "three"


def options(ctx, arguments):
    parser = argparse.ArgumentParser(prog="app.py options")
    parser.add_argument("--stones", type=int, help="how many stones")
    return parser.parse_args(arguments).stones
'''


@pytest.fixture
def folder(tmp_path):
    """Write plug-ins with `folder(name="source")` and get the environment that finds them."""

    def write(**sources: str) -> dict[str, str]:
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        return {"PARAGONE_PLUGIN_DIRS": str(tmp_path)}

    yield write
    for name in [n for n in sys.modules if n.startswith("paragone_folder_")]:
        del sys.modules[name]


@pytest.fixture
def run(folder):
    """Run `python app.py …` as far as the registry goes, with the plug-in above."""
    environ = folder(stones=PLUGIN)

    def start(*arguments: str) -> int:
        options = parse_arguments(arguments, environ)
        context = lambda task: TaskContext(task, Limits(), None)  # noqa: E731
        return run_command(options, load_plugins(environ), context)

    return start


# --- the host's own options ----------------------------------------------------------------------


def test_without_a_command_the_environment_gives_the_defaults():
    options = parse_arguments([], {"PARAGONE_HOST": "::1", "PARAGONE_PORT": "81"})
    assert (options.host, options.port, options.data, options.share) == ("::1", 81, "", False)
    assert (options.command, options.arguments) == ("", [])
    assert parse_arguments([], {"SPACE_ID": "a/b"}).host == "0.0.0.0"


def test_options_of_the_host_stand_before_the_command_and_all_behind_it_is_the_commands():
    line = ["--data", "kept", "--port=99", "enrol", "--gate", "folder", "--data", "x", "-h"]
    options = parse_arguments(line, {})
    assert (options.data, options.port, options.command) == ("kept", 99, "enrol")
    assert options.arguments == ["--gate", "folder", "--data", "x", "-h"]


def test_the_hosts_own_commands_have_options_of_their_own():
    assert parse_arguments(["plugins", "--json"], {}).json is True
    assert parse_arguments(["--port", "99", "plugins"], {}).json is False


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["--port", "0"], "'0' is not a port"),
        (["plugins", "--jsn"], "unrecognized arguments: --jsn"),
        (["help", "enrol"], "unrecognized arguments: enrol"),
        (["--jsn", "plugins"], "unrecognized arguments: --jsn"),
    ],
)
def test_a_wrong_option_is_named(capsys, line, says):
    with pytest.raises(SystemExit) as left:
        parse_arguments(line, {})
    assert left.value.code == 2
    assert says in capsys.readouterr().err


# --- running one ---------------------------------------------------------------------------------


def test_a_command_gets_its_tasks_context_and_what_follows_it(run, capsys):
    assert run("count", "--a", "b") == 2
    assert capsys.readouterr().out == "Stones --a b\n"
    assert run("mute") == 0


def test_a_command_shows_its_own_options(run, capsys):
    with pytest.raises(SystemExit) as left:
        run("options", "--help")
    assert left.value.code == 0
    assert "how many stones" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        run("options", "--stones", "many")
    assert left.value.code == 2


def test_an_error_for_people_is_one_line(run, capsys, caplog):
    assert run("refuse") == 2
    said = "paragone refuse: The heap is empty (heap). Bring a stone.\n"
    assert capsys.readouterr() == ("", said)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("fail", "ValueError"), ("panic", "Panic"), ("lost", "TaskError"), ("odd", "ValueError")],
)
def test_any_other_error_is_a_line_and_a_report_in_the_log(run, capsys, caplog, verb, kind):
    assert run(verb) == 1
    said = capsys.readouterr().err
    assert said == f"paragone {verb}: it failed ({kind}). The report is in the log above.\n"
    (record,) = caplog.records
    assert record.exc_info[0].__name__ == kind and "stones" in record.getMessage()


def test_an_interrupted_command_says_so(run, capsys):
    assert run("wait") == 130
    assert capsys.readouterr().err == "paragone wait: stopped.\n"


def test_an_unknown_command_names_the_known_ones_and_the_nearest(run):
    with pytest.raises(SettingError) as caught:
        run("cuont")
    said = str(caught.value)
    assert "no command 'cuont'. Did you mean 'count'?" in said
    assert (
        "check-space, deploy, help, count, fail, lost" in said and "python app.py plugins" in said
    )


def test_help_lists_every_command_and_whose_it_is(run, capsys):
    assert run("help") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["count", "of", "Stones"] in lines and ["refuse", "of", "Stones"] in lines
    own = ["plugins", "new", "check", "check-space", "deploy", "help"]
    assert [line[0] for line in lines[1:7]] == own


def test_a_commands_function_is_imported_only_when_it_runs(folder):
    source = PLUGIN.replace("stones:", "no_such_module_anywhere:")
    (record,) = load_plugins(folder(stones=source))
    (task,) = record.tasks
    with pytest.raises(ModuleNotFoundError):
        task.resolve_command("count")


# --- offering one --------------------------------------------------------------------------------


def test_a_sound_offer_is_kept_as_data():
    offered = {"count-all": "pkg.module:function"}
    task = make_task({**SOUND, "commands": offered})
    offered["later"] = "pkg:late"
    assert task.commands == {"count-all": "pkg.module:function"}
    assert make_task(SOUND).commands == {} and isinstance(hash(task), int)


@pytest.mark.parametrize(
    ("commands", "says"),
    [
        (["enrol"], "must map verbs"),
        ({"Enrol": "a:b"}, "'Enrol', which must look like"),
        ({"--enrol": "a:b"}, "'--enrol', which must look like"),
        ({3: "a:b"}, "3, which must look like"),
        ({"enrol": "a.b"}, "'a.b', which must be package.module:name"),
        ({"enrol": len}, "which must be package.module:name"),
        ({"plugins": "a:b"}, "'plugins', which is the host's own"),
        ({"serve": "a:b"}, "'serve', which is the host's own"),
        ({"new": "a:b"}, "'new', which is the host's own"),
        ({"check": "a:b"}, "'check', which is the host's own"),
        ({"help": "a:b"}, "'help', which is the host's own"),
    ],
)
def test_a_wrong_offer_is_refused_with_the_reason(commands, says):
    with pytest.raises(TaskError, match="field 'commands'") as caught:
        make_task({**SOUND, "commands": commands})
    assert says in str(caught.value)


def offer(task: str) -> str:
    head, _, _ = PLUGIN.partition("def register_tasks")
    body = f"register(name={task!r}, title='T', build='x:y', commands={{'count': 'x:count'}})"
    return f"{head}def register_tasks(register):\n    {body}\n"


def test_of_two_tasks_with_one_command_the_later_is_turned_away(folder):
    records = load_plugins(folder(one=offer("first"), two=offer("second")))
    first, second = records
    assert (first.state, [task.name for task in first.tasks]) == ("ready", ["first"])
    assert (second.state, second.stage, second.tasks) == ("failed", "validate", ())
    assert second.error == ("Task 'second': its command 'count' is brought by task 'first' already")
    assert "PARAGONE_DISABLE" in second.todo


def test_a_task_turned_away_leaves_its_command_to_others(folder):
    records = load_plugins(folder(one=offer("Not Kebab"), two=offer("sound")))
    assert [r.name for r in records if r.state == "ready"] == ["two"]


def test_a_task_without_commands_resolves_none():
    with pytest.raises(KeyError):
        Task("x", "X", "json:dumps").resolve_command("enrol")
