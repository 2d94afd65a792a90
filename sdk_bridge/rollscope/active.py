"""What a run and a step have in common: both can be spoken to in the same words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from rollscope.told import word

if TYPE_CHECKING:
    from rollscope.recorder import Recorder


class Nothing:
    """What was not given, where None would be a value."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = Nothing()


class Metadata(MutableMapping[str, Any]):
    """Named values of a run or a span; setting one records it."""

    def __init__(self, owner: Active, values: dict[str, Any] | None = None) -> None:
        self._owner = owner
        self._values: dict[str, Any] = dict(values or {})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, *given: Any, **values: Any) -> None:
        """Set several at once."""
        new = dict(*given, **values)
        self._values.update(new)
        self._owner._more_known(new)


class Active(ABC):
    """What a run and a span have in common: both are spoken to in the same words.

    Nothing here raises because of what it is given. In a run that is not recorded nothing happens.
    """

    __slots__ = ("_metadata", "id", "name", "recorder")

    _metadata: Metadata | None
    id: str
    name: str
    recorder: Recorder | None

    @abstractmethod
    def _span(self) -> str | None:
        """The id of the step that is spoken to; None: the run."""

    @abstractmethod
    def _more_known(self, values: dict[str, Any]) -> None:
        """Record named values."""

    @property
    def silent(self) -> bool:
        """Whether nothing of this is recorded: switched off, or left out by sampling."""
        return self.recorder is None

    @property
    def metadata(self) -> Metadata:
        """Named values; ``metadata["user"] = 7`` records it at once."""
        if self._metadata is None:
            self._metadata = Metadata(self)
        return self._metadata

    def message(self, role: str, content: Any, **more: Any) -> None:
        """Record that something was said: by the user, the assistant, a tool, the system."""
        if (to := self.recorder) is not None:
            said = {"content": content, **more} if more else content
            to.write("message", span=self._span(), role=word(role), content=to.value(said))

    def signal(self, name: str, value: Any = True) -> None:
        """Record a named value: something that is found out while, or after, the agent works."""
        if (to := self.recorder) is not None:
            to.write("signal", span=self._span(), name=word(name), value=to.value(value))

    def feedback(
        self, value: Any = None, *, name: str = "feedback", comment: str | None = None
    ) -> None:
        """Record a judgement: a number, a yes or no, and words."""
        if (to := self.recorder) is not None:
            said = word(comment) if comment is not None and to.capture else None
            value = to.value(value)
            to.write("feedback", span=self._span(), name=word(name), value=value, comment=said)

    def log_event(self, name: str, /, **data: Any) -> None:
        """Record that something happened."""
        self.note(name, data or None)

    def note(self, name: str, data: Any) -> None:
        """Record that something happened, with data of any kind."""
        if (to := self.recorder) is not None:
            carried = None if data is None else to.value(data)
            to.write("event", span=self._span(), name=word(name), data=carried)
