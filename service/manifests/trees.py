"""Directory hashes of an ASC MHL: one over the contents below a folder, one over names and contents, both as C4 ids.

The content hash of a folder is over its children's content hashes in sorted order; the structure hash over the hashes of each child's
name joined with its own hash (a file's content, a folder's structure). So a renamed file changes the one and not the other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha512

from service.content.digests import c4_id, c4_sha512


@dataclass(slots=True)
class Tree:
    """One folder: its path (empty for the root), its files as name → C4 id, and the folders in it."""

    path: str = ""
    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, "Tree"] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """The hash over all contents below."""
        return _of_list([*self.files.values(), *(folder.content for folder in self.folders.values())])

    @property
    def structure(self) -> str:
        """The hash over names and contents below."""
        named = [*self.files.items(), *((name, folder.structure) for name, folder in self.folders.items())]
        return _of_list([c4_id(sha512(name.encode() + c4_sha512(c4)).digest()) for name, c4 in named])

    def below(self) -> Iterator["Tree"]:
        """Every folder in this one, the deepest first."""
        for folder in self.folders.values():
            yield from folder.below()
            yield folder


def of(files: Iterable[tuple[str, str]]) -> Tree:
    """Build the tree of (path with forward slashes, C4 id)."""
    root = Tree()
    for path, c4 in files:
        *parents, name = path.split("/")
        tree = root
        for depth, parent in enumerate(parents):
            tree = tree.folders.setdefault(parent, Tree("/".join(parents[: depth + 1])))
        tree.files[name] = c4
    return root


def _of_list(hashes: list[str]) -> str:
    return c4_id(sha512(b"".join(c4_sha512(each) for each in sorted(hashes))).digest())
