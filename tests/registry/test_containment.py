"""What a plug-in changes for all is put back, and named."""

from __future__ import annotations

import json
import os
import signal
import warnings

import numpy as np
import pytest
from gradio_client import Client, handle_file
from registry_changing import KINDS, write
from serving import FIXTURES, run_app, run_code

from registry import load_plugins
from registry.containment import contained
from tests.shared.faces import made, real
from weights.messages import spoken

GOOD = str(FIXTURES / "house")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("changing")
    for kind in KINDS:
        write(made, kind)
    return made


@pytest.fixture(scope="module")
def listed(folder):
    """What the command says of a plug-in of each kind, all in one process beside a good one."""
    environ = {"PARAGONE_PLUGIN_DIRS": os.pathsep.join((str(folder), GOOD))}
    environ["PARAGONE_PLUGINS"] = ",".join([*KINDS, "good"])
    done = run_app(environ, "plugins", "--json", timeout=300)
    assert done.returncode == 0, done.stderr
    return {record["name"]: record for record in json.loads(done.stdout)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named_and_the_plug_in_is_ready(listed, kind):
    record = listed[kind]
    said = f"It changed {KINDS[kind][1]}"
    assert record["state"] == "ready"
    # torch imports more of itself for its deterministic algorithms, which sets a variable.
    assert len(record["changes"]) == 1 or kind == "strict", record["changes"]
    change = record["changes"][-1]
    assert change.startswith(said), change
    assert change.endswith(" (while it was loaded); this was put back")
    assert "secret" not in change


def test_one_that_changes_nothing_has_nothing_said_of_it(listed):
    assert listed["good"]["changes"] == []


def test_our_own_plug_ins_change_nothing():
    records = json.loads(run_app({}, "plugins", "--json", fresh=True).stdout)
    assert len(records) >= 7
    assert {r["name"]: r["changes"] for r in records} == {r["name"]: [] for r in records}


def test_everything_is_as_it_was_after_all_of_them(folder):
    """Each setting, read by Python itself and not by our table, before and after."""
    code = (
        "import json, sys, os, signal, warnings, logging, socket, decimal, gc, builtins, locale\n"
        "import gradio, numpy, torch, matplotlib, registry\n"
        "def now():\n"
        "    return json.dumps([str(x) for x in (torch.get_default_dtype(), torch.ones(1).device,\n"
        "        torch.get_num_threads(), torch.is_grad_enabled(), torch.load, sys.stdout,\n"
        "        torch.are_deterministic_algorithms_enabled(), torch.initial_seed(), sys.stderr,\n"
        "        torch.get_float32_matmul_precision(), sys.excepthook, os.getcwd(), sorted,\n"
        "        signal.getsignal(signal.SIGTERM), locale.setlocale(locale.LC_ALL),\n"
        "        gc.isenabled(),\n"
        "        len([f for f in warnings.filters if f[:3] == ('ignore', None, Warning)]),\n"
        "        dict(os.environ), sys.path[0], logging.root.manager.disable,\n"
        "        socket.getdefaulttimeout(), sys.getrecursionlimit(), os.umask(0o22),\n"
        "        decimal.getcontext().prec, numpy.geterr(), numpy.get_printoptions(),\n"
        "        matplotlib.rcParams['lines.linewidth'])])\n"
        "os.umask(0o22)\nbefore = now()\n"
        f"environ = {{'PARAGONE_PLUGIN_DIRS': {str(folder)!r}}}\n"
        "records = registry.load_plugins(environ)\n"
        "assert sum(len(r.changes) for r in records) >= 30, records\n"
        "assert now() == before, (before, now())\nprint('same')\n"
    )
    assert run_code(code).endswith("same\n")


def test_a_change_in_build_is_named_and_the_other_pages_answer_rightly(serve, tmp_path):
    """The one that had every page fail, while it was listed as ready."""
    write(tmp_path, "dtype", at_build=True)
    write(tmp_path, "folder")
    (tmp_path / "edge-count.py").write_text(
        (tmp_path / "folder.py")
        .read_text()
        .replace('"folder"', '"edge-count"')
        .replace('api_name="edge-count"', 'api_name="edge_count"')
        .replace("os.chdir('/')", "")
    )
    (tmp_path / "loud.py").write_text(
        (tmp_path / "folder.py")
        .read_text()
        .replace('"folder"', '"loud"')
        .replace("os.chdir('/')", "print('loaded'); os.system('echo loaded too')")
    )
    environ = {"PARAGONE_PLUGIN_DIRS": os.pathsep.join((str(tmp_path), GOOD))}
    environ["PARAGONE_PLUGINS"] = "good,dtype,folder,edge-count,loud,face_verification"
    server = serve(environ)
    client = Client(server.url, verbose=False)
    page = spoken(server.get("config"))
    for said in (
        "It changed torch's default dtype: float64 (while its page was built); this was put back.",
        "It changed the working folder (while it was loaded); this was put back.",
        "It printed to the standard output (while it was loaded); this went to the log.",
    ):
        assert said in page
    assert client.predict("level", "lever", api_name="/good") == 3
    for name in ("dtype", "folder", "edge_count", "loud"):
        assert client.predict("word", api_name=f"/{name}") == "word"
    files = []
    for who in real.WHO:
        files.append(tmp_path / f"{who}.png")
        files[-1].write_bytes(made.encoded(real.portrait(who)))
    answer = client.predict(
        picture_a=handle_file(files[0]),
        picture_b=handle_file(files[1]),
        model=real.DLIB,
        metric="euclidean",
        threshold=0.6,
        api_name="/face_verification",
    )
    encodings = [real.encoding(f"{who}_cropped") for who in real.WHO]
    assert answer["distance"] == pytest.approx(
        np.linalg.norm(encodings[0] - encodings[1]), abs=0.05
    )


def test_what_is_printed_goes_to_the_log_and_json_stays_json(tmp_path):
    write(tmp_path, "folder")
    source = (tmp_path / "folder.py").read_text()
    loud = "print('loaded by print'); os.system('echo loaded by a program')"
    (tmp_path / "folder.py").write_text(source.replace("os.chdir('/')", loud))
    environ = {"PARAGONE_PLUGIN_DIRS": str(tmp_path), "PARAGONE_PLUGINS": "folder"}
    done = run_app(environ, "plugins", "--json")
    records = {r["name"]: r for r in json.loads(done.stdout)}
    assert "loaded by print" in done.stderr and "loaded by a program" in done.stderr
    said = "It printed to the standard output (while it was loaded); this went to the log"
    assert records["folder"]["changes"] == [said]


def test_the_filters_that_a_library_adds_for_itself_are_no_change():
    with contained("while it was loaded") as changes:
        warnings.filterwarnings("ignore", module="a_library")
    assert changes == []
    with warnings.catch_warnings(), contained("while it was loaded") as changes:
        warnings.filterwarnings("ignore")
    assert [c.startswith("It changed the filters of warnings") for c in changes] == [True]


def test_what_fails_has_its_changes_put_back_too(monkeypatch):
    monkeypatch.setenv("OF_A_TEST", "a")
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RuntimeError), contained("while it was loaded") as changes:
        os.environ["OF_A_TEST"] = "b"
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise RuntimeError
    assert os.environ["OF_A_TEST"] == "a" and signal.getsignal(signal.SIGTERM) is handler
    assert len(changes) == 2


def test_a_failed_plug_in_has_its_changes_on_its_record(tmp_path):
    (tmp_path / "leaving.py").write_text("import os\nos.environ['X_Y'] = '1'\nos._no_such\n")
    (record,) = load_plugins({"PARAGONE_PLUGIN_DIRS": str(tmp_path)})
    assert (record.state, record.stage) == ("failed", "load") and "X_Y" in record.changes[0]
