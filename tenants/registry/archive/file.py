"""The file itself: a zip archive whose manifest knows each member by its SHA-256."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from tenants.registry.archive.contents import FORMAT, MANIFEST, VERSION

# A zip archive's earliest moment: members carry no time of their own, so that equal ones are equal.
NO_TIME = (1980, 1, 1, 0, 0, 0)
AT_ONCE = 1 << 20


class ArchiveRefused(Exception):
    """It is not an archive of a practice, not whole, or not of this version. Nothing was changed."""


@dataclass
class Writer:
    """Writes members one after the other, each streamed, and the manifest last."""

    packed: zipfile.ZipFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(
        self, path: str, chunks: Iterable[str | bytes], *, about: str = "", are_rows: bool = False
    ) -> int:
        """One member; how many chunks it had, which for a table are its rows."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self.packed.open(_member(path), "w", force_zip64=True) as out:
            for chunk in chunks:
                raw = chunk.encode() if isinstance(chunk, str) else chunk
                out.write(raw)
                digest.update(raw)
                size, count = size + len(raw), count + 1
        noted: dict[str, Any] = {"sha256": digest.hexdigest(), "bytes": size}
        if are_rows:
            noted["rows"] = count
        if about:
            noted["about"] = about
        self.files[path] = noted
        return count

    def finish(self, facts: dict[str, Any]) -> None:
        manifest = {"format": FORMAT, "version": VERSION, **facts, "files": self.files}
        with self.packed.open(_member(MANIFEST), "w") as out:
            out.write(json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, NO_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


@contextmanager
def written_to(path: Path) -> Iterator[Writer]:
    """An archive that stands at `path` once it is whole, and never before."""
    # A name of its own: two workers that make the same one must not write into each other's.
    unfinished = path.with_name(f"{path.name}.{uuid4().hex[:8]}.unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", allowZip64=True) as packed:
            yield Writer(packed)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True)
class Archive:
    """An archive that was opened: nothing of it is believed before `verify`."""

    packed: zipfile.ZipFile
    manifest: dict[str, Any]

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        files: dict[str, dict[str, Any]] = self.manifest["files"]
        return files

    def verify(self) -> None:
        """Every member is there, is what the manifest says, and nothing else is. Raises ArchiveRefused."""
        names = sorted(name for name in self.packed.namelist() if name != MANIFEST)
        if names != sorted(self.files):
            odd = sorted({*names} ^ {*self.files})[:3] or names[:3]
            raise ArchiveRefused(f"The archive is not whole, or was changed: look at {', '.join(odd)}.")
        for path, noted in self.files.items():
            if _digest(self.packed, path, most=noted["bytes"]) != noted["sha256"]:
                raise ArchiveRefused(f"{path} is not what the manifest says: the archive was damaged.")

    def lines(self, path: str) -> Iterator[str]:
        with self.packed.open(path) as member:
            for line in member:
                yield line.decode().rstrip("\n")

    def only_line(self, path: str) -> dict[str, Any]:
        row: dict[str, Any] = json.loads(next(self.lines(path)))
        return row

    def content(self, path: str) -> bytes:
        if path not in self.files:
            raise ArchiveRefused(f"A row names the file {path}, which is not in the archive.")
        return self.packed.read(path)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive of a format that this code reads. Raises ArchiveRefused."""
    try:
        packed = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveRefused(f"{path} cannot be read as a zip archive: {error}.") from error
    with packed:
        yield Archive(packed, _manifest(packed))


def _manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
        known = manifest["format"] == FORMAT and isinstance(manifest["files"], dict)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ArchiveRefused(f"It has no {MANIFEST} of a practice's archive.") from error
    if not known:
        raise ArchiveRefused(f"Its {MANIFEST} is not that of a practice's archive.")
    if manifest["version"] != VERSION:
        raise ArchiveRefused(
            f"It is of version {manifest['version']} of the format, and this code reads {VERSION}: "
            "restore it with the code that wrote it."
        )
    return manifest


def _digest(packed: zipfile.ZipFile, path: str, *, most: int) -> str:
    digest, size = hashlib.sha256(), 0
    try:
        with packed.open(path) as member:
            while (chunk := _some(member)) and size <= most:
                digest.update(chunk)
                size += len(chunk)
    except zipfile.BadZipFile:
        return ""
    return digest.hexdigest() if size == most else ""


def _some(member: IO[bytes]) -> bytes:
    return member.read(AT_ONCE)
