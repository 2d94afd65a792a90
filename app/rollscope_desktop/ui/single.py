"""One viewer per user: a second start hands its paths to the first and ends."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT = 1_000
_MOST = 1 << 20


def hand_over(name: str, paths: Sequence[str]) -> bool:
    """Give paths to the viewer that runs already; False if there is none that answers."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(_WAIT):
        return False
    socket.write(json.dumps({"open": list(paths)}).encode() + b"\n")
    answered = socket.waitForReadyRead(_WAIT) and bytes(socket.readLine().data()) == b"ok\n"
    socket.disconnectFromServer()
    return answered


class Single(QObject):
    """Listens for later starts."""

    asked = Signal(object)
    """The paths (a tuple) that a later start was given, perhaps none: the window should show."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)
        if not self._server.listen(name):
            # What a viewer that was killed left behind; nobody answered on it just now.
            QLocalServer.removeServer(name)
            self._server.listen(name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._hear)
            socket.disconnected.connect(socket.deleteLater)

    def _hear(self) -> None:
        socket = self.sender()
        assert isinstance(socket, QLocalSocket)
        if socket.bytesAvailable() > _MOST:
            socket.abort()
        if not socket.canReadLine():
            return
        paths = _paths(bytes(socket.readLine().data()))
        if paths is None:
            socket.abort()
            return
        socket.write(b"ok\n")
        socket.flush()
        self.asked.emit(paths)


def _paths(said: bytes) -> tuple[str, ...] | None:
    try:
        paths = json.loads(said)["open"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    return tuple(paths)
