"""A call is tried from its dialog: what is sent, with which key, and the answers side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from rollscope_desktop.engine.trying.trying import Trying as Engine
from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.trying import Trying
from rollscope_desktop.ui.try_call.dialog import TryDialog
from rollscope_desktop.viewmodels.try_call.attempts import DONE, FAILED, RUNNING
from rollscope_desktop.viewmodels.try_call.model import TryCall
from tests.app.support import Index, Log, run_key
from tests.app.ui.checks import complaints
from tests.sdk_bridge.stub import Reply, StubModel, Tokens

SPAN = "0a" * 8
MESSAGES = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]
REQUEST = {"model": "gpt-x", "messages": MESSAGES, "settings": {"temperature": 0.2, "seed": 7}}

Make = Callable[..., TryDialog]


class Line(QObject):
    """The engine's part of it, without the engine around it: answers come on the GUI thread."""

    heard = Signal(object)

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self._waiting: dict[int, tuple[Any, Any]] = {}
        self.heard.connect(self.take, Qt.ConnectionType.QueuedConnection)

    def request(self, do: str, done: Any = None, failed: Any = None, **what: Any) -> None:
        number = len(self._waiting)
        self._waiting[number] = (done, failed)
        self.engine.serve(self, {"id": number, "do": do, **what})

    def send(self, message: dict[str, Any]) -> None:
        self.heard.emit(message)

    def take(self, message: dict[str, Any]) -> None:
        done, failed = self._waiting[message["id"]]
        if "error" in message:
            failed(EngineRefused(message["error"]["code"], message["error"]["sentence"]))
        elif done is not None:
            done(message["ok"])


class Kept:
    """A keychain in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.why = ""

    def get(self, place: str) -> str:
        return self.keys.get(place, "")

    def put(self, place: str, key: str) -> None:
        self.keys[place] = key

    def trouble(self) -> str:
        return self.why


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel() as made:
        yield made


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def line(qapp: QApplication, kept: Kept) -> Iterator[Line]:
    engine = Engine({"OPENAI_API_KEY": "sk-environment"}, kept, timeout=20)
    yield Line(engine)
    engine.close()


@pytest.fixture
def make(request, qtbot, index: Index, jobs: Jobs, line: Line, stub: StubModel) -> Make:
    """Opens dialogs on a call that is in the index."""

    def dialog(
        *, ready: bool = True, parent: QWidget | None = None, look: Any = None, **fields: Any
    ) -> TryDialog:
        log = Log(run_key(1))
        url = f"{stub.url}/v1/chat/completions"
        said = {
            "kind": "llm", "name": "gpt-x", "input": REQUEST,
            "attrs": {"dialect": "openai.chat", "url": url}, **fields,
        }  # fmt: skip
        out = log.line("run.start", v=1, name="r") + log.line("span.start", span=SPAN, **said)
        answer = {"message": {"role": "assistant", "content": "Good morning.\nHow are you?"}}
        usage = {"model": "gpt-x", "input_tokens": 12, "output_tokens": 5, "cost_usd": 0.0042}
        [run] = index.grow("a", out + log.line(
            "span.end", after=1_500_000_000, span=SPAN, status="ok", output=answer, usage=usage
        ))  # fmt: skip
        model = TryCall(jobs, Trying(cast("Any", line)))
        new = TryDialog(look or request.getfixturevalue("light"), model, parent)
        new.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the test closes it as well
        qtbot.addWidget(new)
        model.open(run << 31)
        new.show()
        new.activateWindow()
        if ready:
            qtbot.waitUntil(lambda: model.place is not None, timeout=20_000)
        return new

    return dialog


def settled(qtbot, dialog: TryDialog, count: int) -> None:
    """Wait until so many tries have come to an end."""

    def over() -> bool:
        tries = dialog.model.attempts[1:]
        return len(tries) == count and all(one.state != RUNNING for one in tries)

    qtbot.waitUntil(over, timeout=20_000)


def type_into(edit: Any, typed: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, typed)


def test_the_recorded_call_as_it_would_be_sent(make: Make) -> None:
    dialog = make()
    assert dialog.title.whole() == "Try This Call: gpt-x"
    assert (dialog.of_model.text(), dialog.temperature.text()) == ("gpt-x", "0.2")
    assert [edit.text.toPlainText() for edit in dialog.chat.edits] == ["Be short.", "Hello"]
    column = dialog.answers.columns[0]
    assert column.title.text() == "Recorded"
    assert column.facts.text() == "17 tokens  ·  $0.0042  ·  1.5 s"
    assert column.words.toPlainText() == "Good morning.\nHow are you?"
    assert not column.remove.isVisible()
    assert dialog.send.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return)  # one too many, of what opened it
    assert len(dialog.model.attempts) == 1


def test_an_edited_call_is_sent_and_answered(qtbot, make: Make, stub: StubModel) -> None:
    dialog = make()
    stub.script(Reply("Hi.\nHow are you?", tokens=Tokens(input=20, output=4)))
    dialog.chat.edits[1].text.setPlainText("Good day")
    type_into(dialog.of_model, "gpt-y")
    type_into(dialog.temperature, "0.9")
    QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(qtbot, dialog, 1)

    [got] = stub.requests
    assert got.json == {
        "model": "gpt-y", "temperature": 0.9, "seed": 7,
        "messages": [MESSAGES[0], {"role": "user", "content": "Good day"}],
    }  # fmt: skip
    assert "authorization" not in got.headers
    column = dialog.answers.columns[1]
    assert (column.title.text(), column.model.whole()) == ("Try 1", "gpt-y")
    assert column.facts.text().startswith("24 tokens")
    assert column.words.toPlainText() == "Hi.\nHow are you?"

    dialog.answers.tabs.setCurrentIndex(1)
    assert dialog.answers.diff.isVisible()
    assert dialog.answers.diff.toPlainText().split("\n") == [
        "− Good morning.", "+ Hi.", "  How are you?",
    ]  # fmt: skip


def test_a_log_gets_no_key_until_the_user_says_so(qtbot, make: Make, stub: StubModel) -> None:
    dialog = make()
    form = dialog.form
    assert "this machine" in form.where.text()
    assert form.allow.isVisible()
    assert form.allow.text() == f"Send my key to {stub.url}"
    assert not form.allow.isChecked()
    dialog.send.click()
    settled(qtbot, dialog, 1)
    assert "authorization" not in stub.requests[0].headers

    type_into(form.key, "sk-typed")
    assert not dialog.send.isEnabled()
    assert "may be sent to" in dialog.problem.text()
    form.allow.click()
    assert dialog.send.isEnabled()
    dialog.send.click()
    settled(qtbot, dialog, 2)
    assert stub.requests[1].headers["authorization"] == "Bearer sk-typed"
    assert form.key.echoMode() == form.key.EchoMode.Password


def test_a_word_for_one_place_is_not_for_another(qtbot, make: Make, stub: StubModel) -> None:
    dialog = make()
    dialog.form.allow.click()
    assert dialog.model.allowed
    type_into(dialog.form.url, "https://evil.example/v1/chat/completions")
    assert not dialog.send.isEnabled()
    qtbot.waitUntil(lambda: dialog.model.place is not None, timeout=20_000)
    assert not dialog.model.allowed
    assert not dialog.form.allow.isChecked()
    assert dialog.form.allow.text() == "Send my key to evil.example"
    assert dialog.form.where.property("role") == "warn"
    assert "not known to be a provider's" in dialog.form.where.text()


def test_another_provider_at_its_usual_address(qtbot, make: Make, stub: StubModel) -> None:
    dialog = make()
    form = dialog.form
    form.dialect.setCurrentIndex(form.dialect.findData("anthropic"))
    form.dialect.activated.emit(form.dialect.currentIndex())
    assert not dialog.send.isEnabled()  # until it is known where that is
    qtbot.waitUntil(lambda: dialog.model.place is not None, timeout=20_000)
    assert form.url.text() == "https://api.anthropic.com/v1/messages"
    assert form.where.text() == "The messages go to Anthropic (api.anthropic.com)."
    assert dialog.problem.text() == "Anthropic wants a key: type one."
    assert form.key.placeholderText() == "Type your key, or set ANTHROPIC_API_KEY"
    assert not form.allow.isVisible()
    assert not dialog.send.isEnabled()
    type_into(form.key, "sk-ant-1")
    assert dialog.send.isEnabled()
    assert stub.requests == []


def test_a_key_is_kept_in_the_keychain(qtbot, make: Make, stub: StubModel, kept: Kept) -> None:
    dialog = make()
    form = dialog.form
    assert not form.keep.isVisible()
    type_into(form.key, "sk-typed")
    form.keep.click()
    qtbot.waitUntil(lambda: form.about_key.text().startswith("Kept"), timeout=20_000)
    assert kept.keys == {stub.url: "sk-typed"}


def test_without_a_keychain_there_is_a_sentence(qtbot, make: Make, kept: Kept) -> None:
    kept.why = "There is no keychain here that can be reached."
    dialog = make()
    type_into(dialog.form.key, "sk-typed")
    assert not dialog.form.keep.isEnabled()
    assert dialog.form.about_key.text() == kept.why


def test_errors_stand_where_the_answer_would(qtbot, make: Make, stub: StubModel) -> None:
    stub.script(Reply(status=401, error="no such key"))
    dialog = make()
    dialog.send.click()
    settled(qtbot, dialog, 1)
    column = dialog.answers.columns[1]
    assert column.said.text() == f"{stub.url} refused the call (401): no such key"
    assert not column.words.isVisible()
    assert dialog.form.key.hasFocus()
    dialog.answers.tabs.setCurrentIndex(1)
    assert "Two answers" in dialog.answers.same.text()


def test_a_try_is_stopped_and_taken_away(qtbot, make: Make, stub: StubModel) -> None:
    hold = threading.Event()
    stub.script(Reply(hold=hold))
    dialog = make()
    dialog.send.click()
    qtbot.waitUntil(lambda: len(stub.requests) == 1, timeout=20_000)
    column = dialog.answers.columns[1]
    assert column.stop.isVisible()
    column.stop.click()
    settled(qtbot, dialog, 1)
    hold.set()
    assert (column.attempt.state, column.said.text()) == (FAILED, "Stopped.")
    column.remove.click()
    assert set(dialog.answers.columns) == {0}


def test_the_oldest_try_gives_way(qtbot, make: Make) -> None:
    dialog = make()
    for count in range(1, 7):
        dialog.send.click()
        settled(qtbot, dialog, min(count, 4))
    assert list(dialog.answers.columns) == [0, 3, 4, 5, 6]
    assert all(one.state == DONE for one in dialog.model.attempts)


def test_closing_stops_what_is_under_way(qtbot, make: Make, stub: StubModel, line: Line) -> None:
    hold = threading.Event()
    stub.script(Reply(hold=hold))
    dialog = make()
    dialog.send.click()
    qtbot.waitUntil(lambda: len(stub.requests) == 1, timeout=20_000)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settled(qtbot, dialog, 1)
    hold.set()
    assert dialog.model.attempts[1].code == "cancelled"


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"kind": "tool"}, "Only a model call"), ({"input": None}, "does not hold")],
)
def test_what_cannot_be_tried(qtbot, make: Make, fields: dict[str, Any], said: str) -> None:
    dialog = make(ready=False, **fields)
    qtbot.waitUntil(lambda: bool(dialog.model.failure), timeout=20_000)
    assert dialog.state.isVisible()
    assert said in dialog.model.failure
    assert dialog.model.send({}, "m", "") == dialog.model.failure


def test_what_is_typed_wrong_is_said(make: Make, stub: StubModel) -> None:
    dialog = make()
    type_into(dialog.temperature, "hot")
    dialog.send.click()
    assert dialog.problem.text() == "The temperature is a number, like 0.7."
    type_into(dialog.temperature, "1")
    assert dialog.problem.text() == ""
    type_into(dialog.of_model, " ")
    assert not dialog.send.isEnabled()
    assert stub.requests == []


def test_it_can_be_read_and_reached(
    qtbot, look, make: Make, stub: StubModel, tmp_path: Path
) -> None:
    dialog = make(look=look)
    stub.script(Reply("Hi.\n<b>&amp;</b>\x1b[31m"), Reply(status=500, error="overloaded"))
    for count in (1, 2):
        dialog.send.click()
        settled(qtbot, dialog, count)
    type_into(dialog.form.key, "sk-typed")
    assert dialog.answers.columns[1].words.toPlainText() == "Hi.\n<b>&amp;</b>␛[31m"
    QApplication.processEvents()
    assert complaints(dialog, look.theme, tmp_path) == []
    dialog.answers.tabs.setCurrentIndex(1)
    assert complaints(dialog, look.theme, tmp_path) == []
