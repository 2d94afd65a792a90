// A client of docs/socket-protocol.md in plain JavaScript: nothing but Node, written from the page.
//
//   node stream.mjs PORT TOKEN RUN [MODE]
//
// Records one run and prints what the server says. MODE: "http" sends by POST; "again" sends
// everything a second time, as after a lost answer; "listen" waits to be paused, and to go on.
import crypto from "node:crypto";
import http from "node:http";

const [port, token, run, mode = "once"] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };

// -- the log -----------------------------------------------------------------------------------

let seq = 0;
let clock = 1763700000000000001n; // nanoseconds: more than a double holds

function line(type, fields) {
  clock += 1000000n;
  const event = { type, run, proc: 0, seq: seq++, time: 0, ...fields };
  // JSON.stringify knows no BigInt: the digits take the place of the only 0 that stands for a time.
  return JSON.stringify(event).replace('"time":0', `"time":${clock}`) + "\n";
}

function lines() {
  const agent = "b7ad6b7169203331";
  const model = "00f067aa0ba902b7";
  return [
    line("run.start", { v: 1, name: "from JavaScript", input: { question: "Größe?" }, session: "js" }),
    line("span.start", { span: agent, kind: "agent", name: "answer" }),
    line("blob", { hash: "00000000000000aa", data: { role: "user", content: "Größe in Paris? ☀" } }),
    line("span.start", {
      span: model, parent: agent, kind: "llm", name: "gpt-4o-mini",
      input: { model: "gpt-4o-mini", messages: [{ $blob: "00000000000000aa" }] },
    }),
    line("span.end", {
      span: model, status: "ok",
      output: { message: { role: "assistant", content: "21 °C" }, finish_reason: "stop" },
      usage: { model: "gpt-4o-mini", input_tokens: 9, output_tokens: 4, cost_usd: 0.000004 },
    }),
    line("span.end", { span: agent, status: "ok", output: "21 °C" }),
  ];
}

function message(header, body = "") {
  return Buffer.from(`${JSON.stringify(header)}\n${body}`);
}

const log = lines();
const all = message({ type: "lines", run, proc: 0, first: 0, last: log.length - 1 }, log.join(""));
const end = () => {
  const last = line("run.end", { status: "ok", output: "21 °C" });
  return message({ type: "lines", run, proc: 0, first: seq - 1, last: seq - 1 }, last);
};

// -- HTTP --------------------------------------------------------------------------------------

function post(body) {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: "/v1/stream", method: "POST", headers };
    const request = http.request(options, (response) => {
      let said = "";
      response.on("data", (data) => (said += data));
      response.on("end", () => resolve(said.trim()));
    });
    request.on("error", reject);
    request.end(body);
  });
}

// -- WebSocket (RFC 6455): frames of a client are masked, those of a server are not -------------

function frame(payload, opcode = 2) {
  const mask = crypto.randomBytes(4);
  const masked = Buffer.from(payload.map((byte, at) => byte ^ mask[at % 4]));
  let head;
  if (payload.length < 126) head = Buffer.from([0x80 | opcode, 0x80 | payload.length]);
  else if (payload.length < 65536) {
    head = Buffer.from([0x80 | opcode, 0x80 | 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
  } else {
    head = Buffer.alloc(10);
    head.set([0x80 | opcode, 0x80 | 127]);
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, mask, masked]);
}

function* frames(state) {
  while (state.rest.length >= 2) {
    let size = state.rest[1] & 0x7f;
    let at = 2;
    if (size === 126) { size = state.rest.readUInt16BE(2); at = 4; }
    else if (size === 127) { size = Number(state.rest.readBigUInt64BE(2)); at = 10; }
    if (state.rest.length < at + size) return;
    yield { opcode: state.rest[0] & 0x0f, payload: state.rest.subarray(at, at + size) };
    state.rest = state.rest.subarray(at + size);
  }
}

function connect() {
  return new Promise((resolve, reject) => {
    const key = crypto.randomBytes(16).toString("base64");
    const request = http.request({
      port, host: "127.0.0.1", path: "/v1/stream",
      headers: {
        ...headers, Connection: "Upgrade", Upgrade: "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
      },
    });
    request.on("response", (response) => reject(new Error(`status ${response.statusCode}`)));
    request.on("error", reject);
    request.on("upgrade", (response, socket, head) => resolve({ socket, rest: head }));
    request.end();
  });
}

// -- what it does ------------------------------------------------------------------------------

// The messages of the server, one after the other; it ends when the connection does.
async function* heard(link) {
  const state = { rest: link.rest };
  const read = function* () {
    for (const { opcode, payload } of frames(state)) {
      if (opcode === 9) link.socket.write(frame(payload, 10));
      else if (opcode === 8) link.socket.end();
      else if (opcode === 1) {
        console.log(payload.toString());
        yield JSON.parse(payload.toString());
      }
    }
  };
  yield* read();
  for await (const data of link.socket) {
    state.rest = Buffer.concat([state.rest, data]);
    yield* read();
  }
}

async function overHttp() {
  console.log(await post(message({ type: "hello", v: 1, client: "plain-js", pid: process.pid })));
  console.log(await post(message({ type: "resume", run, proc: 0 })));
  console.log(await post(all));
  console.log(await post(end()));
}

async function overWebSocket() {
  const link = await connect();
  const server = heard(link);
  const send = (payload) => link.socket.write(frame(payload));
  const until = async (fits) => {
    for (;;) {
      const { value, done } = await server.next();
      if (done) throw new Error("the server has closed the connection");
      if (fits(value)) return value;
    }
  };
  const acknowledged = (last) => until((said) => said.type === "ack" && said.seq === last);

  const listens = ["pause", "continue", "resume", "rules"];
  send(message({ type: "hello", v: 1, client: "plain-js", pid: process.pid, listens }));
  await until((said) => said.type === "welcome");
  send(message({ type: "resume", run, proc: 0 }));
  await acknowledged(-1);
  for (let times = 0; times < (mode === "again" ? 2 : 1); times++) {
    send(all);
    await acknowledged(log.length - 1);
  }
  if (mode === "listen") {
    await until((said) => said.type === "pause");
    const paused = line("event", { name: "paused" });
    send(message({ type: "lines", run, proc: 0, first: seq - 1, last: seq - 1 }, paused));
    await until((said) => said.type === "continue");
  }
  send(end());
  await acknowledged(seq - 1);
  link.socket.end(frame(Buffer.from([3, 232]), 8)); // 1000: a normal end
}

await (mode === "http" ? overHttp() : overWebSocket());
