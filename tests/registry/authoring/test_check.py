"""What `python app.py check` finds, each shown on a plug-in that has just that fault."""

from __future__ import annotations

import sys

import pytest
from serving import run_app

import app
from registry.authoring.check import check, names_in
from registry.authoring.findings import RULES, Finding, Report
from registry.house import House
from registry.limits import SettingError
from weights.stub import StubWeights

SOUND = '''
import gradio as gr
import pluggy

hookimpl = pluggy.HookimplMarker("paragone")


@hookimpl
def register_tasks(register):
    register(name="letters", title="Letters", build=f"{__name__}:build")


def letters(text: str) -> int:
    """Count the letters of a text.

    Args:
        text: Any text.

    Returns:
        How many letters.
    """
    return len(text or "")


def build(ctx):
    text, count = gr.Textbox(label="Text"), gr.Number(label="Count")
    gr.Button("Count").click(letters, text, count, api_name="letters")
'''
BODY = 'return len(text or "")'
CLICK = 'gr.Button("Count").click(letters, text, count, api_name="letters")'
REFUSAL = 'raise type("Refused", (Exception,), {"for_people": %s})'


@pytest.fixture
def judge(tmp_path):
    """Check a plug-in with this source in this process, or as the command does in its own."""

    def run(source: str, apart: bool = False, inputs=None, seconds: float = 60) -> Report:
        file = tmp_path / "letters.py"
        file.write_text(source, encoding="utf-8")
        if apart:
            done = run_app({}, "check", str(file), "--json", timeout=300)
            assert done.stdout.startswith("{"), done.stderr
            report = Report.from_json(done.stdout)
            assert done.returncode == (1 if report.errors else 0)
            return report
        house = House(app.load, app.build_app, StubWeights, app.publish)
        return check("letters", house, inputs, seconds, {"PARAGONE_PLUGIN_DIRS": str(tmp_path)})

    yield run
    for name in [n for n in sys.modules if n.startswith("paragone_folder_")]:
        del sys.modules[name]


def changed(old: str, new: str) -> str:
    assert SOUND.count(old) == 1
    return SOUND.replace(old, new)


def test_a_sound_plug_in_has_no_finding_and_every_rule_was_judged(judge):
    report = judge(SOUND, apart=True)
    assert report.findings == () and set(report.judged) == set(RULES)
    assert report.endpoints == ("letters",) and report.calls == 4


FAULTS = {
    "is heavy at import": (
        changed("import pluggy\n", "import pluggy\nimport scipy\n"),
        [("light import", "imports scipy", "letters.py:4")],
    ),
    "is heavy at build": (
        changed("    text, count =", "    import scipy\n    text, count ="),
        [("light import", "build of its page imports scipy", "")],
    ),
    "imports the host": (
        changed(BODY, "from registry.task import Task\n    return len(text or Task.__name__)"),
        [("imports nothing of the host", "imports the host's registry", "letters.py:22")],
    ),
    "does not import": (SOUND + "\n1 / 0\n", [("load", "ZeroDivisionError", "stage load")]),
    "offers no valid task": (
        changed('(name="letters"', '(name="Letters!"'),
        [("task", "field 'name' must look like", "stage validate")],
    ),
    "has a picture that is elsewhere": (
        changed('title="Letters",', 'title="Letters", picture="../letters.webp",'),
        [("task", "field 'picture' must lie in the folder", "stage validate")],
    ),
    "has a picture that is none": (
        changed('title="Letters",', 'title="Letters", picture=b"<svg/>",'),
        [("task", "field 'picture' must be a sound WebP", "stage validate")],
    ),
    "has no endpoint of its name": (
        changed(', api_name="letters"', ', api_name="letters_more"'),
        [("builds twice", 'No event has api_name="letters"', "build 1")],
    ),
    "builds once only": (
        changed(
            "    text, count =", "    global SEEN; SEEN += 1; assert SEEN < 2\n    text, count ="
        )
        + "\nSEEN = 0\n",
        [("builds twice", "AssertionError", "build 2")],
    ),
    "has a lambda": (
        changed(CLICK, CLICK.replace("letters, text", "lambda t: len(t or ''), text")),
        [("endpoints", "Its handler is <lambda>", "/letters")],
    ),
    "has no types": (
        changed("(text: str) -> int:", "(text):"),
        [("endpoints", "parameter text", "/letters"), ("endpoints", "what it returns", "/letters")],
    ),
    "has no words": (
        changed(
            "    Args:\n        text: Any text.\n\n    Returns:\n        How many letters.\n", ""
        ),
        [("endpoints", "what text is", ""), ("endpoints", "what comes back", "")],
    ),
    "fails with samples": (
        changed(BODY, "return {}[text]"),
        [("round trip", "samples: KeyError", "letters.py:22, in letters")]
        + [("bad input", "KeyError", "letters.py:22, in letters")] * 3,
    ),
    "refuses every sample": (
        changed(BODY, REFUSAL % "'Not today (text). Come tomorrow.'"),
        [("round trip", "samples: it says 'Not today (text). Come tomorrow.'", "/letters")],
    ),
    "fails with bad input": (
        changed(BODY, "return len(text)"),
        [("bad input", "nothing for text: TypeError", "letters.py:22, in letters")],
    ),
    "shows a stack trace": (
        changed(
            BODY,
            "import traceback\n    if text == 'sample': return 1\n    "
            + REFUSAL % "'Traceback (most recent call last): ' + str(text)",
        ),
        [("bad input", "it says 'Traceback", "/letters")] * 3,
    ),
    "leaves a file": (
        changed(BODY, "import tempfile\n    tempfile.mkstemp(suffix='.left')\n    return 1"),
        [("nothing left", "4 files stay in the temp folder", "handlers")],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_with_its_place(judge, fault):
    source, expected = FAULTS[fault]
    report = judge(source, apart="heavy" in fault)
    found = [finding for finding in report.findings if finding.level == "error"]
    assert len(found) == len(expected), report
    for finding, (rule, what, where) in zip(found, expected, strict=True):
        assert finding.rule == rule and what in finding.what and where in finding.where, report
        assert finding.mend.endswith(".")


def test_a_main_event_with_another_name_is_advice(judge):
    source = SOUND.replace("def letters", "def long").replace("click(letters", "click(long")
    report = judge(source)
    (finding,) = report.findings
    assert (finding.level, finding.mend) == ("advice", "Call the function letters.")


def test_a_call_that_takes_too_long_is_found(judge):
    source = changed(BODY, "import time\n    time.sleep(30)\n    return 1")
    report = judge(source, seconds=1)
    (finding,) = report.findings
    assert (finding.rule, finding.what) == ("round trip", "samples: no answer in time")


def test_an_input_can_be_named(judge):
    source = changed(BODY, "return {'sample': {}['x']}.get(text, 1) if text == 'sample' else 1")
    assert [finding.rule for finding in judge(source).errors] == ["round trip"]
    assert judge(source, inputs={"text": "one"}).errors == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-plug-in"], "There is no plug-in 'no-such-plug-in'. See: python app.py plugins."),
        (["face_verificatoin"], "Nearest: face-verification"),
        (["nowhere/folder"], "is no package (pyproject.toml or __init__.py) and no .py file"),
        (["face_verification", "--input", "tau"], "--input 'tau' is not NAME=VALUE"),
    ],
)
def test_what_cannot_be_checked_is_one_clear_line(arguments, says):
    done = run_app({}, "check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    line = done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and line.startswith("paragone: ") and says in line


def test_a_package_names_its_plug_ins(tmp_path):
    file = tmp_path / "pyproject.toml"
    file.write_text('[project.entry-points.paragone]\nb-two = "x"\na_one = "y"\n')
    assert names_in(tmp_path) == ["a-one", "b-two"]
    for text, says in (("[project]\n", "declares no plug-in"), ("[[", "cannot be read")):
        file.write_text(text)
        with pytest.raises(SettingError, match=says):
            names_in(tmp_path)


def test_a_report_reads_well_and_survives_json():
    finding = Finding("bad input", "nothing for text: TypeError", "a.py:3", "Check it first.")
    report = Report("a", "pkg-a", "1.2", ("load", "bad input"), ("a",), 4, 1.25, (finding,))
    assert Report.from_json(report.as_json()) == report
    text = str(report).splitlines()
    assert text[0] == "a (pkg-a 1.2); endpoints: a" and text[-1] == "a: 1 error (4 calls, 1.2 s)"
    at = text.index("  error   bad input: nothing for text: TypeError (a.py:3)")
    assert text[at + 1].strip() == "Check it first."
    assert "  ok      load" in text and "  skipped nothing left" in text


def test_what_a_plug_in_changes_for_all_is_advice(tmp_path):
    source = "import os\nos.umask(0)\n" + SOUND
    (tmp_path / "letters.py").write_text(source, encoding="utf-8")
    environ = {"PARAGONE_PLUGIN_DIRS": str(tmp_path)}
    done = run_app(environ, "check", "letters", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "  advice  load: It changed the mask of new files: 000" in done.stdout
