import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../test/support/listening.ts";
import { LiveEdge } from "../src/edge/live-edge.ts";
import { tellHaproxy } from "../src/edge/runtime-socket.ts";
import { missing, startHaproxy, startNginx, type TestHaproxy } from "./support/engines.ts";
import { type Answer, ask } from "./support/http.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";
import { noise, TestRepository } from "./support/repository.ts";
import { bearer, claims, key, nowSeconds, tokenOf } from "./support/tokens.ts";

const skip = missing("haproxy", "nginx");
const timestamp = "metadata/timestamp.json";

interface Fleet {
  readonly edges: readonly [TestHaproxy, TestHaproxy];
  /** A patch, from the edge's root. */
  readonly patch: string;
  readonly bytes: Buffer;
}

/** Two HAProxys that count together, two nginx with the patches, two origins with the rest. */
async function fleetOf(t: TestContext): Promise<Fleet> {
  const bytes = noise(300_000);
  const origins = [await testOrigin(t), await testOrigin(t)];
  const trees = [new TestRepository(), new TestRepository()];
  t.after(() => trees.forEach((tree) => tree.remove()));
  const patch = trees.map((tree) => tree.addTarget(bytes))[0] ?? "";
  const behind = ["127.0.0.1"];
  const nginx = await Promise.all(trees.map(({ tree }) => startNginx(t, { tree, behind })));
  const at = ({ port }: { readonly port: number }) => ({ host: "127.0.0.1", port });
  const peers = [
    { name: "edge-1", endpoint: { host: "127.0.0.1", port: await freePort() } },
    { name: "edge-2", endpoint: { host: "127.0.0.1", port: await freePort() } },
  ];
  const plan = { origins: origins.map(at), files: nginx.map(at), peers, keys: [key] };
  const first = await startHaproxy(t, { ...plan, name: "edge-1" });
  const second = await startHaproxy(t, { ...plan, name: "edge-2" });
  return { edges: [first, second], patch, bytes };
}

/** Floods one edge from another process until it is stopped, or a bound is reached. */
async function flood(t: TestContext, edge: TestHaproxy, path: string) {
  const program = new URL("./support/flood-process.ts", import.meta.url);
  const args = [String(edge.port), `/${path}`, "900", "40000"];
  const child = fork(program, args, {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "message");
  await sleep(1_000); // until the queue is long
  return {
    async stop(): Promise<Readonly<Record<string, number>>> {
      child.send("stop");
      const [statuses] = (await once(child, "message")) as [Record<string, number>];
      return statuses;
    },
  };
}

function get(edge: TestHaproxy, path: string, headers = {}): Promise<Answer> {
  return ask(edge.url + path, { headers });
}

for (const kind of ["metadata", "patch"] as const) {
  test(`a flood of ${kind} from one address: ticket holders there get in, and newcomers by retrying`, {
    skip,
  }, async (t) => {
    const { edges, patch, bytes } = await fleetOf(t);
    const [edge] = edges;
    const path = kind === "metadata" ? timestamp : patch;
    const running = await flood(t, edge, path);
    const slow: number[] = [];
    for (let machine = 0; machine < 30; machine++) {
      const token = tokenOf(claims({ sub: `m${machine}`, since: nowSeconds() - 86_400 }));
      const began = performance.now();
      const about = await get(edge, timestamp, bearer(token));
      const got = await get(edge, patch, bearer(token));
      slow.push(performance.now() - began);
      assert.equal(about.status, 200);
      assert.ok(got.body.equals(bytes));
    }
    assert.equal(await edge.served("ticketed"), 30);
    assert.equal(await edge.served("ticketed_files"), 30);
    let tries = 0;
    for (let status = 0; status !== 200; tries++) {
      assert.ok(tries < 60, "a newcomer on the flooding address gets in by retrying");
      ({ status } = await get(edge, path));
    }
    const refused = await running.stop();
    t.diagnostic(`ticketed p50 ${median(slow)} ms for two answers; newcomer after ${tries} tries`);
    t.diagnostic(`the flood got ${JSON.stringify(refused)}`);
    const other = Object.keys(refused).filter((status) => !["200", "429", "503"].includes(status));
    assert.deepEqual(other, [], "a flood is told to wait, never that a real file is missing");
  });
}

test("what one edge counts, the other knows: addresses, networks and tickets", {
  skip,
}, async (t) => {
  const { edges } = await fleetOf(t);
  const [first, second] = edges;
  const token = tokenOf(claims({ sub: "wanderer" }));
  for (let round = 0; round < 32; round++) {
    await Promise.all(Array.from({ length: 10 }, () => get(first, timestamp, bearer(token))));
  }
  for (let request = 0; request < 20; request++) await get(first, timestamp);
  const shown = (table: string) => tellHaproxy(second.control, `show table ${table}`);
  await eventually("the second edge knows", async () => {
    const tables = await Promise.all(["tickets_edge-1", "near_edge-1", "wide_edge-1"].map(shown));
    return (
      /key=wanderer .*=(?:29|30|3)\d/.test(tables[0] ?? "") &&
      / key=::ffff:127\.0\.0\.1 /.test(tables[1] ?? "") &&
      / key=::ffff:127\.0\.0\.0 /.test(tables[2] ?? "")
    );
  });
  const before = await second.served("ticketed");
  assert.equal((await get(second, timestamp, bearer(token))).status, 200);
  assert.equal(await second.served("ticketed"), before, "its share was spent at the other edge");
});

test("a name is retired in the middle of a flood, within a second", { skip }, async (t) => {
  const { edges } = await fleetOf(t);
  const [edge] = edges;
  const running = await flood(t, edge, timestamp);
  const live = new LiveEdge(edge.control);
  const began = performance.now();
  await live.retire("127.0.0.1");
  // From an address that does not flood, whose answers are held.
  const agent = new Agent({ localAddress: "127.0.0.2" });
  const answer = await ask(edge.url + timestamp, { agent });
  assert.equal(answer.body.toString(), "This name is retired. Use another route.");
  assert.ok(performance.now() - began < 1_000);
  const headers = { Host: "new.example", ...bearer(tokenOf(claims())) };
  assert.equal((await get(edge, timestamp, headers)).status, 200);
  await running.stop();
});

test("one of each kind may die: the edge goes on", { skip }, async (t) => {
  const { edges, patch, bytes } = await fleetOf(t);
  const [first, second] = edges;
  first.process.kill("SIGKILL");
  const live = new LiveEdge(second.control);
  await live.setServer("origin-1", "drain");
  await live.setServer("files-2", "drain");
  for (let request = 0; request < 10; request++) {
    assert.equal((await get(second, timestamp)).status, 200);
    assert.ok((await get(second, patch)).body.equals(bytes));
  }
});

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}
