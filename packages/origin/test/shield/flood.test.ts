import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { issueTicket, unnamedRoute } from "../../src/shield/ticket.ts";
import { encodeTicketKeys } from "../../src/shield/ticket-key-file.ts";
import { type Answer, ask } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { testOrigin } from "../support/origin.ts";
import { noise } from "../support/repository.ts";
import { key, keysFile } from "../support/tickets.ts";

const timestamp = "metadata/timestamp.json";
const patienceMs = 30_000; // of a client; nothing here is judged by its time

async function origin(t: TestContext) {
  const file = await keysFile(t);
  writeFileSync(file, encodeTicketKeys([{ ...key, createdAt: 0 }]));
  const bound = {
    workAtOnceMin: 1,
    workAtOnceMax: 4,
    waitingMax: 32,
    waitMs: 200,
    standingWaitMs: 50,
  };
  const limits = { ...bound, connectionsMax: 400 };
  return testOrigin(t, { tickets: { keysFile: file }, adminPort: 0, limits });
}

/** A closed loop on connections that it keeps, from another process, until it is told to stop. */
async function flood(t: TestContext, port: number, path: string): Promise<ChildProcess> {
  const program = new URL("../support/flood-process.ts", import.meta.url);
  const child = fork(program, [String(port), `/${path}`, "200", "50000"], {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "message");
  return child;
}

async function stop(child: ChildProcess): Promise<Readonly<Record<string, number>>> {
  child.send("stop");
  const [statuses] = (await once(child, "message")) as [Record<string, number>];
  return statuses;
}

async function get(url: string, authorization?: string): Promise<Answer> {
  const headers = { Connection: "close", ...(authorization !== undefined && { authorization }) };
  const late = AbortSignal.timeout(patienceMs);
  return Promise.race([
    ask(url, { headers }),
    once(late, "abort").then(() => Promise.reject(new Error(`no answer from ${url}`))),
  ]);
}

for (const kind of ["metadata", "patch"] as const) {
  test(`an address that floods ${kind} has a ticket holder, who gets its patch, and a newcomer, who gets in`, async (t) => {
    const { url, port, adminUrl, repository } = await origin(t);
    const bytes = noise(600_000);
    const patch = repository.addTarget(bytes);
    const since = Math.floor(Date.now() / 1000) - 86_400;
    const claims = { aud: unnamedRoute, sub: "machine", since, exp: since + 2 * 86_400 };
    const bearer = `Bearer ${issueTicket(claims, key)}`;
    const labels = `class="${kind}",client="newcomer"`;
    const flooding = await flood(t, port, kind === "metadata" ? timestamp : patch);
    for (let round = 0; round < 10; round++) {
      assert.equal((await get(url + timestamp, bearer)).status, 200);
      assert.ok((await get(url + patch, bearer)).body.equals(bytes));
    }
    let status = 0;
    for (let tries = 0; tries < 20 && status !== 200; tries++) {
      ({ status } = await get(url + timestamp));
    }
    assert.equal(status, 200);
    assert.ok((await metricOf({ adminUrl }, `admissions_total{${labels},outcome="waited"}`)) > 0);
    const told = Object.keys(await stop(flooding)).filter(
      (each) => !["200", "429", "503"].includes(each),
    );
    assert.deepEqual(told, [], "a flood is told to wait, never that a real file is missing");
  });
}
