"""What is sent to the socket is what the corpora hold; what comes back is read in any pieces."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from websockets.frames import Frame
from websockets.streams import StreamReader

from tests.bench import ingest_data, ingest_servers, ingest_wire, rows_ingest
from tests.bench.corpus import Corpus, one_run
from tests.bench.ingest_latency import until_seen
from tests.bench.ingest_sender import Connection, Posts, Stream, send
from tests.bench.samples import Samples


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    """Two run logs of 250 and 30 spans, and beside each its flat lines."""
    made = []
    for number, spans in enumerate((250, 30)):
        path = tmp_path / f"{number}.jsonl"
        runlog, flat = one_run(1, number, spans)
        path.write_bytes(runlog)
        path.with_suffix(".flat").write_bytes(flat)
        made.append(path)
    return made


def test_logs_are_cut_into_whole_messages(logs: list[Path]) -> None:
    pieces = list(ingest_data.cut(logs, 100, 280))
    assert [piece.spans for piece in pieces] == [100, 100, 50, 30]
    for path in logs:
        whole = path.read_bytes()
        own = [piece for piece in pieces if piece.path == path]
        parts = [whole[piece.begin : piece.begin + piece.length] for piece in own]
        assert b"".join(parts) == whole
        for piece, part in zip(own, parts, strict=True):
            head = orjson.loads(piece.head)
            seqs = [orjson.loads(line)["seq"] for line in part.splitlines()]
            assert (head["first"], head["last"]) == (seqs[0], seqs[-1]) == (min(seqs), piece.last)


def test_no_log_is_begun_when_there_are_enough_spans(logs: list[Path]) -> None:
    assert sum(piece.spans for piece in ingest_data.cut(logs, 100, 120)) == 250


def test_requests_hold_the_spans_of_the_flat_lines(logs: list[Path], tmp_path: Path) -> None:
    flat = [path.with_suffix(".flat") for path in logs]
    place = ingest_data.requests(flat, 64, 200, tmp_path)
    data = place.read_bytes()
    pieces = list(ingest_data.recorded(place))
    assert [piece.spans for piece in pieces] == [64, 64, 64, 8]
    found = []
    for piece in pieces:
        said = ExportTraceServiceRequest.FromString(data[piece.begin : piece.begin + piece.length])
        found += said.resource_spans[0].scope_spans[0].spans
    wanted = [json.loads(line) for line in flat[0].read_bytes().splitlines()][:200]
    assert [span.span_id.hex() for span in found] == [span["span"] for span in wanted]
    assert [span.end_time_unix_nano for span in found] == [span["end"] for span in wanted]
    call, line = next(
        (made, span) for made, span in zip(found, wanted, strict=True) if span["kind"] == "llm"
    )
    names = {held.key: held.value for held in call.attributes}
    assert names["openinference.span.kind"].string_value == "LLM"
    assert names["llm.token_count.prompt"].int_value == line["usage"]["input_tokens"]
    assert names["llm.output_messages.0.message.content"].string_value == line["output"]["content"]


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_frames_are_those_of_a_client(length: int) -> None:
    reader = StreamReader()
    reader.feed_data(ingest_wire.frame(length) + b"x" * length)
    parsing = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as ended:
        next(parsing)
    assert ended.value.value.data == b"x" * length


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_messages_and_answers_come_in_any_pieces(step: int) -> None:
    said = b"\x81\x02ab" + b"\x81\x7e\x01\x00" + b"c" * 256 + b"\x89\x01p" + b"\x81\x00"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        messages = ingest_wire.Messages(ours)
        found: list[bytes] = []
        for at in range(0, len(said), step):
            messages.feed(said[at : at + step])
            found += messages.taken()
        assert found == [b"ab", b"c" * 256, b""]
        assert theirs.recv(100) == b"\x8a\x81\0\0\0\0p"
        answers = ingest_wire.Answers(ours)
        said = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
            b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            b"HTTP/1.1 204 No\r\n\r\n"
        )
        statuses: list[int] = []
        for at in range(0, len(said), step):
            answers.feed(said[at : at + step])
            statuses += answers.taken()
        assert statuses == [200, 503, 204]


def test_all_that_is_sent_is_acknowledged_by_the_bare_server(
    logs: list[Path], tmp_path: Path
) -> None:
    with ingest_servers.bare(tmp_path) as server:
        shares = ingest_data.shared_out(logs, 2)
        connections: list[Connection] = [
            Stream(server.port, "", list(ingest_data.cut(paths, 10, 250))) for paths in shares
        ]
        said = send(connections)
        for each in connections:
            each.close()
        assert said["spans"] == 280
        kept = (tmp_path / "all").read_bytes()
        assert sorted(kept.splitlines()) == sorted(
            line for path in logs for line in path.read_bytes().splitlines()
        )
        refused = Posts(server.port, "", list(ingest_data.cut(logs, 10, 1)))
        with pytest.raises(ingest_wire.Refused, match="404"):
            send([refused])
        refused.close()


def test_a_span_is_there_when_a_look_covers_it() -> None:
    assert until_seen([100, 110, 120], [(105, 4), (130, 5), (150, 7)], before=4) == [30, 40, 30]


def test_every_row_has_a_step_and_the_table_only_what_was_measured(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, 0, 0, 0, 0)
    steps = rows_ingest.steps(corpus, corpus, tmp_path, brief=True)
    assert {row for step in steps for row in step.rows} == set(rows_ingest.ROWS)
    samples = Samples()
    assert rows_ingest.lines(samples) == []
    samples.add("ingest bare", {"micros": 2.5})
    samples.add("ingest own 1", {"micros": 10.0, "index_micros": 20.0})
    samples.add("ingest own 16", {"micros": 26.0, "index_micros": 30.0})
    samples.add("ingest latency bare", {"ack_p50": 0.2, "ack_p99": 0.5})
    samples.add("ingest latency own", {"ack_p50": 0.6, "ack_p99": 2, "row_p50": 6, "row_p99": 9})
    samples.add("ingest otlp 1", {"micros": 50.0, "index_micros": 50.0})
    samples.add("ingest phoenix", {"index_micros": 5000.0, "row_p50": 60.0, "again": 9.0})
    found = {(line.row, line.what): line for line in rows_ingest.lines(samples)}
    verdicts = [(row, line.good) for (row, _), line in found.items()]
    assert verdicts == [("C1", True), ("C1", False), ("C1", None), ("C1", None), ("C2", True),
                        ("C2", False), ("C2", None)]  # fmt: skip
    assert "100.00×" in {line.ratio for line in found.values()}


def test_a_slower_machine_is_allowed_more() -> None:
    samples = Samples()
    samples.add("ingest bare", {"micros": 6.0})
    samples.add("ingest own 1", {"micros": 40.0, "index_micros": 80.0})
    assert [line.good for line in rows_ingest.lines(samples)] == [True]
