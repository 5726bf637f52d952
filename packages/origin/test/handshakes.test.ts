import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { defaultLimits, type OriginLimits } from "../src/limits.ts";
import { HandshakeShares } from "../src/tls/handshake-shares.ts";
import { HandshakesUnderWay } from "../src/tls/handshakes-under-way.ts";
import { TestAuthority } from "./support/certificate.ts";
import { metricOf } from "./support/metrics.ts";
import { eventually, type TestOrigin, testOrigin } from "./support/origin.ts";

const fixed = (into: Uint32Array): void => {
  let state = 7;
  for (let at = 0; at < into.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    into[at] = state ^ (state >>> 15);
  }
};

/** How many of the handshakes that each address asks for in ten seconds may begin. */
function tenSeconds(asking: Readonly<Record<string, number>>): Map<string, number> {
  const shares = new HandshakeShares(defaultLimits, fixed);
  const begun = new Map(Object.keys(asking).map((address) => [address, 0]));
  for (let ms = 0; ms < 10_000; ms++) {
    for (const [address, perSecond] of Object.entries(asking)) {
      const due = Math.floor(((ms + 1) * perSecond) / 1_000) - Math.floor((ms * perSecond) / 1_000);
      for (let one = 0; one < due; one++) {
        if (shares.judge(address, ms) === "begin")
          begun.set(address, (begun.get(address) ?? 0) + 1);
      }
    }
  }
  return begun;
}

test("in calm times ten thousand machines behind one address may all begin", () => {
  const begun = tenSeconds({ "203.0.113.1": 150 });
  assert.equal(begun.get("203.0.113.1"), 1_500);
});

test("beside an address that floods, others have their share, also behind that very network", () => {
  const asking = { "203.0.113.1": 20_000, "198.51.100.1": 5, "2001:db8::1": 5, "203.0.113.2": 5 };
  const begun = tenSeconds(asking);
  assert.equal(begun.get("198.51.100.1"), 50);
  assert.equal(begun.get("2001:db8::1"), 50);
  assert.ok((begun.get("203.0.113.2") ?? 0) > 40, String(begun.get("203.0.113.2")));
  const total = [...begun.values()].reduce((sum, count) => sum + count, 0);
  const { handshakesPerSecondCalm: calm, handshakesPerSecondMax: most } = defaultLimits;
  assert.ok(total <= most * 12, "the rate and two seconds' worth");
  assert.ok(
    (begun.get("203.0.113.1") ?? 0) < (calm + 2 * defaultLimits.handshakesPerAddressPerSecond) * 13,
  );
});

test("nobody begins what a worker has no time for, however many ask for little", () => {
  const addresses = Array.from({ length: 300 }, (_, at) => `10.${at >> 8}.${at & 255}.1`);
  const crowd = Object.fromEntries(addresses.map((address) => [address, 5]));
  const begun = tenSeconds(crowd);
  const total = [...begun.values()].reduce((sum, count) => sum + count, 0);
  assert.ok(total <= defaultLimits.handshakesPerSecondMax * 12, String(total));
});

test("when all places are taken, the oldest of the network with most of them gives way", () => {
  const underWay = new HandshakesUnderWay<{ readonly name: string }>(4);
  const keys = ["a1", "b1", "b2", "a2", "c1", "c2"].map((name) => ({ name }));
  const [a1, b1, b2, a2, c1, c2] = keys as [object, ...object[]] as typeof keys & {
    0: { name: string };
  };
  const begin = (key: { readonly name: string } | undefined, network: number) =>
    key && underWay.begin(key, `10.0.${network}.1`, 0);
  assert.equal(begin(a1, 1), undefined);
  assert.equal(begin(b1, 2), undefined);
  assert.equal(begin(b2, 2), undefined);
  assert.equal(begin(a2, 2), undefined);
  assert.equal(begin(c1, 3), b1, "three of network 2");
  assert.equal(begin(c2, 3), b2);
  assert.equal(underWay.count, 4);
  assert.equal(b1 && underWay.end(b1), false, "it is none of them any more");
  assert.deepEqual(underWay.endBefore(1), [a1, a2, c1, c2]);
  assert.equal(underWay.count, 0);
});

/** A connection to the TLS port from `from`, an address of loopback. */
function dialFrom(from: string, { tlsUrl }: TestOrigin): Socket {
  const port = Number(new URL(tlsUrl ?? "").port);
  const socket = connect({ host: "127.0.0.1", port, localAddress: from });
  socket.on("error", () => {});
  return socket;
}

async function handshakeFrom(from: string, origin: TestOrigin, ca: string): Promise<boolean> {
  const socket = dialFrom(from, origin);
  const secured = connectTls({ socket, host: "127.0.0.1", ca });
  const done = await new Promise<boolean>((resolve) => {
    secured.once("secureConnect", () => resolve(true));
    secured.once("error", () => resolve(false));
    secured.once("close", () => resolve(false));
  });
  secured.destroy();
  return done;
}

async function floodedOrigin(t: TestContext, limits: Partial<OriginLimits>) {
  const authority = new TestAuthority(t);
  const origin = await testOrigin(t, {
    adminPort: 0,
    tls: { ...authority.files, port: 0 },
    limits,
  });
  return { origin, ca: authority.ca };
}

test("a flood of handshakes from one network is bounded, and others get in at once", async (t) => {
  const { origin, ca } = await floodedOrigin(t, { handshakesPerSecondCalm: 5 });
  const over = new AbortController();
  const flood = Array.from({ length: 8 }, async (_, at) => {
    while (!over.signal.aborted) await handshakeFrom(`127.1.1.${1 + (at % 4)}`, origin, ca);
  });
  await eventually("the flood is over its share", async () => {
    return (await metricOf(origin, 'tls_handshakes_total{outcome="over-share"}')) > 50;
  });
  for (let other = 1; other <= 20; other++) {
    assert.ok(await handshakeFrom(`127.2.${other}.1`, origin, ca), `another network, ${other}`);
  }
  over.abort();
  await Promise.all(flood);
});

test("connections that say nothing take no place from those that do, and end in time", async (t) => {
  const limits = { handshakesUnderWayMax: 8, handshakeMs: 1_500 };
  const { origin, ca } = await floodedOrigin(t, limits);
  const silent = Array.from({ length: 100 }, () => dialFrom("127.1.1.1", origin));
  t.after(() => silent.forEach((socket) => socket.destroy()));
  await eventually("most of them had to go", async () => {
    return (await metricOf(origin, 'tls_handshakes_total{outcome="crowded-out"}')) >= 92;
  });
  assert.equal(await metricOf(origin, "tls_handshakes_under_way"), 8);
  assert.ok(await handshakeFrom("127.2.2.2", origin, ca), "another network");
  assert.ok(await handshakeFrom("127.1.1.1", origin, ca), "the very same address");
  await eventually("the rest of them are late", async () => {
    return (await metricOf(origin, 'tls_handshakes_total{outcome="late"}')) >= 6;
  });
  assert.equal(await metricOf(origin, "tls_handshakes_under_way"), 0);
  assert.equal(await metricOf(origin, "connections"), 0);
});

test("a full TLS port takes nothing from the plain one", async (t) => {
  const limits = { tlsConnectionsMax: 4 };
  const { origin } = await floodedOrigin(t, limits);
  const holders = Array.from({ length: 20 }, () => dialFrom("127.1.1.1", origin));
  t.after(() => holders.forEach((socket) => socket.destroy()));
  await eventually("connections are dropped", async () => {
    return (await metricOf(origin, 'connections_dropped_total{reason="limit"}')) > 0;
  });
  const answer = await fetch(`${origin.url}metadata/timestamp.json`);
  assert.equal(answer.status, 200);
  await answer.arrayBuffer();
});
