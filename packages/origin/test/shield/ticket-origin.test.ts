import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  issueTicket,
  type Ticket,
  ticketHeader,
  ticketLifeSeconds,
  unnamedRoute,
} from "../../src/shield/ticket.ts";
import type { TicketKey } from "../../src/shield/ticket-key-file.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TicketVerifier } from "../../src/shield/ticket-verifier.ts";
import { WorkPuzzle } from "../../src/shield/work-puzzle.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { type Answer, ask, askRaw, head } from "../support/http.ts";
import { Operators, replace } from "../support/operators.ts";
import { eventually, type TestOrigin, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { noise } from "../support/repository.ts";
import { claimsOf, keysFile } from "../support/tickets.ts";
import { solve } from "../support/work.ts";

const checked = "metadata/timestamp.json";

/** Tickets are for calm times: on a machine that does much else, some requests have to wait. */
const alwaysCalm = { workAtOnceMin: 256, delayTargetMs: 600_000, waitMs: 600_000 };

interface Ticketed {
  readonly origin: TestOrigin;
  readonly file: string;
  /** Asks for the timestamp, or for `path`. */
  readonly get: (
    headers?: Readonly<Record<string, string>>,
    path?: string,
    method?: string,
  ) => Promise<Answer>;
}

async function ticketed(
  t: TestContext,
  options: { readonly workers?: number; readonly route?: string } = {},
): Promise<Ticketed> {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const { workers = 1, route = "web-1" } = options;
  const tickets = { keysFile: file, route };
  const origin = await testOrigin(t, { workers, tickets, limits: alwaysCalm });
  return {
    origin,
    file,
    get: (headers = {}, path = checked, method = "GET") => {
      return ask(new URL(path, origin.url), { headers, method });
    },
  };
}

function ticketIn({ headers }: Answer): string | undefined {
  const text = headers["causeway-ticket"];
  return typeof text === "string" ? text : undefined;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

test("who looks for something new gets a ticket for a day, in an answer that no cache keeps", async (t) => {
  const { get, file } = await ticketed(t);
  const before = nowSeconds();
  const answer = await get();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["cache-control"], "private, no-cache");
  assert.doesNotMatch(String(answer.headers["access-control-expose-headers"]), /ticket/i);
  assert.equal(answer.headers["www-authenticate"], undefined);
  const token = ticketIn(answer) ?? "";
  const verifier = new TicketVerifier("web-1");
  verifier.setKeys((await readTicketKeys(file)) ?? []);
  const claims = verifier.verify(token, nowSeconds());
  assert.ok(typeof claims === "object");
  assert.ok(claims.since >= before && claims.since <= nowSeconds());
  assert.equal(claims.exp, claims.since + ticketLifeSeconds);
  assert.match(claims.sub, /^[\w-]{22}$/);
  const next = ticketIn(await get()) ?? "";
  assert.notEqual(claimsOf(next).sub, claims.sub, "each newcomer is another machine");
});

test("a ticket that is shown is renewed: the same machine, since the same time", async (t) => {
  const { get, file } = await ticketed(t);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key !== undefined);
  const now = nowSeconds();
  const old: Ticket = {
    aud: "web-1",
    sub: "machine",
    since: now - 500_000,
    exp: now + 60,
    ent: [9001],
  };
  const answer = await get({ Authorization: `Bearer ${issueTicket(old, key)}` });
  const renewed = claimsOf(ticketIn(answer) ?? "");
  assert.ok(renewed.exp >= now + ticketLifeSeconds);
  const { ent: _, ...kept } = old; // this origin has no entrances
  assert.deepEqual({ ...renewed, exp: 0 }, { ...kept, exp: 0 });
});

test("a ticket that speaks for many outlives a change of keys, and ends when its vendor said", async (t) => {
  const { get, file } = await ticketed(t);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key !== undefined);
  const now = nowSeconds();
  const site: Ticket = { aud: "web-1", sub: "site", since: now, exp: now + 60, fleet: 500 };
  const answer = await get({ Authorization: `Bearer ${issueTicket(site, key)}` });
  const renewed = ticketIn(answer) ?? "";
  assert.deepEqual(claimsOf(renewed), site);

  await rotateTicketKeys(file, Date.now() - 600_000);
  const [newKey] = (await readTicketKeys(file)) ?? [];
  await eventually("the new key has signed it", async () => {
    const next = ticketIn(await get({ Authorization: `Bearer ${renewed}` })) ?? "";
    assert.deepEqual(claimsOf(next), site);
    return next.startsWith(ticketHeader(newKey?.kid ?? ""));
  });
});

test("one that speaks for many and never ends, as a thief of a key writes it, is renewed with an end", async (t) => {
  const { get, file } = await ticketed(t);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key !== undefined);
  const now = nowSeconds();
  const forged: Ticket = { aud: "web-1", sub: "thief", since: 0, exp: 2 ** 40, fleet: 1_000_000 };
  const answer = await get({ Authorization: `Bearer ${issueTicket(forged, key)}` });
  const { exp } = claimsOf(ticketIn(answer) ?? "");
  const days = (exp - now) / 86_400;
  assert.ok(days >= 90 && days < 90.1, `${days} days`);
});

test("a browser's work is for one visit: it renews nothing, and has no standing to hand on", async (t) => {
  const { get, file } = await ticketed(t);
  const puzzle = new WorkPuzzle("web-1");
  puzzle.setKeys((await readTicketKeys(file)) ?? []);
  const from = prefixOf("127.0.0.1");
  assert.ok(from);
  const worked = nowSeconds() - 300;
  const solution = solve(puzzle.challenge(from, 0, worked) ?? "");
  const { sub: visit } = puzzle.verify(solution, from, nowSeconds()) ?? {};
  assert.ok(visit);
  const asked = nowSeconds();
  const answers = [1, 2].map(() => get({ Cookie: `causeway-work=${solution}` }));
  const claims = (await Promise.all(answers)).map((answer) => claimsOf(ticketIn(answer) ?? ""));
  for (const { sub, since } of claims) {
    assert.notEqual(sub, visit);
    assert.ok(since >= asked, "known since now, like whoever comes without");
  }
  assert.notEqual(claims[0]?.sub, claims[1]?.sub);
});

test("a bad ticket makes a newcomer of its bearer: served, with a new one, and never shown", async (t) => {
  const { get, file, origin } = await ticketed(t);
  const [key] = (await readTicketKeys(file)) ?? [];
  assert.ok(key !== undefined);
  const now = nowSeconds();
  const mine: Ticket = { aud: "web-1", sub: "machine", since: now - 9, exp: now + 60 };
  const bad = [
    issueTicket({ ...mine, aud: "web-2" }, key),
    issueTicket({ ...mine, exp: now }, key),
    issueTicket(mine, { ...key, secret: "x".repeat(43) }),
    issueTicket(mine, { ...key, kid: "unknown" }),
    "secret-token",
    "a.b.c",
    "x".repeat(5_000),
  ];
  const schemes = bad.map((token) => `Bearer ${token}`);
  for (const authorization of [...schemes, "Bearer", "Basic YTpi", "Negotiate x"]) {
    const answer = await get({ Authorization: authorization });
    assert.equal(answer.status, 200, authorization);
    assert.equal(answer.headers["www-authenticate"], undefined);
    const { sub } = claimsOf(ticketIn(answer) ?? "");
    assert.notEqual(sub, mine.sub);
    const missing = await get({ Authorization: authorization }, "metadata/none.json");
    assert.equal(missing.status, 404);
  }
  const log = JSON.stringify(origin.logged);
  assert.match(log, /none\.json/);
  assert.doesNotMatch(log, /secret-token|xxxxx|Bearer|eyJ/);
});

test("junk in the header, byte by byte, is a newcomer's or no request at all", async (t) => {
  const { origin } = await ticketed(t);
  for (let byte = 0; byte < 256; byte++) {
    const letter = String.fromCharCode(byte);
    const request = head(`GET /${checked} HTTP/1.1`, [`Authorization: Bearer a${letter}b.c.d`]);
    const answer = await askRaw(origin.port, Buffer.from(request, "latin1"));
    assert.match(answer, /^HTTP\/1\.1 (?:200|400) /, String(byte));
  }
  const twice = head(`GET /${checked} HTTP/1.1`, ["Authorization: Bearer a", "Authorization: b"]);
  assert.match(await askRaw(origin.port, twice), /^HTTP\/1\.1 200 /);
});

test("no answer but the whole timestamp carries a ticket, and each is as cacheable as ever", async (t) => {
  const { get, origin } = await ticketed(t);
  const target = origin.repository.addTarget(noise(1_000));
  origin.repository.write("metadata/1.root.json", noise(100));
  const { etag = "", "last-modified": modified = "" } = (await get()).headers;
  const others: readonly [number, ...Parameters<typeof get>][] = [
    [304, { "If-None-Match": etag }],
    [304, { "If-Modified-Since": modified }],
    [206, { Range: "bytes=0-" }],
    [206, { Range: "bytes=0-3" }],
    [416, { Range: "bytes=9999-" }],
    [412, { "If-Match": '"other"' }],
    [200, {}, checked, "HEAD"],
    [405, {}, checked, "POST"],
    [200, {}, target],
    [200, {}, "metadata/1.root.json"],
    [404, {}, "metadata/2.root.json"],
  ];
  for (const [status, headers, path, method] of others) {
    const answer = await get(headers, path, method);
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.equal(ticketIn(answer), undefined, JSON.stringify(headers));
    assert.doesNotMatch(String(answer.headers["cache-control"]), /private/);
  }
});

test("what came through a cache that others use gets the answer that is for all", async (t) => {
  const { get } = await ticketed(t);
  for (const name of ["Via", "CDN-Loop"]) {
    const answer = await get({ [name]: "1.1 cache" });
    assert.equal(answer.status, 200);
    assert.equal(ticketIn(answer), undefined);
    assert.equal(answer.headers["cache-control"], "no-cache");
  }
});

test("without keys, or without the wish, there are no tickets", async (t) => {
  const plain = await testOrigin(t);
  const url = new URL(checked, plain.url);
  assert.equal(ticketIn(await ask(url)), undefined);
  const file = await keysFile(t);
  const waiting = await testOrigin(t, { tickets: { keysFile: file } });
  const answer = await ask(new URL(checked, waiting.url), {
    headers: { Authorization: "Bearer a.b.c" },
  });
  assert.deepEqual([answer.status, ticketIn(answer)], [200, undefined]);
  assert.equal(answer.headers["cache-control"], "no-cache");
  await rotateTicketKeys(file);
  await eventually("the keys that came count", async () => {
    const token = ticketIn(await ask(new URL(checked, waiting.url)));
    return token !== undefined && claimsOf(token).aud === unnamedRoute;
  });
});

test("what is no route's id names none", async (t) => {
  const file = await keysFile(t);
  for (const route of ["", "Web", "_origin", "a b", "x".repeat(65)]) {
    const origin = testOrigin(t, { tickets: { keysFile: file, route } });
    await assert.rejects(origin, { code: "USAGE_ARGUMENT", message: /is no route's id/ });
  }
});

for (const workers of [1, 2]) {
  test(`a rotation keeps the tickets that are out, two end them, nothing restarts (${workers} at work)`, async (t) => {
    const { get, file } = await ticketed(t, { workers });
    const first = ticketIn(await get()) ?? "";
    const { sub, since } = claimsOf(first);
    /** Whether each of many connections, which the system spreads over the workers, knows it. */
    const known = async (token: string): Promise<ReadonlySet<boolean>> => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => get({ Authorization: `Bearer ${token}` })),
      );
      return new Set(answers.map((answer) => claimsOf(ticketIn(answer) ?? "").sub === sub));
    };
    assert.deepEqual(await known(first), new Set([true]));

    const { newKid } = await rotateTicketKeys(file);
    const [newKey] = (await readTicketKeys(file)) ?? [];
    assert.ok(newKey?.kid === newKid);
    const early = issueTicket({ aud: "web-1", sub, since, exp: nowSeconds() + 60 }, newKey);
    const started = performance.now();
    await eventually("the new key's tickets are good", async () => {
      return !(await known(early)).has(false);
    });
    t.diagnostic(`accepted after ${Math.round(performance.now() - started)} ms`);
    assert.deepEqual(await known(first), new Set([true]), "and the old key's still are");
    const kidOf = (token: string): unknown => {
      return (
        JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as {
          kid: unknown;
        }
      ).kid;
    };
    const renewed = ticketIn(await get({ Authorization: `Bearer ${first}` })) ?? "";
    assert.notEqual(kidOf(renewed), newKid, "the new key does not sign yet");

    await rotateTicketKeys(file);
    await eventually("the first key's tickets are over", async () => {
      return !(await known(first)).has(true);
    });
    assert.deepEqual(await known(early), new Set([true]));
  });
}

for (const workers of [1, 2]) {
  test(`a stolen key is dead in every worker once it is revoked, and the other one signs (${workers} at work)`, async (t) => {
    const file = await keysFile(t);
    await rotateTicketKeys(file);
    await rotateTicketKeys(file);
    const [fresh, stolen] = (await readTicketKeys(file)) ?? [];
    assert.ok(fresh !== undefined && stolen !== undefined);
    const policyFile = `${file}.policy`;
    const tickets = { keysFile: file, route: "web-1" };
    const options = { workers, tickets, policyFile, adminPort: 0, limits: alwaysCalm };
    const origin = await testOrigin(t, options);
    const operators = new Operators(origin.repository);
    const claims = { aud: "web-1", sub: "known", since: nowSeconds(), exp: nowSeconds() + 600 };
    /** By which keys' tickets each of many connections, spread over the workers, is known. */
    const known = async (): Promise<string> => {
      const answers = [fresh, stolen].map(async (key) => {
        const headers = { Authorization: `Bearer ${issueTicket(claims, key)}` };
        const asked = Array.from({ length: 20 }, () => ask(`${origin.url}${checked}`, { headers }));
        const subs = (await Promise.all(asked)).map(
          (answer) => claimsOf(ticketIn(answer) ?? "").sub,
        );
        return subs.every((sub) => sub === "known")
          ? key.kid
          : subs.includes("known")
            ? "some"
            : "";
      });
      return (await Promise.all(answers)).join();
    };
    const signer = async (): Promise<string> => {
      const token = ticketIn(await ask(`${origin.url}${checked}`)) ?? "";
      return (
        JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as TicketKey
      ).kid;
    };
    assert.equal(await known(), `${fresh.kid},${stolen.kid}`);
    assert.equal(await signer(), stolen.kid, "the fresh one is to spread first");

    const policy = { revokedKeys: [stolen.kid] };
    replace(policyFile, operators.sign({ version: 1, policy }));
    await eventually(
      "its tickets are good no more",
      async () => (await known()) === `${fresh.kid},`,
    );
    assert.equal(await signer(), fresh.kid);

    replace(policyFile, operators.sign({ version: 2, policy: {} }));
    await eventually(
      "it is accepted",
      async () => (await known()) === `${fresh.kid},${stolen.kid}`,
    );
    await putPolicy(origin, policy);
    await eventually("this origin's operator says so, too", async () => {
      return (await known()) === `${fresh.kid},`;
    });
    await putPolicy(origin, { signingKey: { kid: fresh.kid, until: inSeconds(600) } });
    await eventually("the fresh one is named", async () => {
      return (await known()) === `${fresh.kid},${stolen.kid}` && (await signer()) === fresh.kid;
    });
  });
}
