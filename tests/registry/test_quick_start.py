"""A start without what only an editor, or nobody, needs."""

from __future__ import annotations

import gc
import inspect

import gradio as gr
import pytest
from gradio import blocks, component_meta
from serving import run_code

from registry.quick_start import no_collection, read_signatures_once

SAID = "gradio changed this: read registry/quick_start.py before lifting its version"


def test_gradio_writes_stubs_in_one_function_that_the_class_of_classes_looks_up():
    made = inspect.getsource(component_meta.ComponentMeta.__new__)
    assert made.count("create_or_modify_pyi(component_class, name, events)") == 1, SAID


@pytest.mark.parametrize(
    ("first", "written"),
    [
        ("", ["own.pyi"]),  # What gradio does without us.
        ("import registry; ", []),
        ("import gradio; import registry; ", []),
    ],
)
def test_no_stub_is_written_whichever_is_imported_first(tmp_path, first, written):
    (tmp_path / "own.py").write_text(
        "import gradio as gr\n\n\nclass Own(gr.HTML):\n"
        '    """A component of a plug-in."""\n\n    EVENTS = ["click"]\n'
    )
    code = f"{first}import own\nassert own.Own('x').click"
    run_code(code, {"PYTHONPATH": str(tmp_path)})
    assert [path.name for path in tmp_path.glob("*.pyi")] == written


def test_a_signature_that_was_kept_is_the_one_that_would_be_read():
    assert "inspect.signature(cls.__init__)" in inspect.getsource(blocks.Block.get_config), SAID

    class Own(gr.HTML):
        def __init__(self, value: str = "", *, wide: bool = False):
            super().__init__(value)
            self.wide = wide

    read = inspect.signature(Own.__init__)
    read_signatures_once(blocks.Block)
    assert inspect.unwrap(Own.__init__).__signature__ == read == inspect.signature(Own.__init__)
    assert list(read.parameters) == ["self", "value", "wide"]
    assert Own("x", wide=True).get_config()["wide"] is True
    assert "lines" in inspect.signature(gr.Textbox.__init__).parameters


def test_collecting_goes_on_afterwards_even_after_an_error():
    assert gc.isenabled()
    with pytest.raises(ValueError), no_collection():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled()
