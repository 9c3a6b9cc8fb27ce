"""Finding plug-ins without importing any: entry points, our own modules, folders."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from registry.hooks import PROJECT
from registry.task import PluginRecord

log = logging.getLogger("paragone.registry")

ENTRY_POINT, BUILT_IN, FOLDER = "entry point", "built in", "folder"
OUR_LICENCE = "Apache-2.0"


def canonical(name: str) -> str:
    """One spelling for `face_verification`, `face-verification` and `Face.Verification`."""
    return str(canonicalize_name(name.strip()))


@dataclass(frozen=True)
class Found:
    """A plug-in that was found and not yet imported.

    Attributes:
        key: Unique among all that were found.
        record: Its record as far as it is known.
        aliases: The canonical names that the gates know it by.
        load: Imports it and returns the module or object that holds the hooks.
        module: The name it goes by in `sys.modules`, where that is not its own.
        own: The name of its file or folder, where that is not the name it goes by.
    """

    key: str
    record: PluginRecord
    aliases: frozenset[str]
    load: Callable[[], Any]
    module: str = ""
    own: str = ""


def find_plugins(
    environ: Mapping[str, str], defaults: Sequence[str]
) -> tuple[list[Found], list[PluginRecord]]:
    """Find every plug-in, in the order entry points, our own, folders.

    Returns:
        The plug-ins, and a record for each folder that cannot be read.
    """
    found = [*_entry_points(), *_built_in(defaults)]
    bad_folders = []
    for text in environ.get("PARAGONE_PLUGIN_DIRS", "").split(os.pathsep):
        if not text.strip():
            continue
        folder = Path(text.strip()).expanduser()
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            log.error("PARAGONE_PLUGIN_DIRS: %s: %s", folder, error.strerror)
            bad_folders.append(_bad_folder(folder, error))
            continue
        found.extend(_in_folder(folder.resolve(), entries))
    return found, bad_folders


def _entry_points() -> Iterator[Found]:
    found: dict[tuple[str, str, str], Found] = {}
    for dist in importlib.metadata.distributions():
        try:
            ours = [entry for entry in dist.entry_points if entry.group == PROJECT]
            if not ours:  # Nothing else is read of the hundreds of packages that are none of ours.
                continue
            name, version = (dist.metadata["Name"] or "unknown"), (dist.version or "")
            about = _about(dist.metadata)
        except Exception as error:  # Damaged metadata of some package, ours or not.
            log.warning("The metadata of a package cannot be read: %s", type(error).__name__)
            continue
        for entry in ours:
            record = PluginRecord(entry.name, name, version, ENTRY_POINT, "ready", **about)
            key = (name, entry.name, entry.value)
            aliases = frozenset(map(canonical, (entry.name, name)))
            found[key] = Found(f"{ENTRY_POINT}:{':'.join(key)}", record, aliases, entry.load)
    return iter(found[key] for key in sorted(found))


def _about(metadata: Any) -> dict[str, str]:
    """The licence and the description that a package states."""
    classifiers = metadata.get_all("Classifier") or ()
    classified = [text.rpartition("::")[2] for text in classifiers if text.startswith("License ::")]
    # The old field may hold the whole text of a licence.
    old = (metadata["License"] or "").strip().partition("\n")[0]
    stated = metadata["License-Expression"] or ", ".join(classified) or old
    return {"licence": stated, "description": metadata["Summary"] or ""}


def told_by(plugin: Any, record: PluginRecord) -> dict[str, str]:
    """What a module says of itself, where its package does not; of ours, the tasks do."""
    told = {"version": record.version or str(getattr(plugin, "__version__", ""))}
    if record.found != BUILT_IN:
        first = str(getattr(plugin, "__doc__", "") or "").strip().partition("\n")[0]
        told["licence"] = record.licence or str(getattr(plugin, "__license__", ""))
        told["description"] = record.description or first
    return told


def _built_in(modules: Sequence[str]) -> Iterator[Found]:
    for module in modules:
        name = module.rpartition(".")[2]
        record = PluginRecord(name, BUILT_IN, "", BUILT_IN, "ready", licence=OUR_LICENCE)
        aliases = frozenset(map(canonical, (name, module)))
        yield Found(f"{BUILT_IN}:{module}", record, aliases, lambda m=module: _import(m))


def _in_folder(folder: Path, entries: Sequence[Path]) -> Iterator[Found]:
    for path in entries:
        is_package = (path / "__init__.py").is_file()
        if path.name.startswith(("_", ".")) or not (path.suffix == ".py" or is_package):
            continue
        # The name holds the path's digest, so that it can clash with nothing installed, and is one
        # that an import string may hold: `edge-count.py` is a fine name for a file.
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
        module = f"{PROJECT}_folder_{digest}_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}"
        record = PluginRecord(path.stem, f"folder {folder.name}", "", FOLDER, "ready")
        file = path / "__init__.py" if is_package else path
        yield Found(
            f"{FOLDER}:{path}",
            record,
            frozenset({canonical(path.stem)}),
            lambda m=module, f=file, p=is_package: _import_file(m, f, p),
            module,
            path.stem,
        )


def _import(module: str) -> Any:
    return importlib.import_module(module)


def _import_file(name: str, file: Path, is_package: bool) -> Any:
    # A module already there is the same file, loaded by an earlier build of the page.
    if name in sys.modules:
        return sys.modules[name]
    places = [str(file.parent)] if is_package else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _bad_folder(folder: Path, error: OSError) -> PluginRecord:
    # The page gets the folder's last name only; the whole path is in the log.
    return PluginRecord(
        name=folder.name or str(folder),
        distribution=f"folder {folder.name}",
        version="",
        found="PARAGONE_PLUGIN_DIRS",
        state="failed",
        stage="load",
        error=f"The folder cannot be read: {error.strerror}",
        todo="Make the folder or take it out of PARAGONE_PLUGIN_DIRS, then restart.",
    )
