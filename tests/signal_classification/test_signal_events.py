"""What the signal page does when a visitor does something: sets, training, questions."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from leaving import endpoint, leave_before_it_is_built
from zips import zipped

from plugins.shared.page.runs import Left
from plugins.shared.page.widgets import Upload
from plugins.signal_classification import classify_events as asking_module
from plugins.signal_classification.data import reader
from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.downloads import read_model, write_answers, write_model
from plugins.signal_classification.endpoint import build_endpoint
from plugins.signal_classification.session import Session
from plugins.signal_classification.settings import NETWORKS
from plugins.signal_classification.train_events import OTHER, Events
from registry.context import Limits
from weights.errors import ParagoneError

QUICK = ("resnet", "test_resnet", 1, 600, 1)
"""Network, timm network, members, steps, seconds."""


def context(**limits: int) -> SimpleNamespace:
    """A host with these limits."""
    return SimpleNamespace(limits=Limits(**limits), device="cpu", caller_left=lambda: False)


@pytest.fixture
def events() -> Events:
    return Events(context())


def waves(count: int = 12, channels: int = 1, length: int = 40) -> SignalSet:
    """Slow and fast ones in turn."""
    time, labels = np.linspace(0, 6.28, length), np.arange(count) % 2
    rng = np.random.default_rng(0)
    series = [np.sin(time * (1 + 3 * k) + rng.uniform(0, 6, (channels, 1))) for k in labels]
    return SignalSet(series, labels, ("slow", "fast"), title="waves")


def upload(folder: Path, name: str, content: str | bytes) -> Upload:
    path = folder / "hash" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Upload(path, name)


def learn(events: Events, session: Session, beside=(), values=QUICK) -> list[dict]:
    session.train, session.test = waves(), waves(8)
    return list(events.train(session, beside, *values))


def asked_of(events: Events, session: Session, brought: Upload) -> dict:
    """What the page shows in the end."""
    return {
        k: v for step in events.asking.brought(session, brought, "", "") for k, v in step.items()
    }


def rows(label: str, count: int, length: int = 20, value: str = "") -> str:
    rng = np.random.default_rng(len(label))
    made = [
        ",".join([label, *(value or f"{v:.3f}" for v in rng.standard_normal(length))])
        for _ in range(count)
    ]
    return "\n".join(made) + "\n"


GAPS = "".join(f"{c},1,{gap},3,4,5,6,7,8,{c == 'a':d}\n" for c in "ab" for gap in ("", 2))
BAD_ZIP = b"PK\x03\x04 and then nothing that belongs to a zip"


@pytest.mark.parametrize(
    ("name", "content", "what", "todo"),
    [
        ("made.csv", rows("a", 4), "All signals are of one class", "two classes or more"),
        ("made.csv", rows("a", 4) + rows("b", 1), "'b' has one example", "two or more of each"),
        ("made.csv", rows("a", 3) + rows("b", 3, value="nan"), "no number at all", "Leave it out"),
        ("made.csv", "0.1,0.2\n0.3,0.4\n", "No column looks like labels", "Name the column"),
        ("made.csv", b"\x00\x01\x02\x03" * 9, "This is no text", "plain text"),
        ("made.zip", BAD_ZIP, "zip", "zip"),
        ("made.xlsx", "x", "Files .xlsx are not read", ".csv"),
        ("made.csv", "", "The file is empty", "Choose another file"),
        ("made.csv", rows("a", 2) + "b,1,oops\n", "'oops' in column 3", "Leave a missing value"),
    ],
    ids=lambda value: "rows" if len(value) > 60 else None,
)
def test_a_set_that_cannot_be_used_gets_a_card(events, tmp_path, name, content, what, todo):
    session = Session()
    before = session.train, session.test = waves(), waves(8)
    brought = upload(tmp_path, name, content)
    emptied, _, card = events.bring(session, brought, "", "").values()
    assert emptied is None and "pv-error" in card and name in card
    assert what in str(card).replace("&#39;", "'") and todo in card
    assert (session.train, session.test) == before, "the set before is not lost"
    assert not brought.path.exists() and not brought.path.parent.exists()


def test_a_file_that_is_too_large_gets_a_card(tmp_path):
    events = Events(
        SimpleNamespace(limits=Limits(archive_bytes=50), device="cpu", caller_left=lambda: False)
    )
    _, _, card = events.bring(
        Session(), upload(tmp_path, "made.csv", rows("a", 9)), "", ""
    ).values()
    assert "more than the 50 bytes read" in card and "Bring fewer or shorter" in card


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: rows("a", 4, 9) + rows("b", 4, 9), "stretched to 16 samples"),
        (lambda: rows("a", 2, 100_000) + rows("b", 2, 100_000), "condensed to 1024 samples"),
        (
            lambda: rows("a", 4, value="5") + rows("b", 4),
            "signals are constant: nothing in them can be told apart",
        ),
        (lambda: rows("a", 4, 20) + rows("b", 4, 31), "stretched to 31 samples"),
        (lambda: GAPS, "Gaps in"),
    ],
    ids=["short", "long", "constant", "two lengths", "gaps"],
)
def test_what_is_done_to_unusual_signals_is_said(events, tmp_path, content, said):
    session = Session()
    _, menu, view = events.bring(session, upload(tmp_path, "made.csv", content()), "", "").values()
    assert said in view and "sg-examples" in view and session.train is not None


def test_training_shows_the_network_beside_what_it_is_held_against(events):
    session = Session()
    steps = learn(events, session, [OTHER, "1-nearest neighbour"])
    assert steps[-1]["train"].interactive and not steps[-1]["stop"].interactive
    assert any('data-state="running"' in step.get("status", "") for step in steps)
    done = steps[-2]["status"]
    assert 'data-state="done"' in done and "on cpu" in done
    names = [row.name for row in session.own.standing.rows]
    assert names == [
        "ResNet-1D", "1-D twin of test_resnet", "Majority class", "1-nearest neighbour"
    ]  # fmt: skip
    results = next(step["results"] for step in reversed(steps) if "results" in step)
    assert all(name in results for name in names) and "balanced accuracy" in results
    assert "pc-confusion" in results and "recall" in results and "ECE" in results
    table = next(step["table"] for step in steps if "table" in step)
    assert "waves (8)" in table and table.count("data-row") == 8
    assert not session.running and not events.runs.busy


def test_a_stop_keeps_what_was_learnt(events):
    session = Session()
    session.train, session.test = waves(), waves(8)
    running = events.train(session, ["1-nearest neighbour"], "resnet", "", 1, 3000, 60)
    for step in running:
        if "loss" in step.get("status", ""):
            break
    assert not events.stop(session).interactive
    *_, done, last = running
    assert "Stopped; what was learnt is kept" in done["status"] and last["train"].interactive
    assert [row.name for row in session.own.standing.rows] == ["ResNet-1D", "Majority class"]


def test_one_waits_for_the_other_and_whoever_leaves_makes_room(events):
    ann, bob = Session(), Session()
    for session in (ann, bob):
        session.train, session.test = waves(), waves(8)
    first = events.train(ann, [], "resnet", "", 1, 3000, 60)
    while "loss" not in next(first).get("status", ""):
        pass
    second = events.train(bob, [], *QUICK)
    next(second)
    waiting = next(second)["status"]
    assert 'data-state="waiting"' in waiting and "1 run is ahead of yours" in waiting
    ann.forget()
    with pytest.raises(Left):
        list(first)
    assert ann.own is None, "nothing is kept of whoever has left"
    assert any('data-state="done"' in step.get("status", "") for step in second)


def test_one_may_look_at_another_set_while_training(events):
    session = Session()
    session.train, session.test = waves(), waves(8)
    running = events.train(session, [], *QUICK)
    while "loss" not in next(running).get("status", ""):
        pass
    session.train, session.test = waves(20, 2), waves(6, 2)
    assert any('data-state="done"' in step.get("status", "") for step in running)
    assert len(session.pool.names) == 8, "the signals that it was tested on"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("resnet", "", 1, 600, 1), "There is no set to learn from"),
        (("twin", "no_such_net", 1, 600, 1), "timm has no network called"),
        (("twin", "hf-hub:somebody/net", 1, 600, 1), "timm has no network called"),
        (("twin", "convnext_xxlarge", 1, 600, 1), "more than 100"),
        (("resnet", "x", 99, 600, 1), "from 1 to 10"),
    ],
)
def test_what_cannot_be_trained_gets_a_card(events, values, said):
    session = Session()
    if said != "There is no set to learn from":
        session.train, session.test = waves(), waves(8)
    steps = list(events.train(session, [], *values))
    assert "pv-error" in steps[-1]["status"] and said in steps[-1]["status"]
    assert steps[-1]["train"].interactive and not session.running and not events.runs.busy


def test_a_file_to_test_on_is_tested_on_and_all_is_learnt_in_the_end(events, tmp_path):
    session = Session()
    test = upload(tmp_path, "test.csv", rows("a", 3) + rows("bb", 3))
    assert "no set to train on" in str(events.bring_test(session, test)["about"])
    events.bring(session, upload(tmp_path, "set.csv", rows("a", 6) + rows("bb", 6)), "", "")
    test = upload(tmp_path, "test.csv", rows("a", 3) + rows("bb", 3))
    shown = events.bring_test(session, test)["about"]
    assert "12 signals to learn from, 6 to be tested on" in shown and "All of it" in shown
    steps = list(events.train(session, [], "rocket", "", 1, 20, 60, True))
    assert any('data-state="done"' in step.get("status", "") for step in steps)
    own = session.own
    assert "all 18 signals, those of the test too" in own.data
    assert own.standing.report.total == 6 and len(own.trained.doubt.misfits) == 6
    other = upload(tmp_path, "other.csv", rows("a", 3) + rows("c", 3))
    assert "class 'c'" in str(events.bring_test(session, other)["about"]).replace("&#39;", "'")


def test_a_labelled_file_is_scored_and_can_be_read_another_way(events, tmp_path):
    session = Session()
    learn(events, session, values=("rocket", "", 1, 20, 60))
    test = waves(8)
    text = "\n".join(
        ",".join([test.classes[k], *(f"{v:.4f}" for v in one[0])])
        for one, k in zip(test.series, test.labels, strict=True)
    )
    shown = asked_of(events, session, upload(tmp_path, "mine.csv", text))
    assert "Named rightly: 100.0 % (8 of 8" in shown["table"] and "pc-confusion" in shown["table"]
    assert "label" in shown["taken"]
    again = {
        k: v for step in events.asking.read_anew(session, "columns", "") for k, v in step.items()
    }
    assert "40 channels beside the time" in again["answer"]


# --- questions --------------------------------------------------------------------------------


@pytest.fixture
def asked(events) -> tuple[Events, Session]:
    session = Session()
    learn(events, session)
    return events, session


def test_every_signal_of_a_file_is_classified_and_one_is_shown(asked, tmp_path):
    events, session = asked
    test = waves(8)
    text = "\n".join(",".join(f"{v:.4f}" for v in one[0]) for one in test.series)
    brought = upload(tmp_path, "mine.csv", text)
    shown = asked_of(events, session, brought)
    emptied, answer, kernels, taken, card, strip, table = shown.values()
    assert not strip
    assert "Each row is a signal" in taken
    assert emptied is None and "Your network" in card and "mine.csv (8)" in table
    assert table.count("data-row") == 8 and "line 1" in answer and "sg-piece" in answer
    assert len(kernels["signal"]) == 1 and len(kernels["kernels"]) == 6
    _, _, table, answer, _ = events.asking.choose(SimpleNamespace(row=3), session).values()
    assert "line 4" in answer and 'data-row="3" aria-pressed="true"' in table
    assert not brought.path.exists()


def test_a_file_with_other_channels_or_nothing_in_it_gets_a_card(asked, tmp_path):
    events, session = asked
    before = session.pool
    two = upload(tmp_path, "set.zip", zipped({"1.csv": "a,b\n" + "1,2\n3,4\n5,1\n" * 4}))
    answer = asked_of(events, session, two)["answer"]
    assert "pv-error" in answer and "has 2 channels" in answer
    none = upload(tmp_path, "none.csv", "")
    answer = asked_of(events, session, none)["answer"]
    assert "none.csv" in answer and "The file is empty" in answer
    assert session.pool is before


def test_a_drawing_is_classified_and_a_flat_one_is_said_to_be_flat(asked):
    events, session = asked
    shown = events.asking.drawn(SimpleNamespace(heights=[0.1, 0.9] * 20), session)
    table, answer, kernels = shown.values()
    assert "Your drawing" in answer and kernels["kernels"]
    assert 'data-row="0"' in table and 'aria-pressed="true"' not in table
    answer = events.asking.drawn(SimpleNamespace(heights=[0.5] * 256), session)["answer"]
    assert "constant" in answer


def test_a_drawing_is_no_signal_of_several_channels(events):
    session = Session()
    session.train, session.test = waves(channels=3), waves(8, channels=3)
    list(events.train(session, [], *QUICK))
    answer = events.asking.drawn(SimpleNamespace(heights=[0.1, 0.9]), session)["answer"]
    assert "pv-error" in answer and "takes 3 channels" in answer


def test_the_network_goes_home_as_a_zip_and_comes_back(asked, tmp_path):
    events, session = asked
    path = write_model(tmp_path, session)
    names = set(zipfile.ZipFile(path).namelist())
    assert names == {"model.safetensors", "README.md"}
    assert "not for diagnosis" in zipfile.ZipFile(path).read("README.md").decode()
    trained, _ = read_model(path, Limits())
    inputs, _ = trained.form.apply(waves(8).series)
    mine = session.own.trained
    assert np.array_equal(trained.logits(inputs), mine.logits(inputs))
    another = Session()
    brought = upload(tmp_path, "signal-model.zip", path.read_bytes())
    shown = events.asking.bring_model(another, brought)
    emptied, which, card, _, table, *_ = shown.values()
    assert emptied is None and which.value == "0" and which.visible
    assert "Your network" in card and "balanced accuracy" in card
    assert "Bring a signal" in table and not brought.path.exists()
    csv = write_answers(tmp_path, session).read_text().splitlines()
    assert csv[0] == "signal,answer,p(slow),p(fast),truth" and len(csv) == 9
    files = list(session.files)
    session.forget()
    assert files and not any(file.exists() for file in files)


@pytest.mark.parametrize("network", list(NETWORKS))
def test_every_kind_of_network_answers_explains_and_goes_home(events, tmp_path, network):
    session = Session()
    learn(events, session, values=(network, "test_resnet", 1, 20, 60))
    assert session.own.standing.rows[0].name == session.own.title.partition(": ")[2]
    _, _, table, answer, kernels = events.asking.choose(SimpleNamespace(row=1), session).values()
    assert "sg-piece" in answer and 'data-row="7"' in table
    assert (len(kernels["kernels"]) > 0) == (network != "rocket")
    trained, _ = read_model(write_model(tmp_path, session), Limits())
    inputs, _ = trained.form.apply(waves(8).series)
    assert np.allclose(trained.logits(inputs), session.own.trained.logits(inputs), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.zip", zipped({"notes.txt": "words"})),
        ("model.zip", zipped({"model.safetensors": "no tensors"})),
        ("model.zip", BAD_ZIP),
        ("model.safetensors", b"x" * 40),
    ],
)
def test_a_file_that_is_no_network_gets_a_card(asked, tmp_path, name, content):
    events, session = asked
    own = session.own
    shown = events.asking.bring_model(session, upload(tmp_path, name, content))
    assert "pv-error" in shown["answer"] and name in shown["answer"]
    assert session.own is own


def test_nothing_can_be_taken_home_before_anything_was_trained(tmp_path):
    with pytest.raises(ParagoneError, match="no network of yours"):
        write_model(tmp_path, Session())


# --- the opening ------------------------------------------------------------------------------


def test_the_page_opens_with_what_was_recorded(events):
    session = Session()
    card, _, table, answer, kernels, results = events.asking.open(session).values()
    assert "ECG5000" in card and "Licence" in card
    assert "Simulated beats" in table and "of no person" in table
    assert "sg-piece" in answer and "ms on" in answer and len(kernels["kernels"]) == 6
    assert "MiniRocket" in results and "Majority class" in results and "twin" in results
    _, _, table, answer, _ = events.asking.choose(SimpleNamespace(row=1), session).values()
    assert "Beat 2" in answer and 'data-row="1" aria-pressed="true"' in table


def test_a_missing_opening_is_said_and_training_still_works(events, monkeypatch, tmp_path):
    from plugins.signal_classification.views import opening

    read = opening.opening.__wrapped__
    monkeypatch.setattr(asking_module, "opening", lambda: read(tmp_path / "opening.json"))
    answer = events.asking.open(Session())["answer"]
    assert "pv-error" in answer and "opening.json" in answer
    session = Session()
    assert 'data-state="done"' in learn(events, session)[-2]["status"]


def test_a_recorded_opening_comes_back_as_it_was(tmp_path):
    from plugins.signal_classification.views.opening import FILE, opening, write

    known, path = opening(), tmp_path / "opening.json"
    write(known, path)
    assert path.read_bytes() == FILE.read_bytes()
    told = json.loads(path.read_text())
    assert "NaN" not in path.read_text() and len(told["beats"]) == len(known.beats)


def test_nothing_is_read_for_callers_who_have_left(events, tmp_path, monkeypatch):
    read, call = [], endpoint(build_endpoint, events)
    monkeypatch.setattr(reader, "read_set", lambda *given: read.append(given))
    file = upload(tmp_path, "set.csv", rows("a", 4) + rows("b", 4))
    leave_before_it_is_built(events, lambda: call(file, None, "{}"))
    assert not read
