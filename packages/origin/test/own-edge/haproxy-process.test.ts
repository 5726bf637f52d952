import assert from "node:assert/strict";
import { existsSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../../test/support/listening.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import type { LogEntry } from "../../src/log.ts";
import type { EdgeProcess } from "../../src/own-edge/edge-supervisor.ts";
import { findHaproxy } from "../../src/own-edge/find-haproxy.ts";
import { startHaproxy } from "../../src/own-edge/haproxy-process.ts";
import { makeRunFolder } from "../../src/own-edge/run-folder.ts";
import { engineFolder, missing } from "../support/engines.ts";
import { ask, dial } from "../support/http.ts";
import { eventually } from "../support/origin.ts";

const skip = missing("haproxy");

interface Started {
  readonly engine: EdgeProcess;
  readonly control: string;
  readonly url: string;
  readonly pids: readonly (number | undefined)[];
  readonly logged: readonly LogEntry[];
}

async function started(t: TestContext, more = ""): Promise<Started> {
  const folder = engineFolder(t);
  const [config, control] = [join(folder, "haproxy.cfg"), join(folder, "control")];
  const port = await freePort();
  writeFileSync(
    config,
    `global
  stats socket '${control}' mode 600 level admin
  log stderr format raw daemon notice
defaults
  mode http
  log global
  timeout client 20s
  timeout connect 1s
  timeout server 20s
frontend route
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain string here
${more}
`,
  );
  const { file } = await findHaproxy(process.env["PATH"]);
  const pids: (number | undefined)[] = [];
  const logged: LogEntry[] = [];
  const engine = await startHaproxy({
    file,
    config,
    control,
    onProcess: (pid) => pids.push(pid),
    log: (entry) => logged.push(entry),
  });
  t.after(() => engine.kill());
  return { engine, control, url: `http://127.0.0.1:${port}/`, pids, logged };
}

test("an HAProxy takes clients as soon as it is said to be ready", { skip }, async (t) => {
  const { engine, url, pids, logged } = await started(t);
  assert.equal((await ask(url)).body.toString(), "here");
  assert.equal(await engine.answers(), true);
  const [pid] = pids;
  assert.ok(pid !== undefined && existsSync(`/proc/${pid}`));
  await engine.stop(5_000);
  assert.equal(await engine.ended, "exit code 0");
  assert.deepEqual(pids, [pid, undefined]);
  assert.equal(await engine.answers(), false);
  assert.deepEqual(logged, [], "a stop that was asked for is nothing to be told");
});

test("what it says is told where somebody else stops it, or it is no usual thing at a stop", {
  skip,
}, async (t) => {
  const { engine, pids, logged } = await started(t);
  const [pid] = pids;
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGUSR1");
  assert.equal(await engine.ended, "exit code 0");
  const texts = logged.map(({ event, fields }) => `${event} ${fields["text"]}`);
  assert.match(texts.join("\n"), /^edge-said .*Proxy route stopped/);
});

test("that it cuts connections at a stop is told", { skip }, async (t) => {
  const { engine, control, url, logged } = await started(t, "global\n  hard-stop-after 100ms");
  const socket = dial(Number(new URL(url).port));
  t.after(() => socket.destroy());
  socket.write("GET / HTTP/1.1\r\n");
  await eventually("it has the connection", async () => {
    return /^CurrConns: 1$/m.test(await tellHaproxy(control, "show info"));
  });
  await engine.stop(5_000);
  const texts = logged.map(({ fields }) => String(fields["text"])).join("\n");
  assert.match(texts, /hard-stop/);
  assert.doesNotMatch(texts, /Proxy route stopped/);
});

test("one that is killed says so", { skip }, async (t) => {
  const { engine } = await started(t);
  engine.kill();
  assert.equal(await engine.ended, "SIGKILL");
  await engine.stop(5_000); // does nothing
});

test("one that hangs is ended after its grace", { skip }, async (t) => {
  const { engine, pids } = await started(t);
  const [pid] = pids;
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGSTOP");
  await engine.stop(0);
  assert.equal(await engine.ended, "SIGKILL");
});

test("a configuration that it refuses is told with its own words", { skip }, async (t) => {
  await assert.rejects(started(t, "  frobnicate yes"), {
    code: "HOST_IO",
    message: /refuses its configuration: .*unknown keyword 'frobnicate'/,
  });
});

test("what it says at a failed start is told", { skip }, async (t) => {
  const bad = { code: "HOST_IO", message: /does not start \(exit code 1\): .*/ };
  await assert.rejects(started(t, "  bind 192.0.2.1:80"), bad);
});

test("a run folder is this user's alone, and its path is short enough for sockets", async (t) => {
  const place = engineFolder(t);
  const folder = await makeRunFolder(place);
  assert.ok(folder.startsWith(place));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const far = await makeRunFolder(join(place, "x".repeat(80)));
  t.after(() => rmdirSync(far));
  assert.match(far, /^\/tmp\/causeway-edge-/);
  await assert.rejects(makeRunFolder(join(place, "none")), {
    code: "HOST_MISSING",
    message: /TMPDIR/,
  });
});
