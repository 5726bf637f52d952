import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { missing } from "../support/engines.ts";
import { ask } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually } from "../support/origin.ts";

const skip = missing("haproxy");

for (const workers of [1, 2]) {
  test(`an HAProxy stands in front of ${workers} and passes all on`, { skip }, async (t) => {
    const origin = await edgedOrigin(t, { workers });
    assert.match(origin.edge?.version ?? "", /^\d+\.\d+/);
    for (let request = 0; request < 20; request++) {
      assert.equal(await get(`${origin.url}${timestamp}`), 200);
    }
    // A connection to Node may have been on its way when HAProxy came.
    assert.ok((await origin.passed()) >= 19);
    const { body } = await ask(`${origin.adminUrl}/readyz`);
    assert.equal(body.toString(), "ready, behind HAProxy\n");
    await origin.close(5_000);
    assert.equal(origin.haproxy(), undefined);
    assert.equal(existsSync(dirname(origin.edge?.control ?? "")), false);
    await assert.rejects(get(origin.url), { code: "ECONNREFUSED" });
  });
}

test("when HAProxy dies Node serves at once, until the next is in front", { skip }, async (t) => {
  const origin = await edgedOrigin(t, { workers: 2 });
  for (let death = 1; death <= 2; death++) {
    await inFront(origin);
    origin.crash();
    await eventually("clients are served", () => {
      return get(`${origin.url}${timestamp}`).then(
        (status) => status === 200,
        () => false,
      );
    });
    await eventually("it was started again", async () => {
      return (await metricOf(origin, "edge_restarts_total")) === death;
    });
  }
  await inFront(origin);
  const before = await origin.passed();
  // A connection may still have been on its way to Node.
  await eventually("requests pass it", async () => {
    assert.equal(await get(`${origin.url}${timestamp}`), 200);
    return (await origin.passed()) > before;
  });
  const events = origin.logged.map(({ event }) => event);
  assert.equal(events.filter((event) => event === "edge-died").length, 2);
});

test("when somebody removes the sockets of the workers, HAProxy goes, and Node serves on", {
  skip,
}, async (t) => {
  const origin = await edgedOrigin(t, { workers: 2 });
  await inFront(origin);
  rmSync(join(dirname(origin.edge?.control ?? ""), "origin-2.sock"));
  await eventually("HAProxy has gone", async () => {
    return (await metricOf(origin, "edge_in_front")) === 0;
  });
  assert.equal(await get(`${origin.url}${timestamp}`), 200);
  await eventually("it is told", () => {
    return origin.logged.some(({ fields }) => String(fields["how"]).includes("start serve again"));
  });
  assert.equal(await get(`${origin.url}${timestamp}`), 200);
});

test("the origin knows who asks, whatever is claimed but by an edge that is trusted", {
  skip,
}, async (t) => {
  const origin = await edgedOrigin(t, { trustedEdges: ["127.0.0.8"] });
  await inFront(origin);
  for (const localAddress of ["127.0.0.7", "127.0.0.8"]) {
    const agent = new Agent({ localAddress });
    t.after(() => agent.destroy());
    const headers = { "X-Forwarded-For": "9.9.9.9" };
    const { status } = await ask(`${origin.url}metadata/none.json`, { headers, agent });
    assert.equal(status, 404);
  }
  const refused = origin.logged.filter(({ event }) => event === "request-refused");
  assert.deepEqual(
    refused.map(({ fields }) => fields["client"]),
    ["127.0.0.7", "9.9.9.9"],
  );
});
