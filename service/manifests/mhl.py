"""ASC MHL hash lists, read and written: version 2.0 (`urn:ASC:MHL:v2.0`), and version 1 as older copy tools still make it.

Reading is streamed and strict: no document type, no entities, no processing of addresses, bounded depth, text, entries and bytes. Paths
that leave the delivery are refused. What is read is what the list says, and no more: whether a digest proves anything is for the
caller (C4 does, SHA-1 only with the size, MD5 and xxHash suggest a candidate).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from service import errors
from service.manifests import trees

V2 = "urn:ASC:MHL:v2.0"
CHAIN = "urn:ASC:MHL:DIRECTORY:v2.0"
ALGORITHMS: Mapping[str, str] = {
    "c4": "c4",
    "sha1": "sha1",
    "md5": "md5",
    "xxh128": "xxh128",
    "xxh3": "xxh3",
    "xxh64": "xxh64",
    "xxhash64": "xxh64",
    "xxhash64be": "xxh64",
}
USUAL_IGNORES = frozenset({".DS_Store", "ascmhl", "ascmhl/"})
MOST_BYTES = 256 * 1024 * 1024
MOST_ENTRIES = 500_000
_DEPTH = 16
_TEXT = 8_192
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Hash:
    """One digest of an entry as the list gives it; `action` is `original`, `verified`, `failed`, or None in version 1."""

    algorithm: str
    value: str
    action: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the list; `size` in bytes, None when the list does not say."""

    path: str
    size: int | None
    hashes: tuple[Hash, ...]
    previous_path: str | None = None

    @property
    def failed(self) -> bool:
        """Whether a verification noted in the list did not match."""
        return any(each.action == "failed" for each in self.hashes)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole list. `complete` says that a root hash binds the directory: nothing was left out but what `ignore` hides."""

    version: str
    entries: tuple[Entry, ...]
    created: str | None
    tool: str | None
    process: str | None
    complete: bool
    ignore: tuple[str, ...]
    references: tuple[str, ...]

    def remarks(self) -> list[tuple[str, str]]:
        """What a person must know before relying on the list, as (code, sentence)."""
        found = []
        failed = [entry.path for entry in self.entries if entry.failed]
        if failed:
            found.append(("mhl.failed_hash", f"The list itself notes {len(failed)} failed verifications, the first of {failed[0]}."))
        if any(entry.size is None for entry in self.entries):
            found.append(("mhl.no_size", "Some entries have no size, so their weaker digests prove nothing."))
        hidden = sorted(set(self.ignore) - USUAL_IGNORES)
        if hidden:
            found.append(("mhl.hides", f"Patterns beside the usual ones are left out of the list: {', '.join(hidden[:5])}."))
        if not self.complete:
            found.append(("mhl.no_root", "No root hash binds the directory, so the list does not show that it is complete."))
        if self.references:
            found.append(("mhl.nested", f"{len(self.references)} nested histories are referred to and were not handed over."))
        return found


@dataclass(slots=True)
class _Reader:
    """The state of one pass: the open elements, the text of the innermost, and what was found."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    length: int = 0
    found: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    version: str | None = None
    complete: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    previous: str | None = None
    size: int | None = None
    hashes: list[Hash] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _DEPTH:
            raise _refused("The list is nested too deeply.")
        local = tag.rpartition(" ")[2]
        if not self.path:
            self.version = _version(tag, attributes)
        elif (local == "hash" and self.path[-1] == "hashes") or (local == "hash" and self.version == "1" and len(self.path) == 1):
            self.name, self.previous, self.size, self.hashes = None, None, None, []
        self.path.append(local)
        self.text.clear()
        self.length = 0
        self.attributes = attributes
        if local == "path" and attributes.get("size", "").isdecimal():
            self.size = int(attributes["size"][:19])

    def data(self, text: str) -> None:
        self.length += len(text)
        if self.length > _TEXT:
            raise _refused(f"A text of the list is longer than {_TEXT} characters.")
        self.text.append(text)

    def end(self, _: str) -> None:
        local, text = self.path.pop(), "".join(self.text).strip()
        self.text.clear()
        if local == "hash":
            self._close_entry()
        elif "hash" in self.path:
            self._inside_entry(local, text)
        elif local == "roothash":
            self.complete = True
        elif local == "pattern":
            self.ignore.append(text)
        elif local == "path" and self.path[-1] == "hashlistreference":
            self.references.append(text)
        elif local in {"creationdate", "process", "tool"} and text:
            self.found.setdefault(local, text[:200])

    def _inside_entry(self, local: str, text: str) -> None:
        if local in {"path", "file"} and self.path[-1] == "hash":
            self.name = safe_path(text)
        elif local == "previousPath":
            self.previous = safe_path(text)
        elif local == "size" and text.isdecimal():
            self.size = int(text[:19])
        elif local in ALGORITHMS and text:
            value = text if local == "c4" else text.lower()
            self.hashes.append(Hash(ALGORITHMS[local], value[:128], self.attributes.get("action")))

    def _close_entry(self) -> None:
        if self.name is None:
            raise _refused("An entry of the list has no path.")
        if len(self.entries) >= MOST_ENTRIES:
            raise errors.TooLarge(f"The list has more than {MOST_ENTRIES} entries; deliver it in parts.", code="manifest_too_large")
        self.entries.append(Entry(self.name, self.size, tuple(self.hashes), self.previous))


def read(stream: IO[bytes]) -> Manifest:
    """Read a list; `errors.Invalid` for anything that is not one, `TooLarge` over the limits."""
    reader = _Reader()
    _parse(stream, reader.start, reader.end, reader.data)
    return Manifest(
        version=reader.version or "1",
        entries=tuple(reader.entries),
        created=reader.found.get("creationdate"),
        tool=reader.found.get("tool"),
        process=reader.found.get("process"),
        complete=reader.complete,
        ignore=tuple(reader.ignore),
        references=tuple(reader.references),
    )


def _parse(
    stream: IO[bytes], start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]
) -> None:
    """Run the hardened parser over the stream in pieces."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    _harden(parser)
    size = 0
    try:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > MOST_BYTES:
                raise errors.TooLarge(f"The list is larger than {MOST_BYTES} bytes; deliver it in parts.", code="manifest_too_large")
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _refused(f"This is not well-formed XML: {error}.") from None


def _harden(parser: expat.XMLParserType) -> None:
    """Refuse whatever could make the document more than it is: a document type, entities, references outward."""
    refuse: Callable[..., None] = _no_document_type
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]  # it never returns
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)


def _no_document_type(*_: object) -> None:
    raise _refused("The list declares a document type or entities, which no hash list needs.")


def _version(tag: str, attributes: Mapping[str, str]) -> str:
    namespace, _, local = tag.rpartition(" ")
    if local != "hashlist" or (namespace and namespace != V2):
        raise _refused(f"The root is {tag[:100]}, not the hashlist of an MHL.")
    version = attributes.get("version", "1")
    if namespace == V2 and not version.startswith("2."):
        raise _refused(f"The list says version {version[:20]}; 2.0 is what its namespace means.")
    return "2" if namespace == V2 else "1"


def safe_path(text: str) -> str:
    """The path with forward slashes; refuses absolute paths, `..`, drive letters, NUL, more than 1,000 characters or 64 folders."""
    path = text.replace("\\", "/")
    parts = path.split("/")
    if (
        not path
        or len(path) > 1000
        or path.startswith("/")
        or ".." in parts
        or len(parts) > 64
        or "\0" in path
        or (len(parts[0]) == 2 and parts[0][1] == ":")
    ):
        raise _refused(f"The path {text[:100]!r} leads out of the delivery; use paths relative to its folder.")
    return path


def _refused(message: str) -> errors.Invalid:
    return errors.invalid("/manifest", message, "bad_manifest")


@dataclass(slots=True)
class _ChainReader:
    """The state of one pass over a chain file."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    found: list[tuple[int, str, str]] = field(default_factory=list)
    number: int = 0
    name: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        if (not self.path and local != "ascmhldirectory") or len(self.path) >= _DEPTH or len(self.found) > 10_000:
            raise _refused("This is not the chain file of an ASC MHL history.")
        if local == "hashlist":
            self.number = int(attributes["sequencenr"]) if attributes.get("sequencenr", "").isdecimal() else -1
        self.path.append(local)
        self.text.clear()

    def data(self, text: str) -> None:
        if len(self.text) > _TEXT:
            raise _refused("A text of the chain file is too long.")
        self.text.append(text)

    def end(self, _: str) -> None:
        local, text = self.path.pop(), "".join(self.text).strip()
        if local == "path":
            self.name = safe_path(text)
        elif local == "c4":
            self.found.append((self.number, self.name, text))


def read_chain(stream: IO[bytes]) -> list[tuple[str, str]]:
    """Read an `ascmhl_chain.xml`: (file name, C4 id) of every generation in order; refuses numbers that do not run 1 … n."""
    reader = _ChainReader()
    _parse(stream, reader.start, reader.end, reader.data)
    if [number for number, _, _ in reader.found] != list(range(1, len(reader.found) + 1)):
        raise _refused("The generations of the chain do not run from 1 without a gap.")
    return [(name, c4) for _, name, c4 in reader.found]


@dataclass(frozen=True, slots=True)
class File:
    """A file to be listed: its path in the delivery, size in bytes, C4 id, and other digests by MHL's names."""

    path: str
    size: int
    c4: str
    others: Mapping[str, str] = field(default_factory=dict)


def write(files: Sequence[File], *, created: datetime, tool: str, version: str, host: str = "clearance") -> bytes:
    """Return a version 2.0 list of all `files` of a folder, hashed for the first time (`original`) at `created` (aware)."""
    stamp = created.isoformat(timespec="seconds")
    root = trees.of((safe_path(each.path), each.c4) for each in files)
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<hashlist version="2.0" xmlns="{V2}">\n'
        f"  <creatorinfo>\n    <creationdate>{stamp}</creationdate>\n    <hostname>{escape(host)}</hostname>\n"
        f"    <tool version={quoteattr(version)}>{escape(tool)}</tool>\n  </creatorinfo>\n"
        f"  <processinfo>\n    <process>in-place</process>\n    <roothash>\n{_both(root, stamp)}    </roothash>\n    <ignore>\n"
        + "".join(f"      <pattern>{pattern}</pattern>\n" for pattern in sorted(USUAL_IGNORES))
        + "    </ignore>\n  </processinfo>\n  <hashes>\n"
    )
    folders = "".join(
        f"    <directoryhash>\n      <path>{escape(tree.path)}</path>\n{_both(tree, stamp)}    </directoryhash>\n" for tree in root.below()
    )
    return (head + "".join(_written(each, stamp) for each in files) + folders + "  </hashes>\n</hashlist>\n").encode()


def _both(tree: trees.Tree, stamp: str) -> str:
    return (
        f'      <content>\n        <c4 hashdate="{stamp}">{tree.content}</c4>\n      </content>\n'
        f'      <structure>\n        <c4 hashdate="{stamp}">{tree.structure}</c4>\n      </structure>\n'
    )


def _written(file: File, stamp: str) -> str:
    others = "".join(
        f'      <{name} action="original" hashdate="{stamp}">{escape(file.others[name])}</{name}>\n'
        for name in ("md5", "sha1", "xxh128", "xxh3", "xxh64")
        if name in file.others
    )
    return (
        f'    <hash>\n      <path size="{file.size}">{escape(safe_path(file.path))}</path>\n{others}'
        f'      <c4 action="original" hashdate="{stamp}">{escape(file.c4)}</c4>\n    </hash>\n'
    )


def chain(lists: Iterable[tuple[str, str]]) -> bytes:
    """Return the `ascmhl_chain.xml` of the lists, given as (file name, C4 id of the list) in order."""
    rows = "".join(
        f'  <hashlist sequencenr="{number}">\n    <path>{escape(name)}</path>\n    <c4>{escape(c4)}</c4>\n  </hashlist>\n'
        for number, (name, c4) in enumerate(lists, 1)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ascmhldirectory xmlns="{CHAIN}">\n{rows}</ascmhldirectory>\n'.encode()


def file_name(folder: str, created: datetime, number: int = 1) -> str:
    """The name that tools expect of generation `number` of a folder's list."""
    return f"{number:04}_{folder}_{created.strftime('%Y-%m-%d_%H%M%S')}Z.mhl"
