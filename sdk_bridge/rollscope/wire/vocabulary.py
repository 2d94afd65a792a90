"""The vocabulary of the run log: types of events, their fields, the JSON Schema of a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VERSION = 1

KINDS = (
    "agent", "llm", "tool", "task", "workflow", "retriever", "reranker", "embedding",
    "guardrail", "evaluator", "memory", "span",
)  # fmt: skip
STATUSES = ("ok", "error", "cancelled")
EFFECTS = ("none", "state", "write")
REPLAYS = ("played", "reused", "edited", "live")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event: its name, what JSON holds it, and what it means."""

    name: str
    form: str
    doc: str
    required: bool = False
    fields: tuple[Field, ...] = ()


def _f(name: str, form: str, doc: str, *fields: Field, required: bool = False) -> Field:
    return Field(name, form, doc, required, fields)


COMMON = (
    _f("type", "text", "What happened; one of the types below.", required=True),
    _f("run", "id128", "The run: 32 hex digits, a W3C trace id.", required=True),
    _f("proc", "int", "Number of the writing process within the run, from 0.", required=True),
    _f("seq", "int", "Number of the event within its process, from 0, growing.", required=True),
    _f("time", "ns", "When it happened, nanoseconds since the epoch.", required=True),
    _f("source", "text", "Hash of the message of another protocol that the line was made of."),
)

_ERROR = (
    _f("type", "text", "Type of the exception."),
    _f("message", "text", "Its text."),
    _f("stack", "text", "The traceback as text."),
)
_USAGE = (
    _f("model", "text", "Name of the model."),
    _f("input_tokens", "int", "Tokens in."),
    _f("output_tokens", "int", "Tokens out."),
    _f("cache_read_tokens", "int", "Tokens in that came from the provider's cache."),
    _f("cache_write_tokens", "int", "Tokens in that were written to it."),
    _f("reasoning_tokens", "int", "Tokens out that were reasoning."),
    _f("cost_usd", "number", "Price in US dollars."),
    _f("saved_usd", "number", "What a played step would have cost."),
)
_LOSSY = _f("lossy", "list", "Names of fields that do not hold all that there was.")

EVENTS: dict[str, tuple[Field, ...]] = {
    "run.start": (
        _f("v", "int", "Version of this vocabulary.", required=True),
        _f("name", "text", "Name of the run.", required=True),
        _f("input", "any", "What the agent was called with."),
        _f("agent", "text", "Name of the agent."),
        _f("session", "text", "Runs of one conversation carry the same session."),
        _f("group", "object", "Samples of one prompt carry the same group.",
           _f("id", "text", "Id of the group."),
           _f("index", "int", "Number of the prompt."),
           _f("chain", "int", "Number of the sample within the group.")),
        _f("meta", "object", "The user's own data."),
        _f("process", "object", "The process that runs the agent.",
           _f("python", "text", "Path of the interpreter."),
           _f("cwd", "text", "Working folder."),
           _f("argv", "list", "Command line."),
           _f("pid", "int", "Process id."),
           _f("host", "text", "Name of the machine."),
           _f("version", "text", "Version of Python."),
           _f("env", "list", "Names of its environment variables, without their values.")),
        _f("entry", "object", "The function that the run is a call of.",
           _f("module", "text", "Module it lives in."),
           _f("qualname", "text", "Qualified name."),
           _f("file", "text", "Source file."),
           _f("source_hash", "text", "Hash of its source."),
           _f("resumable", "bool", "Whether it may be called again from here."),
           _f("arguments", "object", "What it was called with, where the run's input says other."),
           _f("given", "any", "The same, packed, where JSON does not hold it exactly."),
           _f("pinned", "bool", "Whether random numbers were drawn from a seed."),
           _f("seed", "text", "That seed, where it is not the run's id.")),
        _f("fork", "object", "Set when the run is a fork of another.",
           _f("of", "id128", "The original run."),
           _f("at", "id64", "The edited span."),
           _f("edit", "any", "What was changed."),
           _f("mode", "text", "How differences were treated.")),
        _f("project", "text", "Project that the run belongs to."),
        _f("environment", "text", "Where it ran: production, staging, or another name."),
        _f("caller", "object", "Set when a step of another run started this one.",
           _f("run", "id128", "The other run."),
           _f("span", "id64", "The step of it.")),
        _f("sig", "text", "Signature over the start of the run."),
        _LOSSY,
    ),
    "run.set": (
        _f("input", "any", "What the agent was called with; takes the place of what was said."),
        _f("output", "any", "What the run returned, as far as it is known."),
        _f("meta", "object", "The user's own data; merged into what was said before."),
        _LOSSY,
    ),
    "span.start": (
        _f("span", "id64", "The span: 16 hex digits, a W3C span id.", required=True),
        _f("parent", "id64", "The span it is part of; without it, a top step of the run."),
        _f("kind", "text", f"One of {', '.join(KINDS)}; others show under their own name."),
        _f("name", "text", "What was called.", required=True),
        _f("input", "any", "What went in."),
        _f("attrs", "object", "Anything else that is known."),
        _f("branch", "int", "Number of the task or thread, given when it was created."),
        _f("effects", "text", f"What the step changes: {', '.join(EFFECTS)}; absent: undeclared."),
        _f("fingerprint", "text", "Hash of the normalised request or arguments."),
        _f("listed", "bool", 'Later spans may begin with its messages: {"$list": span}.'),
        _f("agent", "object", "The agent at work.",
           _f("id", "text", "Its id."),
           _f("role", "text", "Its role."),
           _f("parent", "text", "Id of the agent that called it.")),
        _f("replay", "object", "Set in forks: where the result came from.",
           _f("of", "id64", "The span of the original run."),
           _f("how", "text", f"One of {', '.join(REPLAYS)}.")),
        _LOSSY,
    ),
    "span.set": (
        _f("span", "id64", "The span that more is known of.", required=True),
        _f("input", "any", "What went in; takes the place of what was said before."),
        _f("output", "any", "What came out, as far as it is known."),
        _f("attrs", "object", "Anything else that is known; merged into what was said before."),
        _f("usage", "object", "What the call really caused.", *_USAGE),
        _f("error", "object", "What went wrong, as far as it is known.", *_ERROR),
        _LOSSY,
    ),
    "span.end": (
        _f("span", "id64", "The span that ended.", required=True),
        _f("status", "text", f"One of {', '.join(STATUSES)}.", required=True),
        _f("output", "any", "What came out."),
        _f("first_token", "ns", "When the first token of the answer arrived."),
        _f("error", "object", "Set when status is error.", *_ERROR),
        _f("usage", "object", "What this call really caused; a played step costs 0.", *_USAGE),
        _f("attrs", "object", "Anything else that is known; merged into those of the start."),
        _f("response", "object", "The answer of a model's server, as it came.",
           _f("status", "int", "HTTP status."),
           _f("headers", "object", "Headers that matter to a client; names in lower case."),
           _f("body", "text", "The body, where it is short text."),
           _f("packed", "text", "Else the body, compressed by zlib, in base64."),
           _f("failure", "text", "Exception of the client that came in its place, or after it.")),
        _f("result", "object", "What the call gave, where output is not exactly that.",
           _f("packed", "any", "The value, with words for what JSON lacks."),
           _f("pickle", "text", "The value, pickled, in base64."),
           _f("sig", "text", "Signature over the pickle."),
           _f("raised", "object", "The exception that it raised."),
           _f("items", "list", "What a generator gave one by one, packed."),
           _f("returned", "any", "What it returned at its end, packed."),
           _f("awaited", "bool", "Whether it is async, and looks as if it were not."),
           _f("not", "text", "Why it cannot be made again.")),
        _f("branches", "int", "Tasks and threads that its branch created meanwhile, if any."),
        _LOSSY,
    ),
    "message": (
        _f("span", "id64", "The span it was said in; without it, the run."),
        _f("role", "text", "system, user, assistant, tool, or another.", required=True),
        _f("content", "any", "What was said.", required=True),
    ),
    "event": (
        _f("span", "id64", "The span it belongs to; without it, the run."),
        _f("name", "text", "Name of the event.", required=True),
        _f("data", "any", "What it carries."),
    ),
    "signal": (
        _f("span", "id64", "The span it is about; without it, the run."),
        _f("name", "text", "Name of the signal.", required=True),
        _f("value", "any", "Its value.", required=True),
    ),
    "feedback": (
        _f("span", "id64", "The span it is about; without it, the run."),
        _f("name", "text", "What was judged.", required=True),
        _f("value", "any", "The judgement."),
        _f("comment", "text", "In words."),
    ),
    "blob": (
        _f("hash", "text", "Name of the content: 16 hex digits of its hash.", required=True),
        _f("data", "any", 'The content; elsewhere {"$blob": hash} stands for it.', required=True),
    ),
    "run.end": (
        _f("status", "text", f"One of {', '.join(STATUSES)}.", required=True),
        _f("output", "any", "What the run returned."),
        _f("error", "object", "Set when status is error.", *_ERROR),
        _f("reward", "number", "Reward of the run."),
        _f("metrics", "object", "Named numbers."),
        _f("finish_reason", "text", "Why it ended."),
        _LOSSY,
    ),
}  # fmt: skip


_FORMS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "list": {"type": "array"},
    "any": {},
    "ns": {"type": "integer", "minimum": 0},
    "id128": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "id64": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}


def schema() -> dict[str, Any]:
    """The JSON Schema of one line of a run log."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Rollscope run log, one line, version {VERSION}",
        "oneOf": [_object((*COMMON, *fields), kind) for kind, fields in EVENTS.items()],
    }


def _object(fields: tuple[Field, ...], kind: str = "") -> dict[str, Any]:
    properties = {field.name: _property(field) for field in fields}
    if kind:
        properties["type"] = {"const": kind}
    required = [field.name for field in fields if field.required]
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _property(field: Field) -> dict[str, Any]:
    inner = _object(field.fields) if field.fields else _FORMS[field.form]
    return {**inner, "description": field.doc}
