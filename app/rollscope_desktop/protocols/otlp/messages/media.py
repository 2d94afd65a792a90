"""Pictures and files inside a message, in the normal form."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.reading import (
    REPLACED,
    Part,
    Reading,
    first_text,
    text_of,
)

_HOLDERS = (
    "image_url", "image", "uri", "url", "source", "data", "content", "binary_content", "file",
    "file_data", "fileData", "inline_data", "inlineData", "input_audio", "bytes", "file_uri",
    "fileUri", "base64", "document", "video", "audio", "file_id",
)  # fmt: skip
"""Fields in which clients put the address or the content of a picture or file, itself or deeper."""

_TYPES = ("mime_type", "media_type", "mediaType", "mimeType", "contentType")
_DEPTH = 4


def media_part(part: dict[str, Any], reading: Reading) -> Part:
    """A picture; anything else that is a file stays raw, with its content in the same place."""
    name = str(part.get("type") or part.get("kind") or "")
    kind, modality, said, holder = _look(part, "image" in name or "image" in part)
    if said is None or said in REPLACED:
        reading.is_lossy = True
        said = None
    source = _source(said, kind, "id" if holder == "file_id" else "")
    kind = source.get("media_type") or kind or ""
    if kind.startswith("image/") or modality == "image" or "image" in name or "image" in part:
        if "id" in source:
            return {"type": "raw", "raw": {"type": "image", "file_id": source["id"]}}
        return {"type": "image", "source": source}
    what = modality or name.removeprefix("input_").partition("-")[0].partition("_")[0]
    source.pop("media_type", None)
    file: dict[str, Any] = {"type": what if what in _FILES else "file"}
    if kind:
        file["media_type"] = kind
    if "id" in source:
        source = {"file_id": source["id"]}
    return {"type": "raw", "raw": {**file, **source}}


_FILES = frozenset({"audio", "video", "document"})


def _look(part: dict[str, Any], is_image: bool) -> tuple[str | None, str | None, str | None, str]:
    """The media type, the modality, and the address or content, wherever they are; and where."""
    kind = modality = said = None
    holder = ""
    held: Any = part
    for _ in range(_DEPTH):
        if type(held) is str:
            said = held
            break
        if type(held) is not dict:
            break
        kind = first_text(held, _TYPES) or kind
        if (form := text_of(held.get("format"))) and not kind:
            kind = form if "/" in form else f"image/{form}" if is_image else None
        modality = text_of(held.get("modality")) or modality
        holder = next((name for name in _HOLDERS if held.get(name)), "")
        held = held.get(holder)
    return kind, modality, said, holder


def _source(said: str | None, kind: str | None, id: str) -> dict[str, Any]:
    """Where a picture is: an address, or its type and its content in base64."""
    if said is None:
        return {"media_type": kind} if kind else {}
    if id:
        return {"id": said}
    if said.startswith("data:"):
        head, _, data = said.partition(",")
        if not head.endswith(";base64"):
            return {"url": said}
        return {"media_type": head[5:].partition(";")[0] or kind or "image", "data": data}
    if "://" in said[:40]:
        return {"url": said}
    return {"media_type": kind, "data": said} if kind else {"data": said}
