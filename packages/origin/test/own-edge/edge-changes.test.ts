import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { request } from "node:https";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { edgeFiles } from "../../src/edge/edge-names.ts";
import type { SigningKey } from "../../src/shield/ticket.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TestAuthority } from "../support/certificate.ts";
import { edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { missing } from "../support/engines.ts";
import { ask } from "../support/http.ts";
import { eventually, sleep } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { keysFile } from "../support/tickets.ts";
import { bearer, claims, tokenOf } from "../support/tokens.ts";

const skip = missing("haproxy");

test("HAProxy takes tickets of the keys that the origin has, also after they change or it dies", {
  skip,
}, async (t) => {
  const file = await keysFile(t);
  const newest = async (): Promise<SigningKey | undefined> => {
    await rotateTicketKeys(file);
    return (await readTicketKeys(file))?.[0];
  };
  const first = await newest();
  const tickets = { keysFile: file, route: "primary" };
  const origin = await edgedOrigin(t, { tickets, adminPort: 0 });
  const isTicket = async (key: SigningKey | undefined): Promise<boolean> => {
    assert.ok(key !== undefined);
    const before = await origin.passed("ticketed");
    const headers = bearer(tokenOf(claims(), { key }));
    assert.equal((await ask(`${origin.url}${timestamp}`, { headers })).status, 200);
    return (await origin.passed("ticketed")) > before;
  };
  assert.equal(await isTicket(first), true);
  const second = await newest();
  await eventually("the second key counts", () => isTicket(second));
  assert.equal(await isTicket(first), true);
  const third = await newest();
  await eventually("the third key counts", () => isTicket(third));
  assert.equal(await isTicket(first), false);

  await putPolicy(origin, { revokedKeys: [second?.kid] });
  await eventually("the revoked one counts no more", async () => !(await isTicket(second)));
  assert.equal(await isTicket(third), true);

  origin.crash();
  await eventually("it is gone", () => origin.edge?.state().inFront === false);
  await inFront(origin);
  assert.equal(await isTicket(third), true);
  assert.equal(await isTicket(first), false);
  assert.equal(await isTicket(second), false);

  await putPolicy(origin, { revokedKeys: [second?.kid, third?.kid] });
  await eventually("no key is left", async () => !(await isTicket(third)));
});

/** For whom the certificate is that a new connection is shown, and the status of an answer. */
function askSecurely(url: string, ca: string): Promise<{ name: string; status: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, agent: false }, (answer) => {
      const { subject } = (answer.socket as TLSSocket).getPeerCertificate();
      const told = { name: String(subject.CN), status: answer.statusCode ?? 0 };
      answer.resume().once("end", () => resolve(told));
    });
    sent.once("error", reject).end();
  });
}

for (const [where, more] of [
  ["alone", {}],
  ["beside plain HTTP", { port: 0 }],
] as const) {
  test(`HAProxy speaks HTTPS ${where}, with the pair that is there now`, { skip }, async (t) => {
    const authority = new TestAuthority(t);
    const origin = await edgedOrigin(t, { tls: { ...authority.files, ...more } });
    const url = `${origin.tlsUrl}${timestamp}`;
    assert.deepEqual(await askSecurely(url, authority.ca), { name: "first", status: 200 });
    assert.equal(await origin.passed(), 1);
    if (origin.url !== origin.tlsUrl) assert.equal(await get(`${origin.url}${timestamp}`), 200);
    authority.put(authority.issue("second"));
    await eventually("the second is shown", async () => {
      return (await askSecurely(url, authority.ca)).name === "second";
    });
    origin.crash();
    await eventually("clients are served", () => {
      return askSecurely(url, authority.ca).then(
        ({ name }) => name === "second",
        () => false,
      );
    });
    await inFront(origin);
    assert.deepEqual(await askSecurely(url, authority.ca), { name: "second", status: 200 });
    assert.equal(origin.edge?.state().restarts, 1);
  });
}

test("HAProxy sends away who asks by a retired name, also after it died, until that ends", {
  skip,
}, async (t) => {
  const origin = await edgedOrigin(t, { adminPort: 0 });
  const url = `${origin.url}${timestamp}`;
  const byName = async (): Promise<number> => {
    const answer = await ask(url, { headers: { Host: "update.example.com" } });
    return answer.status;
  };
  assert.equal(await byName(), 200);
  await putPolicy(origin, { retired: [{ host: "update.example.com", until: inSeconds(600) }] });
  const isSentAway = async (): Promise<boolean> => {
    const before = await origin.passed();
    return (await byName()) === 503 && (await origin.passed()) === before;
  };
  await eventually("it does not come through", isSentAway);
  assert.equal(await get(url), 200);
  origin.crash();
  await eventually("it is gone", () => origin.edge?.state().inFront === false);
  assert.equal(await byName(), 503, "the origin knows it, too");
  await inFront(origin);
  assert.ok(await isSentAway());
  await putPolicy(origin, { retired: [{ host: "update.example.com", until: inSeconds(4) }] });
  await eventually("it comes through again", async () => (await byName()) === 200);
});

test("what cannot be written is in force all the same, and written when it can be", {
  skip,
}, async (t) => {
  const origin = await edgedOrigin(t, { adminPort: 0 });
  const file = join(dirname(origin.edge?.control ?? ""), edgeFiles.retired);
  const until = inSeconds(600);
  await inFront(origin);
  await sleep(500); // what was to be told at its start is through
  rmSync(file);
  mkdirSync(file); // nothing can be put in its place
  await putPolicy(origin, { retired: [{ host: "update.example.com", until }] });
  const headers = { Host: "update.example.com" };
  await eventually("HAProxy knows it", async () => {
    const before = await origin.passed();
    const { status } = await ask(`${origin.url}${timestamp}`, { headers });
    return status === 503 && (await origin.passed()) === before;
  });
  await eventually("it is told", () => {
    return origin.logged.some(({ event }) => event === "edge-not-changed");
  });
  rmdirSync(file);
  await eventually("it is written", () => {
    return existsSync(file) && readFileSync(file, "utf8").includes("update.example.com");
  });
});

test("a certificate that is too long for its socket does not end HAProxy at each change", {
  skip,
}, async (t) => {
  const authority = new TestAuthority(t);
  const { cert, key } = authority.issue("long");
  authority.put({ cert: `${cert}${"what tools write between certificates\n".repeat(600)}`, key });
  const origin = await edgedOrigin(t, { adminPort: 0, tls: { ...authority.files, port: 0 } });
  await putPolicy(origin, { retired: [{ host: "update.example.com", until: inSeconds(600) }] });
  const headers = { Host: "update.example.com" };
  await eventually("HAProxy knows it", async () => {
    const before = await origin.passed();
    const { status } = await ask(`${origin.url}${timestamp}`, { headers });
    return status === 503 && (await origin.passed()) === before;
  });
  const url = `${origin.tlsUrl}${timestamp}`;
  assert.deepEqual(await askSecurely(url, authority.ca), { name: "long", status: 200 });
  assert.equal(origin.edge?.state().restarts, 0);
});
