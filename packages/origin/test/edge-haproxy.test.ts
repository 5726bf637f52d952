import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { changeEdge } from "../src/edge/change-edge.ts";
import { edgeFiles } from "../src/edge/edge-names.ts";
import { keyMapLines } from "../src/edge/key-map.ts";
import { LiveEdge } from "../src/edge/live-edge.ts";
import { tellHaproxy } from "../src/edge/runtime-socket.ts";
import type { SigningKey } from "../src/shield/ticket.ts";
import { exchange, missing, startHaproxy, type TestHaproxy } from "./support/engines.ts";
import { type Answer, ask, head, statusOf } from "./support/http.ts";
import { eventually, testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";
import { bearer, claims, key, nowSeconds, secondKey, tokenOf } from "./support/tokens.ts";

const skip = missing("haproxy");
const timestamp = "metadata/timestamp.json";

async function edgeBefore(
  t: TestContext,
  keys: readonly SigningKey[] = [key],
): Promise<TestHaproxy> {
  const { port } = await testOrigin(t);
  return startHaproxy(t, { origins: [{ host: "127.0.0.1", port }], keys });
}

function get(edge: TestHaproxy, token?: string): Promise<Answer> {
  return ask(`${edge.url}${timestamp}`, token === undefined ? {} : { headers: bearer(token) });
}

/** Whether HAProxy takes the token for a ticket; the request is served in either case. */
async function isTicket(edge: TestHaproxy, token: string): Promise<boolean> {
  const before = await edge.served("ticketed");
  const answer = await get(edge, token);
  assert.equal(answer.status, 200, "a bad ticket makes a newcomer, never a refusal");
  return (await edge.served("ticketed")) > before;
}

test("HAProxy tells a ticket from everything that is none", { skip }, async (t) => {
  const edge = await edgeBefore(t);
  const now = nowSeconds();
  const good = tokenOf(claims());
  const [front = "", body = "", signature = ""] = good.split(".");
  assert.equal(await isTicket(edge, good), true);
  assert.equal(await isTicket(edge, tokenOf(claims({ since: now + 60, fleet: 1_000 }))), true);
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT", kid: "k1" }));
  const bogus: Readonly<Record<string, string>> = {
    "another signature": `${front}.${body}.${signature.replace(/^./, (c) => (c === "A" ? "B" : "A"))}`,
    "no signature": `${front}.${body}.`,
    "two parts": `${front}.${body}`,
    "four parts": `${good}.${signature}`,
    "a dot in front": `.${good}`,
    "alg none": `${none.toString("base64url")}.${body}.`,
    "alg none, signed": tokenOf(claims(), { header: none.toString() }),
    "another alg": tokenOf(claims(), {
      header: '{"alg":"HS512","typ":"JWT","kid":"k1"}',
      algorithm: "sha512",
    }),
    "an unknown kid": tokenOf(claims(), { key: { ...key, kid: "k9" } }),
    "another secret": tokenOf(claims(), { key: { ...key, secret: "C".repeat(43) } }),
    expired: tokenOf(claims({ exp: now - 1 })),
    "no exp": tokenOf(claims({ exp: undefined })),
    "another route's": tokenOf(claims({ aud: "mirror" })),
    "a longer audience": tokenOf(claims({ aud: "primary2" })),
    "a list as audience": tokenOf(claims({ aud: ["primary"] })),
    "no sub": tokenOf(claims({ sub: undefined })),
    "not JSON": tokenOf("{"),
    "too long": tokenOf(claims({ ent: ["x".repeat(1_000)] })),
    empty: "",
    "a number that takes for ever": tokenOf(claims(), {
      header: '{"a":1e999999999,"alg":"HS256","typ":"JWT","kid":"k1"}',
    }),
  };
  for (const [what, token] of Object.entries(bogus)) {
    assert.equal(await isTicket(edge, token), false, what);
  }
});

test("keys are swapped while HAProxy runs, two at a time", { skip }, async (t) => {
  const edge = await edgeBefore(t);
  const live = new LiveEdge(edge.control);
  const [first, second] = [tokenOf(claims()), tokenOf(claims(), { key: secondKey })];
  assert.equal(await isTicket(edge, second), false);
  const began = performance.now();
  await live.swapKeys([secondKey, key]);
  assert.equal(await isTicket(edge, second), true);
  assert.ok(performance.now() - began < 1_000);
  assert.equal(await isTicket(edge, first), true);
  await live.swapKeys([secondKey]);
  assert.equal(await isTicket(edge, first), false);
  assert.equal(await isTicket(edge, second), true);
  await live.swapKeys([]);
  assert.equal(await isTicket(edge, second), false);
});

test("a revoked key's tickets do not get through, at once and after the next start", {
  skip,
}, async (t) => {
  const edge = await edgeBefore(t, [secondKey, key]);
  const [first, second] = [tokenOf(claims()), tokenOf(claims(), { key: secondKey })];
  const nothing = { retire: [], restore: [], drain: [], ready: [], open: [], close: [] };
  const revoke = async (...kids: readonly string[]): Promise<readonly unknown[]> => {
    const change = { ...nothing, revoke: kids };
    const { keys, unknownKeys } = await changeEdge(edge.control, change, edge.folder);
    return [keys, ...unknownKeys];
  };
  await assert.rejects(revoke("no id"), { code: "USAGE_ARGUMENT" });
  assert.deepEqual(await revoke("other"), [2, "other"]);
  assert.deepEqual(await revoke(key.kid), [1]);
  assert.equal(await isTicket(edge, first), false);
  assert.equal(await isTicket(edge, second), true);
  const kept = readFileSync(join(edge.folder, edgeFiles.keys), "utf8");
  assert.equal(kept, `${keyMapLines([secondKey]).join("")}\n`);
  assert.deepEqual(await revoke(secondKey.kid, key.kid), [0, key.kid]);
  assert.equal(await isTicket(edge, second), false);
});

test("a retired name gets a constant text within a second, and is served again", {
  skip,
}, async (t) => {
  const edge = await edgeBefore(t);
  const live = new LiveEdge(edge.control);
  const as = (host: string): Promise<Answer> => {
    return ask(`${edge.url}${timestamp}`, { headers: { Host: host } });
  };
  assert.equal((await as("old.example")).status, 200);
  const began = performance.now();
  await live.retire("Old.example");
  await live.retire("old.example");
  for (const host of ["old.example", "OLD.example:8080", "old.example."]) {
    const answer = await as(host);
    assert.equal(answer.status, 503, host);
    assert.equal(answer.body.toString(), "This name is retired. Use another route.");
    assert.equal(answer.headers["retry-after"], "3600");
    assert.equal(answer.headers.connection, "close");
  }
  assert.ok(performance.now() - began < 1_000);
  assert.equal((await as("new.example")).status, 200);
  assert.deepEqual(await live.retired(), ["old.example"]);
  await live.restore("old.example");
  assert.equal((await as("old.example")).status, 200);
  assert.deepEqual(await live.retired(), []);
  for (const host of ["a b", "a\nb", "a;b", "", "*"]) {
    await assert.rejects(live.retire(host), { code: "USAGE_ARGUMENT" });
  }
});

test("an origin is drained and taken back, and one that dies is passed over", {
  skip,
}, async (t) => {
  const [one, two] = [await testOrigin(t), await testOrigin(t)];
  const origins = [one, two].map(({ port }) => ({ host: "127.0.0.1", port }));
  two.repository.write(timestamp, Buffer.from("two"));
  const edge = await startHaproxy(t, { origins });
  const live = new LiveEdge(edge.control);
  const seen = async (): Promise<string[]> => {
    const bodies = new Set<string>();
    for (let request = 0; request < 10; request++) bodies.add((await get(edge)).body.toString());
    return [...bodies].toSorted();
  };
  assert.equal((await seen()).length, 2);
  await live.setServer("origin-1", "drain");
  assert.deepEqual(await seen(), ["two"]);
  await live.setServer("origin-1", "ready");
  assert.equal((await seen()).length, 2);
  await one.close(0);
  for (let request = 0; request < 20; request++) {
    assert.equal((await get(edge)).body.toString(), "two");
  }
  await assert.rejects(live.setServer("origin-7", "drain"), { code: "HOST_IO" });
  await assert.rejects(live.setServer("origin-1;x", "drain"), { code: "USAGE_ARGUMENT" });
});

test("with no origin alive, whoever asks is told to wait and where else to go", {
  skip,
}, async (t) => {
  const origin = await testOrigin(t);
  const edge = await startHaproxy(t, {
    origins: [{ host: "127.0.0.1", port: origin.port }],
    alternates: ["https://alternate.example/"],
  });
  await origin.close(0);
  const waits = new Set<string | undefined>();
  await eventually("the answer is 503, at different times", async () => {
    const { status, headers, body } = await get(edge);
    assert.equal(status, 503);
    assert.match(body.toString(), /href="https:\/\/alternate\.example\/security\/"/);
    assert.ok(Number(headers["retry-after"]) >= 5 && Number(headers["retry-after"]) < 25);
    waits.add(headers["retry-after"]);
    return waits.size > 3;
  });
});

/** An origin that tells which headers came to it. */
async function mirrorOfHeaders(t: TestContext): Promise<number> {
  const server = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("the origin is told the true address, whatever a client says", { skip }, async (t) => {
  const origins = [{ host: "127.0.0.1", port: await mirrorOfHeaders(t) }];
  const forged = {
    Forwarded: "for=9.9.9.9",
    "X-Forwarded-For": "9.9.9.9",
    "x-forwarded-host": "evil",
    "X-Real-IP": "9.9.9.9",
  };
  const seen = async (edge: TestHaproxy, headers: Readonly<Record<string, string>>) => {
    const { body } = await ask(`${edge.url}${timestamp}`, { headers });
    return JSON.parse(body.toString()) as Record<string, string>;
  };
  const direct = await startHaproxy(t, { origins });
  const heard = await seen(direct, forged);
  assert.equal(heard["forwarded"], "for=127.0.0.1");
  assert.equal(heard["x-forwarded-for"], "127.0.0.1");
  assert.equal(heard["x-forwarded-host"], undefined);
  assert.equal(heard["x-real-ip"], undefined);

  const behind = await startHaproxy(t, { origins, behind: ["127.0.0.0/8"] });
  const passed = await seen(behind, { "X-Forwarded-For": "9.9.9.9, 2001:db8::1" });
  assert.equal(passed["forwarded"], 'for="[2001:db8::1]"');
  assert.equal(passed["x-forwarded-for"], "2001:db8::1");
});

test("what carries files is never shown a ticket", { skip }, async (t) => {
  const origins = [{ host: "127.0.0.1", port: await mirrorOfHeaders(t) }];
  const edge = await startHaproxy(t, { origins, files: origins, keys: [key] });
  const headers = bearer(tokenOf(claims()));
  const at = async (path: string): Promise<string> => {
    return (await ask(`${edge.url}${path}`, { headers })).body.toString();
  };
  assert.match(await at(timestamp), /"authorization"/);
  assert.doesNotMatch(await at("targets/a"), /"authorization"/);
  assert.equal(await edge.served("ticketed_files"), 1);
});

test("HAProxy answers itself what no client of files asks", { skip }, async (t) => {
  const edge = await edgeBefore(t);
  const cases: readonly (readonly [string, number])[] = [
    [head("POST /metadata/timestamp.json HTTP/1.1", ["Content-Length: 0"]), 405],
    [head("GET /metadata/timestamp.json HTTP/1.1", ["Content-Length: 3"]), 413],
    [head("GET /metadata/timestamp.json HTTP/1.1", ["Transfer-Encoding: chunked"]), 413],
    [head("GET / HTTP/1.1"), 404],
    [head("GET /metadataX HTTP/1.1"), 404],
    [head("GET /%6detadata/timestamp.json HTTP/1.1"), 200],
    [head("GET /metadata/../../etc/passwd HTTP/1.1"), 404],
    [
      head(
        "GET /metadata/timestamp.json HTTP/1.1",
        Array.from({ length: 80 }, (_, n) => `A${n}: b`),
      ),
      400,
    ],
    [head("GET /metadata/timestamp.json HTTP/1.1", [`A: ${"b".repeat(20_000)}`]), 400],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ];
  for (const [text, status] of cases) {
    const answer = await exchange(edge.port, text);
    assert.equal(statusOf(answer), status, text.slice(0, 60));
    assert.equal(
      answer.includes("Cache-Control: no-cache") || answer.includes("cache-control: no-cache"),
      true,
    );
  }
});

test("a ticket is worth one machine's share, a fleet's the share of its machines", {
  skip,
}, async (t) => {
  const edge = await edgeBefore(t);
  const [single, fleet] = [tokenOf(claims({ sub: "a" })), tokenOf(claims({ sub: "b", fleet: 3 }))];
  const ticketedOf600 = async (token: string): Promise<number> => {
    const before = await edge.served("ticketed");
    for (let round = 0; round < 60; round++) {
      await Promise.all(Array.from({ length: 10 }, () => get(edge, token)));
    }
    return (await edge.served("ticketed")) - before;
  };
  const own = await ticketedOf600(single);
  // The window slides, so a slow run of this test is allowed some more.
  assert.ok(own >= 300 && own < 500, `${own} of 600`);
  assert.equal(await ticketedOf600(fleet), 600);
});

test("ranges, conditions and long bodies go through as they are", { skip }, async (t) => {
  const origin = await testOrigin(t);
  const bytes = noise(3_000_000);
  const path = origin.repository.addTarget(bytes);
  const edge = await startHaproxy(t, { origins: [{ host: "127.0.0.1", port: origin.port }] });
  const whole = await ask(`${edge.url}${path}`);
  assert.ok(whole.body.equals(bytes));
  const part = await ask(`${edge.url}${path}`, { headers: { Range: "bytes=5-9" } });
  assert.equal(part.status, 206);
  assert.ok(part.body.equals(bytes.subarray(5, 10)));
  const headers = { "If-None-Match": whole.headers.etag ?? "" };
  assert.equal((await ask(`${edge.url}${path}`, { headers })).status, 304);
});

test("no secret is in what the runtime socket's errors say", { skip }, async (t) => {
  const edge = await edgeBefore(t);
  const secret = keyMapLines([key])[0] ?? "";
  await assert.rejects(tellHaproxy(`${edge.control}-none`, "show info"), { code: "HOST_MISSING" });
  const [version] = [999_999];
  const answer = await tellHaproxy(edge.control, `add map @${version} ticket-keys.map`, [secret]);
  assert.doesNotMatch(answer, /AAAA/);
});
