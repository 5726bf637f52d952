import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { getPriority } from "node:os";
import { type TestContext, test } from "node:test";
import { behindEntrance } from "../src/entrance-workers.ts";
import { defaultLimits } from "../src/limits.ts";
import { noPolicy } from "../src/policy/policy.ts";
import type { ServedTree } from "../src/serve-tree.ts";
import { issueTicket, type Ticket } from "../src/shield/ticket.ts";
import type { TicketKey } from "../src/shield/ticket-key-file.ts";
import { readTicketKeys, rotateTicketKeys } from "../src/shield/ticket-keys.ts";
import { TestAuthority } from "./support/certificate.ts";
import { type Answer, ask, askRaw, head, statusOf } from "./support/http.ts";
import { eventually, type TestOrigin, testOrigin } from "./support/origin.ts";
import { childrenOf } from "./support/processes.ts";
import { TestRepository } from "./support/repository.ts";
import { claimsOf, keysFile } from "./support/tickets.ts";

const checked = "metadata/timestamp.json";

interface Guarded {
  readonly origin: TestOrigin;
  readonly file: string;
  readonly key: TicketKey;
}

async function guarded(t: TestContext, workers = 1, count = 1): Promise<Guarded> {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key !== undefined);
  const entrances = Array.from({ length: count }, () => 0);
  const tickets = { keysFile: file, route: "web-1", entrances };
  const origin = await testOrigin(t, { workers, adminPort: 0, tickets });
  return { origin, file, key };
}

function at(port: number | undefined): string {
  return `http://127.0.0.1:${port}/${checked}`;
}

function bearer(token: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { Authorization: `Bearer ${token}` } };
}

function ticketIn({ headers }: Answer): string {
  return String(headers["causeway-ticket"]);
}

function ticketFor(ent: readonly number[], more: Partial<Ticket> = {}): Ticket {
  const now = Math.floor(Date.now() / 1000);
  return { aud: "web-1", sub: "machine", since: now - 9, exp: now + 60, ent, ...more };
}

for (const workers of [1, 2]) {
  test(`a ticket opens the two entrances that it names, and is renewed there (${workers} at work)`, async (t) => {
    const { origin } = await guarded(t, workers, 3);
    const priorities = childrenOf(process.pid, "worker-main").map((pid) => getPriority(pid));
    const [behind, open] = [priorities.slice(0, 3), priorities.slice(3)];
    assert.equal(open.length, workers);
    assert.ok(Math.min(...open) > Math.max(...behind), "entrances go first");
    const given = ticketIn(await ask(at(origin.port)));
    const { ent = [], sub } = claimsOf(given);
    assert.equal(new Set(ent).size, 2);
    for (const port of ent) {
      const answer = await ask(at(port), bearer(given));
      assert.equal(answer.status, 200);
      const renewed = claimsOf(ticketIn(answer));
      assert.deepEqual([renewed.sub, renewed.ent], [sub, ent]);
    }
    const third = origin.entrances.find((port) => !ent.includes(port));
    await assert.rejects(ask(at(third), bearer(given)), { code: "ECONNRESET" });
    assert.equal((await ask(at(origin.port), bearer(given))).status, 200);
  });
}

test("whoever shows no ticket that names the entrance gets its connection closed, and is counted", async (t) => {
  const { origin, key } = await guarded(t);
  const [port = 0] = origin.entrances;
  const good = issueTicket(ticketFor([port]), key);
  assert.equal((await ask(at(port), bearer(good))).status, 200);
  const bad = [
    "a.b.c",
    `${good.slice(0, -1)}${good.endsWith("A") ? "Q" : "A"}`,
    issueTicket(ticketFor([port], { aud: "web-2" }), key),
    issueTicket(ticketFor([port], { exp: 1 }), key),
    issueTicket(ticketFor([port]), { ...key, secret: "x".repeat(43) }),
    issueTicket(ticketFor([]), key),
    issueTicket(ticketFor([port === 65_535 ? port - 1 : port + 1]), key),
  ];
  const lines = [`GET /${checked}`, "POST /beacon", "GET /", "GET /metadata/none.json"];
  for (const line of lines) assert.equal(await askRaw(port, head(`${line} HTTP/1.1`)), "", line);
  for (const token of bad) {
    const request = head(`GET /${checked} HTTP/1.1`, [`Authorization: Bearer ${token}`]);
    assert.equal(await askRaw(port, request), "", token);
  }
  const uninvited = lines.length + bad.length;
  await eventually("all of them are counted", async () => {
    const metrics = (await ask(`${origin.adminUrl}/metrics`)).body.toString();
    return (
      metrics.includes(`dropped_total{reason="uninvited"} ${uninvited}\n`) &&
      metrics.includes("origin_entrances 1\n") &&
      metrics.includes("origin_workers 1\n")
    );
  });
});

test("what is asked behind a good ticket on the same connection needs one of its own", async (t) => {
  const { origin, key } = await guarded(t);
  const [port = 0] = origin.entrances;
  const shown = `Authorization: Bearer ${issueTicket(ticketFor([port]), key)}`;
  const first = head(`GET /${checked} HTTP/1.1`, [shown]).replace("Connection: close\r\n", "");
  const answer = await askRaw(port, first + head(`GET /${checked} HTTP/1.1`));
  assert.equal(statusOf(answer), 200);
  assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
});

test("keys that change count at entrances, too", async (t) => {
  const { origin, file, key } = await guarded(t);
  const [port = 0] = origin.entrances;
  const token = issueTicket(ticketFor([port]), key);
  await rotateTicketKeys(file);
  await rotateTicketKeys(file);
  await eventually("two rotations end the ticket", async () => {
    return await ask(at(port), bearer(token)).then(
      () => false,
      () => true,
    );
  });
});

test("a supervisor that is stopped keeps nobody out, and what it started ends with it", async (t) => {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const program = new URL("./support/serve-process.ts", import.meta.url);
  const child = fork(program, [repository.tree, "1", file, "2"], {
    execArgv: [],
    stdio: ["ignore", "inherit", "ignore", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [served] = (await once(child, "message")) as [{ port: number; entrances: number[] }];
  const given = ticketIn(await ask(at(served.port)));
  child.kill("SIGSTOP");
  const { ent = [] } = claimsOf(given);
  assert.deepEqual(new Set(ent), new Set(served.entrances));
  for (const port of ent) assert.equal((await ask(at(port), bearer(given))).status, 200);
  assert.equal((await ask(at(served.port))).status, 200);
  child.kill("SIGKILL");
  await eventually("no entrance is left", async () => {
    return await ask(at(ent[0]), bearer(given)).then(
      () => false,
      () => true,
    );
  });
});

test("an entrance whose process dies opens again", async (t) => {
  const { origin, key } = await guarded(t);
  const [port = 0] = origin.entrances;
  const [pid] = childrenOf(process.pid, "worker-main");
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
  await eventually("it is noticed", () =>
    origin.logged.some(({ event }) => event === "worker-died"),
  );
  const token = issueTicket(ticketFor([port]), key);
  await eventually("it is open", async () => {
    return await ask(at(port), bearer(token)).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
});

test("entrances speak what the port for everybody speaks", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const tickets = { keysFile: file, entrances: [0] };
  const authority = new TestAuthority(t);
  const { ca, files } = authority;
  const alone = await testOrigin(t, { tickets, tls: files });
  const given = ticketIn(await ask(`${alone.url}${checked}`, { ca }));
  const [port] = alone.entrances;
  assert.deepEqual(claimsOf(given).ent, [port]);
  const inside = await ask(`https://127.0.0.1:${port}/${checked}`, { ca, ...bearer(given) });
  assert.equal(inside.status, 200);

  const both = await testOrigin(t, { tickets, tls: { ...files, port: 0 } });
  assert.deepEqual(claimsOf(ticketIn(await ask(at(both.port)))).ent, both.entrances);
  const overTls = ticketIn(await ask(`${both.tlsUrl}${checked}`, { ca }));
  assert.equal(claimsOf(overTls).ent, undefined, "its client would go there over TLS");
});

test("ports that are no entrance's are refused, and one that is taken, before anything is left", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const start = (entrances: readonly number[], port = 0): Promise<TestOrigin> => {
    return testOrigin(t, { port, tickets: { keysFile: file, entrances } });
  };
  const many = Array.from({ length: 65 }, (_, index) => 20_000 + index);
  for (const entrances of [[25], [6_000], [70_000], [1.5], [-1], [20_000, 20_000], many]) {
    await assert.rejects(start(entrances), { code: "USAGE_ARGUMENT" });
  }
  await assert.rejects(start([20_000], 20_000), { code: "USAGE_ARGUMENT" });
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  await assert.rejects(start([port]), { code: "HOST_ADDRESS", message: /--entrances/ });
  await assert.rejects(start([0], port), {
    code: "HOST_ADDRESS",
    message: /another address or port/,
  });
  assert.deepEqual(childrenOf(process.pid, "worker-main"), []);
});

test("what a ticket is worth at its entrances is not divided among those who serve everybody", () => {
  const withEntrances = (ports: readonly number[]): ServedTree => ({
    tree: "/srv/vendor",
    duplicates: [],
    limits: defaultLimits,
    workers: 64,
    tickets: { audience: "web-1", keys: [], entrances: { ports, overTls: false } },
    shield: "on",
    trustedEdges: [],
    policy: noPolicy,
    sourceKey: [1, 2],
  });
  assert.equal(behindEntrance(withEntrances([9001, 9002, 9003]), 9002).workers, 2);
  assert.equal(behindEntrance(withEntrances([9001]), 9001).workers, 1);
});
