"""Whether this repository can be a Hugging Face Space: README.md's front matter against the code.

The front matter says which gradio, which Python, which licence and which models; so do
requirements.txt, LICENSE and the catalogue of weights. A Space whose parts disagree fails on the
Hub, where it is hard to see why. What the fields mean is in the Hub's "Spaces Configuration
Reference".
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
REQUIRED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file", "license")
KNOWN = {
    *REQUIRED,
    *("python_version", "tags", "models", "preload_from_hub", "startup_duration_timeout"),
    *("suggested_hardware", "short_description", "datasets", "pinned", "thumbnail", "header"),
    *(
        "hf_oauth",
        "hf_oauth_scopes",
        "hf_oauth_expiration_minutes",
        "fullWidth",
        "disable_embedding",
    ),
}
ZERO_GPU_PYTHON = ("3.10", "3.12")
ZERO_GPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")
"""What ZeroGPU Spaces ran in August 2026: each Python, and the torch of each minor version."""
LONGEST = 60
"""Characters of a short description."""
LICENCES = {"apache-2.0": "Apache License", "mit": "MIT License", "bsd-3-clause": "BSD 3-Clause"}
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
PINNED = re.compile(r"[0-9a-f]{40}")


def front_matter(readme: str) -> dict[str, Any] | None:
    """What stands between the first two lines of dashes; None where nothing sound does."""
    match = FRONT.match(readme)
    try:
        read = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        return None
    return read if isinstance(read, dict) else None


def check_space(root: Path) -> list[str]:
    """What keeps a repository from being a Space, a line each; empty: nothing does.

    Args:
        root: The folder of README.md, requirements.txt, LICENSE and the app.
    """
    try:
        front = front_matter((root / "README.md").read_text(encoding="utf-8"))
    except OSError as error:
        return [f"README.md cannot be read: {error.strerror}"]
    if front is None:
        return ["README.md does not begin with sound YAML between two lines of ---"]
    return [
        *_fields(front),
        *_versions(front, root),
        *_app_file(front, root),
        *_licence(front, root),
        *_models(front, root),
    ]


def _fields(front: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} is missing" for name in REQUIRED if not str(front.get(name) or "").strip())
    yield from (f"{name} is no field of a Space" for name in sorted(set(front) - KNOWN))
    if front.get("sdk") != "gradio":
        yield f"sdk is {front.get('sdk')!r}, and the page is made with gradio"
    for name in ("colorFrom", "colorTo"):
        if front.get(name) not in COLOURS:
            yield f"{name} is {front.get(name)!r}, and can be {', '.join(COLOURS)}"
    emoji = str(front.get("emoji", ""))
    if emoji.isascii() or len(emoji) > 8:
        yield f"emoji is {emoji!r}, which is no single emoji"
    if len(said := str(front.get("short_description", ""))) > LONGEST:
        yield f"short_description has {len(said)} characters, and may have {LONGEST}"
    for name in ("tags", "models", "datasets", "preload_from_hub"):
        value = front.get(name, [])
        if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            yield f"{name} must be a list of texts"
    timeout = front.get("startup_duration_timeout", "30m")
    if not re.fullmatch(r"[1-9]\d*(m|h)", str(timeout)):
        yield f"startup_duration_timeout is {timeout!r}; write it as 30m or 1h"
    if (hardware := front.get("suggested_hardware")) is not None:
        from huggingface_hub import SpaceHardware

        flavours = [one.value for one in SpaceHardware]
        if hardware not in flavours:
            yield f"suggested_hardware is {hardware!r}, and can be {', '.join(flavours)}"


def _versions(front: Mapping[str, Any], root: Path) -> Iterator[str]:
    try:
        needed = list(requirements(root / "requirements.txt"))
    except OSError as error:
        yield f"requirements.txt cannot be read: {error.strerror}"
        return
    except InvalidRequirement as error:
        yield f"requirements.txt has a line that is not PEP 508: {error}"
        return
    written, python = front.get("sdk_version"), front.get("python_version")
    try:
        version = Version(str(written))
    except InvalidVersion:
        yield f"sdk_version is {written!r}, which is no version"
    else:
        installed = Version(importlib.metadata.version("gradio"))
        if version.release[:2] != installed.release[:2]:
            yield f"sdk_version is {version}, and the page was tried with gradio {installed}"
        yield from _admitted(needed, "gradio", [str(version)], str(python), "sdk_version")
    if str(python) not in ZERO_GPU_PYTHON or not isinstance(python, str):
        texts = " or ".join(f'"{one}"' for one in ZERO_GPU_PYTHON)
        yield f"python_version is {python!r}; ZeroGPU has {texts}, in quotes"
        return
    yield from _admitted(needed, "torch", ZERO_GPU_TORCH, python, "ZeroGPU")


def _admitted(
    needed: Sequence[Requirement], name: str, versions: Sequence[str], python: str, whose: str
) -> Iterator[str]:
    asked = [
        one
        for one in needed
        if one.name == name
        and (one.marker is None or one.marker.evaluate({"python_version": python}))
    ]
    if not asked:
        yield f"requirements.txt does not name {name}"
    for one in asked:
        out = [version for version in versions if not one.specifier.contains(version)]
        if out:
            yield f"requirements.txt has {one}, which leaves out {', '.join(out)} of {whose}"


def requirements(path: Path) -> Iterator[Requirement]:
    """The requirements of a file. On the Hub it is installed before the code is there.

    Raises:
        InvalidRequirement: A line is not PEP 508; so neither is `-e .`.
        OSError: The file cannot be read.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        if text := re.sub(r"(^|\s)#.*", "", line).strip():
            yield Requirement(text)


def _app_file(front: Mapping[str, Any], root: Path) -> Iterator[str]:
    name = str(front.get("app_file") or "")
    path = root / name
    if not name or not path.is_file():
        yield f"app_file is {name!r}, and there is no such file"
        return
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        yield f"app_file {name} is no Python: line {error.lineno}"
        return
    guarded = [one for one in tree.body if isinstance(one, ast.If) and "__main__" in ast.dump(one)]
    if not guarded:
        yield f"app_file {name} does nothing when it is run: it has no __main__ part"


def _licence(front: Mapping[str, Any], root: Path) -> Iterator[str]:
    named, path = str(front.get("license", "")), root / "LICENSE"
    if not path.is_file():
        yield "there is no file LICENSE"
    elif named not in LICENCES:
        yield f"license is {named!r}, and can be checked only for {', '.join(LICENCES)}"
    elif LICENCES[named] not in path.read_text(encoding="utf-8"):
        yield f"license is {named!r}, and LICENSE holds another one"


def _models(front: Mapping[str, Any], root: Path) -> Iterator[str]:
    path = root / "weights" / "catalog.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        yield "weights/catalog.toml cannot be read"
        return
    known = {repo: entry for entry in entries if (repo := hub_name(entry["source"]))}
    listed = [one for one in front.get("models") or [] if isinstance(one, str)]
    for name in sorted(set(listed) - set(known)):
        yield f"models has {name}, which is not in the catalogue"
    for name in sorted(set(known) - set(listed)):
        yield f"models lacks {name}, which is in the catalogue"
    for line in front.get("preload_from_hub") or []:
        repo, files, revision = [*str(line).split(), "", ""][:3]
        entry = known.get(repo)
        if entry is None:
            yield f"preload_from_hub has {repo}, which is not in the catalogue"
        elif not PINNED.fullmatch(revision) or revision != entry.get("revision"):
            pin = entry.get("revision") or f"none: python -m weights.pin {entry['name']}"
            yield f"preload_from_hub has {repo} at {revision or 'any revision'}; the pin is {pin}"
        elif entry.get("filename") not in files.split(","):
            yield f"preload_from_hub has {repo} without {entry.get('filename')}"


def hub_name(source: str) -> str:
    """OWNER/NAME of a source in the catalogue; empty where it is not on the Hub."""
    scheme, _, rest = source.partition(":")
    return {"hub": rest, "timm": f"timm/{rest}"}.get(scheme, "")
