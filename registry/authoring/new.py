"""Write a new plug-in: `python app.py new NAME` fills in `registry/template/`, a package that works
as it is.
"""

from __future__ import annotations

import datetime
import keyword
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from registry.limits import SettingError
from registry.task import HOST_COMMANDS, KEBAB, RESERVED

TEMPLATE = Path(__file__).parents[1] / "template"
APACHE = Path(__file__).parents[2] / "LICENSE"
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT"}
LONGEST = 40
MIT = "LICENSE.mit"


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        folder: The package's folder.
        files: Its files, relative to the folder.
    """

    folder: Path
    files: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        lines = [f"{self.folder} holds a plug-in that works as it is:"]
        lines += [f"  {file}" for file in self.files]
        return "\n".join(
            [
                *lines,
                "Next:",
                f"  pip install -e {self.folder}",
                f"  python app.py check {self.folder}",
                f"  python app.py        # its page is /{self.name}",
            ]
        )


def write(name: str, folder: str = "", licence: str = "apache-2.0", author: str = "") -> Written:
    """Write the package of a new plug-in, all of it or nothing.

    Args:
        name: Of the task, in kebab-case: `edge-count`.
        folder: Where to; `paragone-NAME` in the current folder when empty. It must not exist yet,
            or be empty.
        licence: A key of `LICENCES`.
        author: For the licence; "The authors of …" when empty.

    Raises:
        SettingError: The name cannot be used, the folder holds something, or nothing can be written
            there.
    """
    _check_name(name)
    if licence not in LICENCES:
        raise SettingError(
            f"There is no licence {licence!r} here; there are {', '.join(LICENCES)}."
        )
    target = Path(folder or f"paragone-{name}").expanduser().resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        what = "is a file" if target.is_file() else "holds something already"
        raise SettingError(f"{target} {what}; nothing was written. Choose another one: --folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".paragone-new-") as made:
            draft = Path(made) / "draft"
            files = _fill(draft, name, licence, author)
            if target.exists():
                target.rmdir()  # Empty, and only then.
            os.replace(draft, target)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingError(f"{target} cannot be written: {reason}. Choose another one.") from error
    return Written(target, files, name)


def _check_name(name: str) -> None:
    todo = "Use lower-case words joined by hyphens, such as edge-count."
    if not KEBAB.fullmatch(name) or len(name) > LONGEST:
        raise SettingError(f"A plug-in cannot be called {name[:60]!r}. {todo}")
    if name in RESERVED or name in HOST_COMMANDS or keyword.iskeyword(name) or name == "my-task":
        raise SettingError(f"The name {name!r} is taken by Paragone, Python or the example. {todo}")


def _fill(target: Path, name: str, licence: str, author: str) -> tuple[str, ...]:
    title = name.replace("-", " ").capitalize()
    words = {"my_task": name.replace("-", "_"), "my-task": name, "My task": title}
    words["LICENCE-NAME"] = LICENCES[licence]

    def put_in(text: str) -> str:
        for old, new in words.items():
            text = text.replace(old, new)
        return text

    for source in sorted(TEMPLATE.rglob("*")):
        inner = source.relative_to(TEMPLATE)
        if source.is_dir() or source.name == MIT or "__pycache__" in inner.parts:
            continue
        path = target / put_in(str(inner))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(put_in(source.read_text(encoding="utf-8")), encoding="utf-8")
    if licence == "mit":
        text = (TEMPLATE / MIT).read_text(encoding="utf-8")
        text = text.replace("YEAR", str(datetime.date.today().year))
        text = text.replace("AUTHOR", author or f"The authors of paragone-{name}")
        (target / "LICENSE").write_text(text, encoding="utf-8")
    else:
        shutil.copyfile(APACHE, target / "LICENSE")
    return tuple(sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()))
