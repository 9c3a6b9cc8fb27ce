"""The model card of a result, for people and for the Hub."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugins.triplet_finetuning.export.result import Result
    from plugins.triplet_finetuning.settings import Settings

HUB_LICENCES = frozenset(
    "apache-2.0 mit bsd-2-clause bsd-3-clause cc0-1.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 "
    "cc-by-nc-sa-4.0 cc-by-nc-nd-4.0 gpl-3.0 lgpl-3.0 mpl-2.0 unlicense openrail".split()
)
"""Identifiers that the Hub knows; any other licence is `other` there."""
MEASURES = {
    "recall": ("recall@1", "recall@1"),
    "one_shot": ("one-shot accuracy, one picture of each identity enrolled", "accuracy"),
    "eer": ("equal error rate of verification", "equal-error-rate"),
}
"""Measures by their name in the figures: what people and the Hub call them. All are 0..1."""
OWN_PICTURES = "Pictures of one's own"
OWN_NOTE = " The person who trained it brought the pictures; what they show is not told here."
DATA_NOTE = "DATA is the folder or zip of pictures, one folder an identity. "
NO_LICENCE = "not stated; whoever trained these weights decides under which licence to share them"
LIMITS = """\
- For learning, not for security: no decision about a person may rest on it. A photograph that is
  held to a camera is not noticed.
- The figures hold for the held-out identities above and for pictures like them. Few identities
  prove little, and error rates differ between groups of people, pictures and cameras.
- A threshold measured with another network or on other pictures does not hold here."""
LOADING = """\
from plugins.triplet_finetuning.export.result import load
from plugins.triplet_finetuning.training.encoder import encode, rebuild

result = load("FOLDER")
encoder = rebuild(result.config, result.state)
encodings = encode(encoder, chips)  # (N, S, S, 3) uint8 RGB, S = encoder.size, to (N, 128)"""


def command(settings: Settings, data: str) -> str:
    """The command that repeats a run, with every setting spelled out."""
    words = ["python", "app.py", "finetune", data]
    for name, value in settings.plain().items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [f"--{option}={value}"]
    return shlex.join(words)


def licence_of(text: str) -> str:
    """The Hub's identifier of a licence that is named at the start of a text, or `other`."""
    first = re.split(r"[\s,;(]", text.strip().lower(), maxsplit=1)[0]
    return first if first in HUB_LICENCES else "other"


def model_card(result: Result, sha256: str) -> str:
    """README.md, with the front matter that the Hub reads."""
    data, base = result.data, result.base
    repeat = command(result.settings, data.argument)
    shown = {
        "title": data.title or OWN_PICTURES,
        "source": f" ({data.source})" if data.source else "",
        "own": "" if data.title else OWN_NOTE,
        "data_note": "" if data.argument != "DATA" else DATA_NOTE,
    }
    parts = [
        f"---\n{_front_matter(result)}\n---",
        f"# {base.name}, fine-tuned with triplet loss",
        _method(result),
        "## How good it is",
        _figures(result),
        "## Data",
        f"{shown['title']}{shown['source']}: {data.training_identities} identities with "
        f"{data.training_pictures} pictures to learn from, {data.test_identities} other identities "
        f"with {data.test_pictures} pictures to measure on; {_left_out(data.skipped)} left out. "
        f"No name of an identity or of a picture is in these files.{shown['own']}",
        f"Backbone: {base.name}. Its licence: {base.licence or NO_LICENCE}. "
        f"Its training data: {base.training_data or 'not stated'}.",
        "## Limits",
        LIMITS,
        "## How to load it",
        f"In the folder of Paragone, with these files in `FOLDER`:\n\n```python\n{LOADING}\n```",
        f"`model.safetensors` holds the tensors (SHA-256 `{sha256}`), `config.json` what rebuilds "
        "the network, `heads.safetensors`, where there is one, the logistic heads on pairs.",
        "## How to repeat it",
        f"```bash\n{repeat}\n```\n\n{shown['data_note']}Date {result.date}; "
        + ", ".join(f"{name} {version}" for name, version in result.versions.items())
        + ". The numbers may differ in their last digits on another machine.",
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(result: Result) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    licence = licence_of(result.base.licence)
    other = {"license_name": "see-the-card"} if licence == "other" else {}
    title = result.data.title or OWN_PICTURES
    measured = [
        EvalResult(
            task_type="image-feature-extraction",
            dataset_type=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "pictures",
            dataset_name=f"{title}, held-out identities",
            metric_type=kind,
            metric_name=words,
            metric_value=_value(result.figures["after"][name]),
        )
        for name, (words, kind) in MEASURES.items()
        if _value(result.figures.get("after", {}).get(name)) is not None
    ]
    model_name = f"{result.base.name}-triplet"
    return ModelCardData(
        license=licence,
        library_name="paragone",
        tags=["metric-learning", "triplet-loss", "siamese-network", "image-similarity"],
        base_model=result.base.repo or None,
        pipeline_tag="image-feature-extraction",
        **({"model_name": model_name, "eval_results": measured} if measured else {}),
        **other,
    ).to_yaml()


def _method(result: Result) -> str:
    chosen = result.settings
    learned = {-1: "all stages", 0: "only the head"}.get(
        chosen.layers, f"the last {chosen.layers} stages and the head"
    )
    return (
        "An encoder that turns a picture into 128 numbers, a vector of length 1, so that pictures "
        "of one identity lie close together. It learned with the triplet loss "
        f"max(d(A, P) − d(A, N) + α, 0), α = {chosen.margin:g}, d = {chosen.distance} distance, "
        f"triplets: {chosen.mining}; "
        f"{learned} learned. These are the weights of step {result.best_step} of at most "
        f"{chosen.steps}: the best on pictures of the training identities that were held back."
    )


def _figures(result: Result) -> str:
    before, after = (result.figures.get(part, {}) for part in ("before", "after"))
    rows = [
        f"| {words} | {_shown(before.get(name))} | {_shown(after.get(name))} |"
        for name, (words, _) in MEASURES.items()
        if name in before or name in after
    ]
    if not rows:
        return "It was not measured."
    head = ["| on held-out identities | before | after |", "|---|---|---|"]
    note = "All that was measured, with its settings, is in `figures.json`."
    return "\n".join([*head, *rows]) + f"\n\n{note} Nothing was chosen by the held-out identities."


def _left_out(count: int) -> str:
    return "1 picture was" if count == 1 else f"{count or 'no'} pictures were"


def _value(measure: Any) -> float | None:
    return measure[0] if isinstance(measure, list) and measure else measure


def _shown(measure: Any) -> str:
    if _value(measure) is None:
        return "not measured"
    if isinstance(measure, list) and len(measure) == 3 and None not in measure:
        return f"{_percent(measure[0])} [{', '.join(_percent(each) for each in measure[1:])}]"
    return _percent(_value(measure))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
