import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import { test } from "node:test";
import { ask, askRaw, dial, head, statusOf, untilClosed } from "./support/http.ts";
import { metricOf } from "./support/metrics.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

const line = "GET /metadata/timestamp.json HTTP/1.1";

test("a request with a body is refused, and its body never becomes a request", async (t) => {
  const origin = await testOrigin(t);
  const smuggled = head("GET /metadata/timestamp.json HTTP/1.1");
  const bodies: readonly (readonly [string, readonly string[], number])[] = [
    ["GET /metadata/timestamp.json HTTP/1.1", [`Content-Length: ${smuggled.length}`], 413],
    ["GET /metadata/timestamp.json HTTP/1.1", ["Transfer-Encoding: chunked"], 413],
    ["GET /metadata/timestamp.json HTTP/1.1", ["Content-Length: 9", "Expect: 100-continue"], 413],
    ["POST /metadata/timestamp.json HTTP/1.1", [`Content-Length: ${smuggled.length}`], 405],
    [line, ["Content-Length: 5", "Content-Length: 6"], 400],
    [line, ["Content-Length: 5", "Transfer-Encoding: chunked"], 400],
    [line, ["Content-Length: -1"], 400],
    [line, ["Transfer-Encoding: gzip, chunked, x"], 400],
  ];
  for (const [start, headers, status] of bodies) {
    const start1 = [start, "Host: causeway.test", ...headers, "", ""].join("\r\n");
    const answer = await askRaw(origin.port, start1 + smuggled);
    assert.equal(statusOf(answer), status, headers.join());
    assert.equal(answer.split("HTTP/1.1 ").length, 2, "one answer only");
    assert.match(answer, /Connection: close/i);
  }
  const empty = await askRaw(origin.port, head(line, ["Content-Length: 0"]));
  assert.equal(statusOf(empty), 200);
  assert.equal(statusOf(await askRaw(origin.port, head(line, ["Expect: a-miracle"]))), 200);
  assert.equal(statusOf(await askRaw(origin.port, head(line, ["Upgrade: h2c"]))), 200);
});

test("too many or too large headers are refused", async (t) => {
  const origin = await testOrigin(t);
  const many = Array.from({ length: 70 }, (_, at) => `X-${at}: 1`);
  assert.equal(statusOf(await askRaw(origin.port, head(line, many))), 431);
  const large = [`X-Large: ${"a".repeat(9_000)}`];
  assert.equal(statusOf(await askRaw(origin.port, head(line, large))), 431);
});

test("a request without a host, with two, or in another protocol, is refused", async (t) => {
  const origin = await testOrigin(t);
  const none = await askRaw(origin.port, `${line}\r\n\r\n`);
  assert.match(none, /^HTTP\/1\.1 400 .*This is not an HTTP request\.\n$/s, "an answer of ours");
  const two = await askRaw(origin.port, `${line}\r\nHost: a\r\nhost: a\r\n\r\n${head(line)}`);
  assert.equal(statusOf(two), 400);
  assert.equal(two.split("HTTP/1.1 ").length, 2, "one answer only");
  for (const host of ["a b", "a/b", "a@b", "[::1", "a:b", "\x80"]) {
    const bytes = Buffer.from(`${line}\r\nHost: ${host}\r\n\r\n`, "latin1");
    assert.equal(statusOf(await askRaw(origin.port, bytes)), 400, host);
  }
  for (const host of ["", "a", "a.example:80", "[::1]:8080", "127.0.0.1", "xn--a_b.example"]) {
    const right = `${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    assert.equal(statusOf(await askRaw(origin.port, right)), 200, host);
  }
  for (const version of ["HTTP/0.9", "HTTP/2.0", "HTTP/1.2"]) {
    assert.equal(statusOf(await askRaw(origin.port, head(line.replace("HTTP/1.1", version)))), 400);
  }
  assert.equal(statusOf(await askRaw(origin.port, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc")), 400);
  assert.equal(statusOf(await askRaw(origin.port, "SSH-2.0-worm\r\n\r\n")), 400);
  const old = await askRaw(origin.port, "GET /metadata/timestamp.json HTTP/1.0\r\n\r\n");
  assert.equal(statusOf(old), 200);
});

test("a head that never ends loses its connection in time", async (t) => {
  const origin = await testOrigin(t, { limits: { headerTimeMs: 500 } });
  const slow = dial(origin.port);
  slow.write("GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\nX: ");
  const drip = setInterval(() => slow.write("a"), 100);
  const silent = dial(origin.port);
  const answers = await Promise.all([untilClosed(slow), untilClosed(silent)]);
  clearInterval(drip);
  for (const answer of answers) assert.ok([0, 408].includes(statusOf(answer)));
});

test("an idle connection is closed, and one that asks on is told when to end", async (t) => {
  const brief = await testOrigin(t, { limits: { keepAliveMs: 300 } });
  const idle = dial(brief.port);
  idle.write(`${line}\r\nHost: a\r\n\r\n`);
  assert.equal(statusOf(await untilClosed(idle)), 200);
  const origin = await testOrigin(t, { limits: { requestsPerConnectionMax: 3 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ends: (string | undefined)[] = [];
  for (let request = 0; request < 3; request++) {
    const url = new URL("metadata/timestamp.json", origin.url);
    ends.push((await ask(url, { agent })).headers.connection);
  }
  agent.destroy();
  assert.deepEqual(ends, ["keep-alive", "keep-alive", "close"]);
});

test("beyond the bound of connections, whoever only holds one gives way", async (t) => {
  const origin = await testOrigin(t, {
    limits: { connectionsMax: 4, openedConnectionsMax: 4 },
    adminPort: 0,
  });
  const holders = Array.from({ length: 4 }, () => dial(origin.port));
  for (const holder of holders) {
    holder.write(`${line}\r\nHost: a\r\n\r\n`);
    await once(holder, "data");
  }
  const url = new URL("metadata/timestamp.json", origin.url);
  await eventually("a newcomer is served", async () => {
    return (await ask(url).catch(() => undefined))?.status === 200;
  });
  const metrics = (await ask(`${origin.adminUrl}/metrics`)).body.toString();
  assert.match(metrics, /connections_dropped_total\{reason="limit"\} [1-9]/);
  for (const holder of holders) holder.destroy();
});

test("pipelined requests are answered in order", async (t) => {
  const origin = await testOrigin(t);
  const paths = ["a", "b", "c", "d"].map((name) => {
    return origin.repository.addTarget(Buffer.from(`<${name}>`.repeat(40_000)), name);
  });
  const few = paths.map((path) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
  const answer = await askRaw(origin.port, few + head("GET /nothing HTTP/1.1"));
  const order = [...answer.matchAll(/<([abcd])>(?!<)/g)].map((match) => match[1]);
  assert.deepEqual(order, ["a", "b", "c", "d"]);
  assert.match(answer, /HTTP\/1\.1 404 /);
});

test("behind too many pipelined requests none is answered, and those before them all are", async (t) => {
  const origin = await testOrigin(t, { limits: { pipelinedMax: 4, unansweredMax: 20 } });
  const bytes = noise(300_000);
  const path = origin.repository.addTarget(bytes);
  const one = `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const answers = (await askRaw(origin.port, one.repeat(25))).split("HTTP/1.1 200 OK");
  assert.equal(answers.length - 1, 5);
  for (const answer of answers.slice(1)) {
    assert.ok(answer.endsWith(`\r\n\r\n${bytes.toString("latin1")}`));
  }
  const closing = answers.map((answer) => answer.includes("Connection: close"));
  assert.deepEqual(closing, [false, false, false, false, false, true]);
});

test("what is no request is refused behind the answers to those before it, and once", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const path = origin.repository.addTarget(noise(300_000));
  const right = `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const wrongs = [
    ["\0\0\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9_000)}\r\n\r\n`, 431],
    ["CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ] as const;
  for (const [wrong, status] of wrongs) {
    const answers = (await askRaw(origin.port, right.repeat(3) + wrong)).split("HTTP/1.1 ");
    const statuses = answers.slice(1).map((answer) => Number(answer.slice(0, 3)));
    assert.deepEqual(statuses, [200, 200, 200, status]);
  }
  const refused = origin.logged.filter(({ event }) => event === "connection-refused");
  assert.equal(refused.length, wrongs.length);
});

test("a flood of pipelined requests loses its connection at once, and counts as one", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const path = origin.repository.addTarget(noise(100_000));
  const many = `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(500);
  assert.ok((await askRaw(origin.port, many)).length < 200_000);
  assert.equal(await metricOf(origin, 'connections_dropped_total{reason="pipelining"}'), 1);
});

test("when all connections are taken, heads that come slowly give way to a newcomer", async (t) => {
  const limits = {
    connectionsMax: 4,
    openedConnectionsMax: 4,
    headerTimeMs: 600_000,
    headerTimePressedMs: 50,
    headerTimeFreshMs: 0,
  };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const slow = Array.from({ length: 4 }, () => dial(origin.port));
  for (const socket of slow) socket.write(`${line}\r\nHost: `);
  const url = new URL("metadata/timestamp.json", origin.url);
  await eventually("a newcomer is served", async () => {
    return (await ask(url).catch(() => undefined))?.status === 200;
  });
  assert.ok((await metricOf(origin, 'connections_dropped_total{reason="limit"}')) >= 1);
});

test("a client that ends its side after its requests still gets every answer", async (t) => {
  const origin = await testOrigin(t);
  const paths = ["a", "b"].map((name) => origin.repository.addTarget(noise(300_000), name));
  const socket = dial(origin.port);
  socket.end(paths.map((path) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  assert.ok((await untilClosed(socket)).length > 600_000);
});

test("a reader that takes nothing loses its connection; a slow one above the rate keeps it", async (t) => {
  const limits = { sendGraceMs: 300, sendBytesPerSecondMin: 64 * 1024 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const bytes = noise(16 * 1024 * 1024);
  const path = origin.repository.addTarget(bytes);
  const stuck = dial(origin.port);
  stuck.write(head(`GET /${path} HTTP/1.1`));
  stuck.pause();
  const slow = dial(origin.port);
  slow.write(head(`GET /${path} HTTP/1.1`));
  const slowClosed = once(slow, "close");
  let received = 0;
  slow.on("data", (chunk: Buffer) => {
    received += chunk.length;
    slow.pause();
    setTimeout(() => slow.resume(), 5);
  });
  await eventually("the stuck reader is dropped", async () => {
    const metrics = (await ask(`${origin.adminUrl}/metrics`)).body.toString();
    return metrics.includes('connections_dropped_total{reason="slow-reader"} 1');
  });
  await slowClosed;
  assert.ok(received > bytes.length, "the slow one has all of it");
  stuck.destroy();
});

test("a client that leaves mid-download leaves nothing behind", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const path = origin.repository.addTarget(noise(8 * 1024 * 1024));
  for (let round = 0; round < 30; round++) {
    const socket = dial(origin.port);
    socket.write(head(`GET /${path} HTTP/1.1`));
    await once(socket, "data");
    socket.destroy();
  }
  await eventually("no connection is open", async () => {
    return /connections 0\n/.test((await ask(`${origin.adminUrl}/metrics`)).body.toString());
  });
});

test("closing finishes the answer under way and refuses new connections at once", async (t) => {
  const origin = await testOrigin(t);
  const bytes = noise(16 * 1024 * 1024);
  const path = origin.repository.addTarget(bytes);
  const idle = dial(origin.port);
  const reading = dial(origin.port);
  reading.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await once(reading, "data");
  reading.pause();
  const readingClosed = once(reading, "close");
  const closed = origin.close(5_000);
  await sleep(50);
  const late = dial(origin.port);
  assert.equal(await untilClosed(late), "");
  assert.equal(await untilClosed(idle), "");
  let received = 0;
  reading.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  reading.resume();
  await readingClosed;
  assert.ok(received > bytes.length - 300_000);
  await closed;
});

test("closing cuts an answer that outlasts the grace", async (t) => {
  const origin = await testOrigin(t);
  const path = origin.repository.addTarget(noise(32 * 1024 * 1024));
  const stuck = dial(origin.port);
  stuck.write(head(`GET /${path} HTTP/1.1`));
  await once(stuck, "data");
  stuck.pause();
  const began = performance.now();
  await origin.close(200);
  assert.ok(performance.now() - began < 2_000);
  stuck.destroy();
});
