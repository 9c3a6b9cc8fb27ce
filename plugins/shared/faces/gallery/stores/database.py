"""The gallery's SQLite file: opened, checked, and its failures in words that help."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from plugins.shared.faces.gallery.stores.contract import StoreError
from plugins.shared.files.file_kinds import guess_kind, plain_name
from weights.messages import say

APPLICATION = 0x50724731  # "PrG1": marks a file as a gallery of ours.
VERSION = 1
PLAIN = b"SQLite format 3\0"
PAGE, LEAST = 4096, 512
KEY = "PARAGONE_GALLERY_KEY"
UNKNOWN = "data of an unknown kind"
SCHEMA = """
CREATE TABLE spaces (
    key INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, network TEXT NOT NULL,
    revision TEXT NOT NULL, size INTEGER NOT NULL, distance TEXT NOT NULL,
    changed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (namespace, network, revision, size, distance));
CREATE TABLE faces (
    key INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, id TEXT NOT NULL,
    person TEXT NOT NULL, label TEXT NOT NULL, chip BLOB NOT NULL, picture BLOB NOT NULL,
    landmarks TEXT NOT NULL,
    UNIQUE (namespace, id));
CREATE INDEX faces_of_a_person ON faces (namespace, person);
CREATE TABLE encodings (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    space INTEGER NOT NULL REFERENCES spaces,
    face INTEGER NOT NULL REFERENCES faces ON DELETE CASCADE,
    encoding BLOB NOT NULL,
    UNIQUE (face, space));
CREATE INDEX encodings_of_a_space ON encodings (space);
"""
SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
"""
CHOOSE = "Choose another file for the gallery."
KEY_OF_IT = "Set {key} to the key that it was made with."
BACKUP = "Put a backup of the file in its place."
# What SQLite says of a failure, and what that means to the owner of the file.
FAULTS = {
    "is full": ("There is no space left for the gallery", "Make room there and try again."),
    "locked": (
        "Another program holds the gallery's file locked",
        "Close that program or wait until it is done, and try again.",
    ),
    "readonly": ("The gallery's file cannot be written", "Give this user the right to write it."),
    "malformed": ("The gallery's file is damaged", BACKUP),
    "not a database": ("The gallery's file is damaged", BACKUP),
    "unable to open": (
        "The gallery's file cannot be opened",
        "Check that its folder exists and that this user may write there.",
    ),
    "disk i/o": (
        "The gallery's file could not be read or written",
        "Check that the disk is there and has room, and try again.",
    ),
    "closed": ("The gallery is closed", "Open it again."),
}


def connect(path: Path | None, key: str, patience: float) -> Any:
    """Open a gallery's file, made where there is none, or one in memory; a DB-API connection.

    Args:
        key: A passphrase that the file is encrypted with; empty for a plain file.
        patience: How long to wait for another program's lock, in seconds.

    Raises:
        StoreError: The file cannot be opened or is none of ours, or the key does not fit.
    """
    engine, target = sqlite3, ":memory:"
    if path is not None:
        engine, target = _cipher(path) if key else sqlite3, str(path)
        _find_or_make(path)
    with failures(engine, path):
        connection = engine.connect(
            target, timeout=patience, isolation_level=None, check_same_thread=False
        )
    try:
        with failures(engine, path):
            if path is not None:
                _unlock(connection, key, path)
            _prepare(connection, path, patience)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def failures(engine: Any, path: Path | None) -> Iterator[None]:
    """Turn what SQLite raises inside into a StoreError.

    Args:
        engine: Whatever carries the DB-API's `Error`: a module or a connection.
    """
    try:
        yield
    except engine.Error as error:
        text = str(error)
        what, todo = say("The gallery's database failed: {error}", error=text), "Try again."
        for sign, words in FAULTS.items():
            if sign in text.lower():
                what, todo = words
        raise StoreError(what, where=place_of(path), todo=todo) from error


def place_of(path: Path | None) -> str:
    """How a message calls the file."""
    return plain_name(str(path)) if path else "in memory"


def _cipher(path: Path) -> ModuleType:
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        what = say(
            "The gallery is to be encrypted, but SQLCipher cannot be used: {error}", error=error
        )
        todo = say("Install it with `pip install sqlcipher3`, or unset {key}.", key=KEY)
        raise StoreError(what, where=place_of(path), todo=todo) from error
    return dbapi2


def _find_or_make(path: Path) -> None:
    """See that the file is there and writable; a new one is its owner's alone.

    A file that is there is not opened: as it is closed, the system would drop the locks that
    another connection of this process has on it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            kind = errno.EISDIR if path.is_dir() else errno.EACCES
            if path.is_dir() or not os.access(path, os.R_OK | os.W_OK):
                raise OSError(kind, os.strerror(kind)) from None
        size = path.stat().st_size
    except OSError as error:
        what = say("The gallery's file cannot be opened: {reason}", reason=error.strerror)
        todo = "Choose a file in a folder that exists and that this user may write."
        raise StoreError(what, where=place_of(path), todo=todo) from error
    if 0 < size < LEAST:  # SQLite would take it for an empty file and write over it.
        raise _not_ours(path, "")


def _unlock(connection: Any, key: str, path: Path) -> None:
    """Read for the first time, with the key if there is one."""
    if key:
        connection.execute("PRAGMA cipher_log_level = NONE")  # It would write to our stderr.
        connection.execute("PRAGMA key = '" + key.replace("'", "''") + "'")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except connection.DatabaseError as error:
        if "not a database" not in str(error):
            raise
        raise _not_ours(path, key) from error


def _not_ours(path: Path, key: str) -> StoreError:
    """Why SQLite cannot read the file with this key, or without one."""
    where = place_of(path)
    with path.open("rb") as file:
        head = file.read(1024)
    if head.startswith(PLAIN) and key:
        todo = say("Unset {key}, or choose another file: a new one will be encrypted.", key=KEY)
        return StoreError("A key is set, but this file is not encrypted", where=where, todo=todo)
    if head.startswith(PLAIN):
        return StoreError("The gallery's file is damaged", where=where, todo=BACKUP)
    kind = guess_kind(head)
    if key:
        what = "The key does not fit this file, or the file is damaged or no gallery"
        return StoreError(what, where=where, todo=say(KEY_OF_IT, key=KEY))
    if kind == UNKNOWN and path.stat().st_size % PAGE == 0:
        what = "This file seems to be encrypted, and no key is set"
        return StoreError(what, where=where, todo=say(KEY_OF_IT, key=KEY))
    what = say("This file is no gallery; it seems to be {kind}", kind=say(kind))
    return StoreError(what, where=where, todo=CHOOSE)


def _prepare(connection: Any, path: Path | None, patience: float) -> None:
    """Look whether the file is ours before anything is changed, and lay out a new one."""
    if _is_new(connection, path):
        connection.execute("BEGIN IMMEDIATE")
        if _is_new(connection, path):  # Another process may have been faster.
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    for statement in SETTINGS.split(";"):
        connection.execute(statement)
    if path is not None:
        _keep_a_journal(connection, patience)


def _is_new(connection: Any, path: Path | None) -> bool:
    def ask(question: str) -> int:
        return connection.execute(question).fetchone()[0]

    if not ask("SELECT count(*) FROM sqlite_master") and not ask("PRAGMA application_id"):
        return True
    if ask("PRAGMA application_id") != APPLICATION:
        what = "This file is another program's SQLite database, no gallery"
        raise StoreError(what, where=place_of(path), todo=CHOOSE)
    if (version := ask("PRAGMA user_version")) != VERSION:
        what = say(
            "This gallery has the format {found}, and this program reads {version}",
            found=version,
            version=VERSION,
        )
        raise StoreError(what, where=place_of(path), todo="Use the version that made it.")
    return False


def _keep_a_journal(connection: Any, patience: float) -> None:
    """Switch to a write-ahead log; SQLite itself does not wait for another's lock here."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.02)
