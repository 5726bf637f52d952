import assert from "node:assert/strict";
import { request } from "node:https";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import type { SigningKey } from "../../src/shield/ticket.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TestAuthority } from "../support/certificate.ts";
import { edgedOrigin, get, inFront, timestamp } from "../support/edged-origin.ts";
import { missing } from "../support/engines.ts";
import { ask } from "../support/http.ts";
import { eventually } from "../support/origin.ts";
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
  const origin = await edgedOrigin(t, { tickets: { keysFile: file, route: "primary" } });
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

  origin.crash();
  await eventually("it is gone", () => origin.edge?.state().inFront === false);
  await inFront(origin);
  assert.equal(await isTicket(third), true);
  assert.equal(await isTicket(first), false);
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
