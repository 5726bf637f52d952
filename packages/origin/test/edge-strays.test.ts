import assert from "node:assert/strict";
import { Agent } from "node:http";
import { type TestContext, test } from "node:test";
import { edgeLimits } from "../src/edge/edge-limits.ts";
import { LiveEdge } from "../src/edge/live-edge.ts";
import { tellHaproxy } from "../src/edge/runtime-socket.ts";
import { missing, startHaproxy, type TestHaproxy } from "./support/engines.ts";
import { type Answer, ask } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";

const skip = missing("haproxy");

type Ask = (from: string, path: string, more?: Parameters<typeof ask>[1]) => Promise<Answer>;

async function askers(t: TestContext): Promise<{ edge: TestHaproxy; send: Ask }> {
  const { port } = await testOrigin(t);
  const origins = [{ host: "127.0.0.1", port }];
  const edge = await startHaproxy(t, { origins, behind: ["127.0.0.1"] });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const send: Ask = (from, path, { headers, ...more } = {}) => {
    const all = { ...headers, "X-Forwarded-For": from };
    return ask(`${edge.url}${path}`, { ...more, headers: all, agent });
  };
  return { edge, send };
}

test("what no client of files asks is answered at once a few times, and then held", {
  skip,
}, async (t) => {
  const { edge, send } = await askers(t);
  await new LiveEdge(edge.control).retire("old.example");
  const strays: Readonly<Record<string, (from: string) => Promise<Answer>>> = {
    404: (from) => send(from, ""),
    405: (from) => send(from, "metadata/timestamp.json", { method: "DELETE" }),
    413: (from) => send(from, "metadata/a", { headers: { "Content-Length": "1" }, body: "x" }),
    503: (from) => send(from, "", { headers: { Host: "old.example" } }),
  };
  await Promise.all(
    Object.entries(strays).map(async ([status, stray], at) => {
      const from = `9.0.${at}.1`;
      let first: Answer | undefined;
      for (let answer = 0; answer < edgeLimits.strayShare; answer++) first = await stray(from);
      const order: string[] = [];
      const held = stray(from).finally(() => order.push("held"));
      assert.equal((await send(from, "metadata/timestamp.json")).status, 200, "the same address");
      const other = stray(`8.0.${at}.1`).finally(() => order.push("another address"));
      assert.equal((await held).status, Number(status));
      assert.deepEqual((await held).body, first?.body, status);
      assert.equal((await other).status, Number(status));
      assert.deepEqual(order, ["another address", "held"], status);
    }),
  );
});

test("strays take nothing of the share of their address", { skip }, async (t) => {
  const { edge, send } = await askers(t);
  for (let answer = 0; answer < edgeLimits.strayShare; answer++) await send("9.0.0.1", "");
  const used = async (): Promise<string> => {
    const shown = await tellHaproxy(edge.control, "show table near_edge-1");
    return /http_req_rate\(10000\)=\d+/.exec(shown)?.[0] ?? "none";
  };
  assert.equal(await used(), "none");
  await send("9.0.0.1", "metadata/timestamp.json");
  assert.equal(await used(), "http_req_rate(10000)=1");
});

test("while the rule of addresses is open nobody is held", { skip }, async (t) => {
  const { edge, send } = await askers(t);
  for (let answer = 0; answer < edgeLimits.strayShare; answer++) await send("9.0.0.1", "");
  const order: string[] = [];
  const held = send("9.0.0.1", "").then(() => order.push("held"));
  const opened = { rule: "address-shares", until: Date.now() + 60_000 } as const;
  await new LiveEdge(edge.control).setOpened([opened]);
  await send("9.0.0.1", "");
  order.push("opened");
  await held;
  assert.deepEqual(order, ["opened", "held"]);
});
