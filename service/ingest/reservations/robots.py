"""robots.txt: who is kept out (RFC 9309), and what other standards put there: `Content-Usage`, `Content-Signal`, `License`.

Robots are told by their names, so what a program is known to fetch for stands for the use. Being let in is no permission: then nothing was
found. Where several programs fetch for one use and one of them is kept out, that use is reserved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from service.ingest.reservations import aipref, crosswalk, paths, signals
from service.ingest.reservations.observation import Given, Observation, Use, stated, stricter, text_of, words

NAME = "robots"
#: What well-known programs fetch for, as their makers describe them; in small letters.
AGENTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "gptbot", "google-extended", "claudebot", "anthropic-ai", "applebot-extended", "bytespider", "meta-externalagent", "facebookbot",
            "cohere-ai", "cohere-training-data-crawler", "ai2bot", "ai2bot-dolma", "img2dataset", "pangubot", "omgili", "omgilibot", "webzio-extended",
            "diffbot", "kangaroo bot", "timpibot", "imagesiftbot", "icc-crawler", "velenpublicwebcrawler",
        ),
        ("train_other", "train_generative"),
    ),
    "ccbot": ("mine", "train_other", "train_generative"),
    "laion-huggingface-processor": ("mine", "train_other", "train_generative"),
    **dict.fromkeys(("chatgpt-user", "claude-user", "claude-web", "perplexity-user", "mistralai-user", "duckassistbot", "meta-externalfetcher", "google-cloudvertexbot"), ("infer_input",)),
    **dict.fromkeys(("oai-searchbot", "claude-searchbot", "perplexitybot", "youbot", "petalbot", "amazonbot"), ("index_ai",)),
    **dict.fromkeys(("googlebot", "bingbot", "duckduckbot", "applebot", "yandexbot", "baiduspider", "slurp"), ("search",)),
}  # fmt: skip
_LINES: Final = 20_000


@dataclass(slots=True)
class _Group:
    """The programs of one group and what it says to them."""

    agents: list[str] = field(default_factory=list)
    rules: list[tuple[str, bool]] = field(default_factory=list)
    usage: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    groups: list[_Group] = field(default_factory=list)
    licences: list[str] = field(default_factory=list)


def read(given: Given) -> list[Observation]:
    """What the file says of the work, one standard after the other: each that may stand here was looked for."""
    text = text_of(given.content)
    base = Observation(NAME, given.place, "unreadable", carrier="robots_txt", version=crosswalk.version(NAME))
    if text is None or text.lstrip()[:1] in {"<", "{"} or text.count("\n") > _LINES:
        return [base, replace(base, signal=aipref.NAME, version=crosswalk.version(aipref.NAME))]
    file = _parsed(text)
    path = paths.path_of(given.about)
    usage = [value for group in file.groups for line in group.usage if (value := _for_path(line, path))]
    content = [line for group in file.groups for line in group.signals]
    return [
        *_robots(file, path, base),
        *aipref.read(usage, given.place, "robots_txt"),
        *(signals.read(content, given.place) if content else []),
        *signals.licences(file.licences, given.place, "robots_txt"),
    ]


def _robots(file: _File, path: str, base: Observation) -> list[Observation]:
    """The uses whose programs are kept out of all or a part of what is asked about."""
    uses: dict[str, Use] = {}
    lines: list[str] = []
    for agent, permissions in {"*": crosswalk.permissions(NAME, "*"), **AGENTS}.items():
        groups = [group for group in file.groups if agent in group.agents]
        kept_out = _kept_out([rule for group in groups for rule in group.rules], path)
        for use in permissions if kept_out else ():
            uses[use] = stricter(uses.get(use), Use("reserved"))
        if kept_out:
            lines.append(f"{agent}: {', '.join(kept_out[:3])}")
    return stated(replace(base, found=words(lines)), uses)


def _kept_out(rules: list[tuple[str, bool]], path: str) -> list[str]:
    """The patterns that keep a program out of the path, or of a part of it; of two equally long ones the one that lets in counts."""
    whole, parts = paths.chosen(((pattern, (pattern, allowed)) for pattern, allowed in rules), path)
    found = whole if not any(allowed for _, allowed in whole) else []
    return [f"Disallow {pattern}" for pattern, allowed in [*found, *parts] if not allowed]


def _parsed(text: str) -> _File:
    """Groups of consecutive `User-agent` lines with what follows them; what belongs to no group is said to all."""
    file, everybody = _File(), _Group(["*"])
    group, open_ = everybody, False
    for name, value in _lines(text):
        if name == "user-agent":
            if not open_:
                group = _Group()
                file.groups.append(group)
            group.agents.append(value.lower())
            open_ = True
            continue
        open_ = False
        if name in {"allow", "disallow"} and value:
            group.rules.append((value, name == "allow"))
        elif name == "content-usage":
            group.usage.append(value)
        elif name == "content-signal":
            group.signals.append(value)
        elif name == "license":
            file.licences.append(value)
    file.groups.append(everybody)
    return file


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _for_path(line: str, path: str) -> str | None:
    """The preferences of a `Content-Usage` rule, which may begin with the path that it is about."""
    if not line.startswith(("/", "*")):
        return line
    pattern, _, rest = line.partition(" ")
    return rest if paths.reach(pattern, path) != "none" else None
