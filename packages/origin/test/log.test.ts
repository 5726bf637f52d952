import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { descriptorLog, type LogEntry, logLine, throttledLog } from "../src/log.ts";
import { ask, askRaw, head } from "./support/http.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";
import { TestRepository } from "./support/repository.ts";

/** What has come through a pipe until now. */
function readNow(reader: number, buffer: Buffer): string {
  try {
    return buffer.toString("latin1", 0, readSync(reader, buffer));
  } catch {
    return ""; // nothing yet
  }
}

test("a line is one line of printable ASCII, and reads back as what was logged", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (url) => {
      const line = logLine({ level: "info", event: "request-refused", fields: { url } }, 0);
      assert.match(line, /^[\x20-\x7e]*$/);
      assert.deepEqual(JSON.parse(line), {
        time: "1970-01-01T00:00:00.000Z",
        level: "info",
        event: "request-refused",
        url,
      });
    }),
  );
});

test("a refused request is logged by what it was, at most so often a second", async (t) => {
  const origin = await testOrigin(t, { limits: { logLinesPerSecondMax: 3 } });
  for (let request = 0; request < 40; request++) {
    const forged = `GET /${request}%0a{"event":"forged"}\x80 HTTP/1.1`;
    await askRaw(origin.port, Buffer.from(head(forged, ["X: \x1b[2J"]), "latin1"));
  }
  const refused = origin.logged.filter(({ event }) => event.endsWith("refused"));
  assert.ok(refused.length >= 3 && refused.length <= 12, String(refused.length));
  assert.ok(refused.every((entry) => !logLine(entry, 0).includes("\n")));
});

test("what was held back is counted in the next line that passes", async () => {
  const passed: LogEntry[] = [];
  const log = throttledLog((entry) => passed.push(entry), 1);
  const entry = { level: "info", event: "e", fields: {} } as const;
  for (let line = 0; line < 50; line++) log(entry);
  await sleep(1_050);
  log(entry);
  const heldBack = passed.map(({ fields }) => Number(fields["heldBack"] ?? 0));
  assert.equal(
    heldBack.reduce((sum, count) => sum + count, passed.length),
    51,
  );
  assert.ok(passed.length <= 3);
});

test("a reader that stops does not stop the log's caller, and learns what it missed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  const log = descriptorLog(writer);
  const fields = { text: "x".repeat(200) };
  const began = performance.now();
  for (let line = 0; line < 20_000; line++) log({ level: "info", event: "flood", fields });
  assert.ok(performance.now() - began < 1_000);
  const buffer = Buffer.alloc(1024 * 1024);
  let read = "";
  await eventually("the reader catches up and is told", () => {
    read += readNow(reader, buffer);
    return read.includes("log-lines-dropped");
  });
  closeSync(reader);
});

test("a client that asks for the next root, as all do, is no line in the log", async (t) => {
  const origin = await testOrigin(t);
  assert.equal((await ask(`${origin.url}metadata/99.root.json`)).status, 404);
  assert.equal((await ask(`${origin.url}metadata/99.snapshot.json`)).status, 404);
  const refused = () => origin.logged.filter(({ event }) => event.endsWith("refused"));
  await eventually("the other one is logged", () => refused().length > 0);
  assert.deepEqual(
    refused().map(({ fields }) => fields["url"]),
    ["/metadata/99.snapshot.json"],
  );
});

// Every line is wanted, and nobody is held back.
const limits = { logLinesPerSecondMax: 1_000_000, workAtOnceMin: 256, waitMs: 60_000 };

for (const workers of [1, 2]) {
  test(`nobody reads the log: workers (${workers}) serve on, it says what it lacks, and they end`, async (t) => {
    const repository = new TestRepository();
    t.after(() => repository.remove());
    const pipe = join(repository.tree, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, "w"); // its writes wait, as in a shell
    const program = new URL("./support/serve-process.ts", import.meta.url);
    const child = fork(program, [repository.tree, String(workers)], {
      execArgv: [],
      env: { ...process.env, LIMITS: JSON.stringify(limits) },
      stdio: ["ignore", "inherit", writer, "ipc"],
    });
    t.after(() => {
      child.kill("SIGKILL");
      for (const end of [reader, writer]) closeSync(end);
    });
    const [{ url, port }] = (await once(child, "message")) as [{ url: string; port: number }];
    const refused = `GET /${"a".repeat(300)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const visitor = async (): Promise<void> => {
      for (let visit = 0; visit < 10; visit++) {
        await askRaw(port, refused.repeat(7) + head("GET / HTTP/1.1"));
      }
    };
    const flood = (): Promise<unknown> => Promise.all(Array.from({ length: 20 }, visitor));
    await flood();
    assert.equal((await ask(new URL("metadata/timestamp.json", url))).status, 200);
    const buffer = Buffer.alloc(1024 * 1024);
    let read = "";
    await eventually("the log says that lines were dropped", () => {
      read += readNow(reader, buffer);
      return read.includes("log-lines-dropped");
    });
    for (const line of read.split("\n").slice(0, -1)) JSON.parse(line);
    await flood();
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  });
}
