"""What came of playing a golden file back: how the run differed, and whether that is drift."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, Literal
from xml.etree import ElementTree

from rollscope.replay.golden.steps import Step
from rollscope.replay.golden.tolerance import Tolerance, similarity

Kind = Literal["changed", "missing", "new", "result", "stopped"]

_WORDS: dict[Kind, str] = {
    "changed": "was asked something else",
    "missing": "was not made",
    "new": "is new",
    "result": "The result is another one.",
    "stopped": "The run could not go on.",
}
_MANY = 5  # places of a difference that a person is shown
_WIDE = 200  # characters of a value that a person is shown


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the run differed. ``index`` is the step's place in the file, from 0;
    None for what the file does not have. ``expected`` and ``came`` are inputs, or results."""

    kind: Kind
    name: str = ""
    index: int | None = None
    expected: Any = None
    came: Any = None
    reason: str = ""

    @property
    def title(self) -> str:
        """The difference in a few words."""
        if self.kind in ("result", "stopped"):
            return _WORDS[self.kind]
        step = "A step" if self.index is None else f"Step {self.index + 1}"
        return f"{step}, {self.name}, {_WORDS[self.kind]}."

    @property
    def text(self) -> str:
        """The difference with its values, in a few lines."""
        told = [self.title]
        if self.reason:
            told.append(f"  {self.reason}")
        if self.kind == "missing":
            told.append(f"  expected: {_short(self.expected)}")
        if self.kind == "new":
            told.append(f"  came:     {_short(self.came)}")
        if self.kind in ("changed", "result"):
            for place, expected, came in islice(changes(self.expected, self.came), _MANY):
                where = [f"  at {place}"] if place else []
                told += [*where, f"  expected: {_short(expected)}", f"  came:     {_short(came)}"]
        return "\n".join(told)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kind": self.kind,
            "step": self.index,
            "name": self.name,
            "expected": self.expected,
            "came": self.came,
            "reason": self.reason or self.title,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A golden file that was played back. ``seconds`` is how long that took."""

    name: str
    steps: Sequence[Step]
    differences: tuple[Difference, ...]
    tolerance: Tolerance
    seconds: float = 0.0

    @property
    def drift(self) -> tuple[Difference, ...]:
        """The differences that are not tolerated."""
        counted = [one for one in self.differences if self._counts(one)]
        steps = [one for one in counted if one.kind in ("changed", "missing", "new")]
        if len(steps) <= self.tolerance.max_divergent_steps:
            return tuple(one for one in counted if one not in steps)
        return tuple(counted)

    def _counts(self, one: Difference) -> bool:
        if one.kind == "changed":
            return similarity(one.expected, one.came) < self.tolerance.input_similarity
        if one.kind == "result":
            return similarity(one.expected, one.came) < self.tolerance.output_similarity
        return True

    @property
    def text(self) -> str:
        """The report for a person."""
        many = f"{len(self.steps)} step{'' if len(self.steps) == 1 else 's'}"
        drift, let = self.drift, len(self.differences) - len(self.drift)
        differs = "difference" if len(drift) == 1 else "differences"
        if not self.differences:
            return f"{self.name}: all {many} came as recorded."
        if not drift:
            return f"{self.name}: {let} of {many} differed, which is tolerated."
        head = f"{self.name}: drift, {len(drift)} {differs} from the {many} of the golden file."
        tail = [f"{let} more differed, which is tolerated."] if let else []
        return "\n\n".join([head, *(one.text for one in drift), *tail])

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        drift = self.drift
        return {
            "name": self.name,
            "ok": not drift,
            "steps": len(self.steps),
            "seconds": round(self.seconds, 3),
            "drift": [one.to_json() for one in drift],
            "tolerated": [one.to_json() for one in self.differences if one not in drift],
        }

    def to_junit(self) -> bytes:
        """The report as JUnit XML: each step is a test case, and so is the result."""
        drift = self.drift
        suite = ElementTree.Element("testsuite", name=_xml(f"rollscope {self.name}"))
        failures = 0
        for index, step in enumerate(self.steps):
            own = [one for one in drift if one.index == index]
            failures += bool(own)
            _case(suite, f"{index + 1} {step.name}", self.name, own)
        own = [one for one in drift if one.index is None]
        failures += bool(own)
        _case(suite, "result", self.name, own)
        suite.set("tests", str(len(self.steps) + 1))
        suite.set("failures", str(failures))
        suite.set("errors", "0")
        suite.set("time", f"{self.seconds:.3f}")
        root = ElementTree.Element("testsuites")
        root.append(suite)
        ElementTree.indent(root)
        return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def changes(expected: Any, came: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ, and the parts that do; None for a part that is not there."""
    if expected == came:
        return
    if isinstance(expected, dict) and isinstance(came, dict):
        for name in {**expected, **came}:
            under = f"{place}.{name}" if place else str(name)
            yield from changes(expected.get(name), came.get(name), under)
    elif isinstance(expected, list) and isinstance(came, list):
        for index, (one, other) in enumerate(zip_longest(expected, came)):
            yield from changes(one, other, f"{place}[{index}]")
    else:
        yield place, expected, came


def _case(suite: ElementTree.Element, name: str, group: str, failed: Sequence[Difference]) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=_xml(name), classname=_xml(group))
    for one in failed:
        told = ElementTree.SubElement(case, "failure", message=_xml(one.title), type=one.kind)
        told.text = _xml(one.text)


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}… ({len(text):,} characters)"


def _xml(text: str) -> str:
    """Text without what XML cannot hold."""
    return "".join(letter if _is_xml(letter) else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _is_xml(letter: str) -> bool:
    return (
        letter in "\t\n\r"
        or " " <= letter <= "\ud7ff"
        or "\ue000" <= letter <= "\ufffd"
        or (letter >= "\U00010000")
    )
