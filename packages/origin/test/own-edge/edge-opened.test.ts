import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ChangedEdge, changeEdge, type EdgeChange } from "../../src/edge/change-edge.ts";
import { edgeLimits } from "../../src/edge/edge-limits.ts";
import { edgeFiles } from "../../src/edge/edge-names.ts";
import { haproxyConfig } from "../../src/edge/haproxy-config.ts";
import { LiveEdge } from "../../src/edge/live-edge.ts";
import { edgeRules, openRuleLines } from "../../src/edge/open-rules.ts";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import { readEdgeStats, statsCommand } from "../../src/edge-watch/edge-stats.ts";
import { type EdgedOrigin, edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { missing, startHaproxy } from "../support/engines.ts";
import { ask, dial, head } from "../support/http.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { startSilentOrigin } from "../support/silent-origin.ts";
import { bearer, claims, key, tokenOf } from "../support/tokens.ts";

const skip = missing("haproxy");

test("what HAProxy is told of open rules has their ends, and none of rules that it has not", () => {
  assert.deepEqual(openRuleLines([]), []);
  assert.deepEqual(
    openRuleLines([
      { rule: "puzzle", until: 9_000 },
      { rule: "line", until: 4_001 },
    ]),
    ["line 5"],
  );
  assert.deepEqual(
    openRuleLines([
      { rule: "all", until: 3_000 },
      { rule: "line", until: 4_000 },
      { rule: "connections", until: 2_000 },
    ]),
    ["handshakes 3", "connections 3", "ticket-shares 3", "address-shares 3", "line 4"],
  );
});

/** Whether a request is served without a line before it. */
async function isUnlined(origin: EdgedOrigin): Promise<boolean> {
  const before = await origin.passed("unlined");
  assert.equal(await get(`${origin.url}${timestamp}`), 200);
  return (await origin.passed("unlined")) > before;
}

test("a rule is open at HAProxy, too, also after it died, until the rule is closed or ends", {
  skip,
}, async (t) => {
  const origin = await edgedOrigin(t, { adminPort: 0 });
  const open = (rule: string, seconds: number) => {
    return putPolicy(origin, { opened: [{ rule, until: inSeconds(seconds) }] });
  };
  assert.equal(await isUnlined(origin), false);
  await open("line", 600);
  await eventually("it is open", () => isUnlined(origin));
  origin.crash();
  await eventually("it is gone", () => origin.edge?.state().inFront === false);
  await inFront(origin);
  assert.equal(await isUnlined(origin), true);
  await putPolicy(origin, {});
  await eventually("it is closed", async () => !(await isUnlined(origin)));
  await open("all", 4);
  await eventually("all are open", () => isUnlined(origin));
  await eventually("it ends", async () => !(await isUnlined(origin)));
  const file = join(dirname(origin.edge?.control ?? ""), edgeFiles.openRules);
  await eventually("nothing is kept of it", () => readFileSync(file, "utf8") === "");
});

async function haproxyBefore(t: TestContext) {
  const { port } = await testOrigin(t);
  const edge = await startHaproxy(t, { origins: [{ host: "127.0.0.1", port }], keys: [key] });
  return { edge, live: new LiveEdge(edge.control) };
}

const nothing = {
  revoke: [],
  retire: [],
  restore: [],
  drain: [],
  ready: [],
  open: [],
  close: [],
} as const;

test("HAProxy ends by itself what an operator opened", { skip }, async (t) => {
  const { edge, live } = await haproxyBefore(t);
  const change = async (what: Partial<EdgeChange>): Promise<ChangedEdge["opened"]> => {
    return (await changeEdge(edge.control, { ...nothing, ...what }, edge.folder)).opened;
  };
  const until = Date.now() + 600_000;
  const mistyped = change({ retire: ["a.example"], open: [{ rule: "lines", until }] });
  await assert.rejects(mistyped, { code: "USAGE_ARGUMENT" });
  assert.deepEqual(await live.retired(), [], "nothing was done before that was told");
  await change({ open: [{ rule: "all", until }] });
  assert.equal((await change({ close: ["line"] })).length, 4);
  const isOpen = async (): Promise<boolean> => {
    const before = await edge.served("unlined");
    assert.equal((await ask(`${edge.url}${timestamp}`)).status, 200);
    return (await edge.served("unlined")) > before;
  };
  assert.equal(await isOpen(), false);
  await change({ open: [{ rule: "line", until: Date.now() + 3_000 }] });
  const kept = readFileSync(join(edge.folder, edgeFiles.openRules), "utf8");
  assert.match(kept, /^line \d+$/m, "also when it starts again meanwhile");
  assert.equal(await isOpen(), true);
  await eventually("it has ended", async () => !(await isOpen()));
  const others = edgeRules.filter((rule) => rule !== "line");
  const left = (await change({ drain: ["origin-1"] })).map(({ rule }) => rule);
  assert.deepEqual(left, others);
});

test("while tickets' shares are open a ticket is worth more than its share", {
  skip,
}, async (t) => {
  const { edge, live } = await haproxyBefore(t);
  const headers = bearer(tokenOf(claims()));
  const isTicket = async (): Promise<boolean> => {
    const before = await edge.served("ticketed");
    await ask(`${edge.url}${timestamp}`, { headers });
    return (await edge.served("ticketed")) > before;
  };
  for (let asked = 0; asked < edgeLimits.ticketShare; asked++) {
    await ask(`${edge.url}${timestamp}`, { headers });
  }
  assert.equal(await isTicket(), false);
  await live.setOpened([{ rule: "ticket-shares", until: Date.now() + 600_000 }]);
  assert.equal(await isTicket(), true);
  await live.setOpened([]);
  assert.equal(await isTicket(), false);
});

test("while addresses' shares are open nobody's excess is refused", { skip }, async (t) => {
  const origins = [await startSilentOrigin(t)];
  const edge = await startHaproxy(t, { origins, queueMs: 30_000 });
  const live = new LiveEdge(edge.control);
  const overShare = async (): Promise<number> => {
    return readEdgeStats(await tellHaproxy(edge.control, statsCommand))?.refused["over-share"] ?? 0;
  };
  const flood = (requests: number): void => {
    const sockets = Array.from({ length: requests }, () => dial(edge.port));
    for (const socket of sockets) socket.write(head(`GET /${timestamp} HTTP/1.1`));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
  };
  await live.setOpened([{ rule: "address-shares", until: Date.now() + 600_000 }]);
  const flooded = edgeLimits.addressShare + 50;
  flood(flooded);
  await eventually("all wait", async () => {
    return (await edge.waiting("newcomers")) === flooded - edgeLimits.newcomerSlots;
  });
  assert.equal(await overShare(), 0);
  await live.setOpened([]);
  flood(50);
  await eventually("the excess is refused", async () => (await overShare()) > 0);
});

test("HAProxy refuses by no rule that cannot be opened", () => {
  const at = [{ host: "127.0.0.1", port: 80 }];
  const config = haproxyConfig({
    title: "Contoso",
    name: "edge-1",
    listen: at,
    tls: { listen: at, pemFile: "edge.pem" },
    origins: at,
    files: [],
    originConnections: 512,
    fileConnections: 4_096,
    connectionsMax: 20_000,
    peers: [],
    behind: ["10.0.0.0/8"],
    audience: "primary",
    control: "/run/control",
    folder: undefined,
    user: undefined,
  });
  const refusing = config
    .split("\n")
    .filter((line) => /request .*(?:reject|silent-drop|tarpit) /.test(line));
  assert.equal(refusing.length, 18);
  assert.deepEqual(
    refusing.filter((line) => !/ !open_(?:connections|handshakes|address_shares)\b/.test(line)),
    [],
  );
});
