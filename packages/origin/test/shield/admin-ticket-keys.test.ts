import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type TestContext, test } from "node:test";
import { tryFileLock } from "@causeway/client/internal/file-lock";
import { issueTicket } from "../../src/shield/ticket.ts";
import { encodeTicketKeys, type TicketKey } from "../../src/shield/ticket-key-file.ts";
import { readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { type Answer, ask } from "../support/http.ts";
import { eventually, type TestOrigin, testOrigin } from "../support/origin.ts";
import { putPolicy } from "../support/policy.ts";
import { claimsOf, keysFile } from "../support/tickets.ts";

const sent: TicketKey = {
  kid: "ffffffffffff",
  secret: "z".repeat(43),
  createdAt: Date.parse("2026-01-01T00:00:00Z"),
};

/** Tickets are for calm times: on a machine that does much else, some requests have to wait. */
const alwaysCalm = { workAtOnceMin: 256, delayTargetMs: 600_000, waitMs: 600_000 };

async function keyed(
  t: TestContext,
  workers = 1,
): Promise<{ readonly origin: TestOrigin; readonly file: string; readonly old: TicketKey }> {
  const file = await keysFile(t);
  await rotateTicketKeys(file);
  const [old] = (await readTicketKeys(file)) ?? [];
  assert.ok(old !== undefined);
  const tickets = { keysFile: file, route: "web-1" };
  const options = { workers, tickets, adminPort: 0, limits: alwaysCalm };
  return { origin: await testOrigin(t, options), file, old };
}

function putKeys(
  { adminUrl }: TestOrigin,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(`${adminUrl}/ticket-keys`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", ...headers },
    body: Buffer.from(body).toString(),
  });
}

function keysIn({ body }: Answer): unknown {
  return (JSON.parse(body.toString()) as { keys: unknown }).keys;
}

/** Of the ticket that came with an answer; undefined when none did. */
function subIn({ headers }: Answer): string | undefined {
  const token = headers["causeway-ticket"];
  return typeof token === "string" ? claimsOf(token).sub : undefined;
}

function codeIn({ body }: Answer): unknown {
  return (JSON.parse(body.toString()) as { error: { code?: unknown } }).error.code;
}

for (const workers of [1, 2]) {
  test(`keys that are sent to the admin port count in every worker, and stand in the file (${workers} at work)`, async (t) => {
    const { origin, file, old } = await keyed(t, workers);
    /** Whether each of many connections, which the system spreads over the workers, knows them. */
    const known = async (...keys: readonly TicketKey[]): Promise<string> => {
      const now = Math.floor(Date.now() / 1000);
      const verdicts = keys.map(async (key) => {
        const token = issueTicket({ aud: "web-1", sub: "known", since: now, exp: now + 60 }, key);
        const headers = { Authorization: `Bearer ${token}` };
        const asked = Array.from({ length: 20 }, () => ask(url, { headers }));
        const subs = (await Promise.all(asked)).map(subIn);
        return subs.every((sub) => sub === "known")
          ? "all"
          : subs.includes("known")
            ? "some"
            : "none";
      });
      return (await Promise.all(verdicts)).join();
    };
    const url = `${origin.url}metadata/timestamp.json`;
    assert.equal(await known(old, sent), "all,none");

    const put = await putKeys(origin, encodeTicketKeys([sent]));
    assert.equal(put.status, 200, put.body.toString());
    const listed = [{ kid: sent.kid, state: "signs", createdAt: "2026-01-01T00:00:00Z" }];
    assert.deepEqual(keysIn(put), listed);
    assert.deepEqual(await readTicketKeys(file), [sent]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await eventually(
      "they count, and no others",
      async () => (await known(old, sent)) === "none,all",
    );

    const told = JSON.stringify([origin.logged, put.body.toString()]);
    assert.ok(!told.includes(sent.secret) && !told.includes(old.secret));
  });
}

test("what is no file of keys, too long, or not sent as JSON changes nothing, and says why", async (t) => {
  const { origin, file, old } = await keyed(t);
  const before = readFileSync(file, "utf8");
  const more = Array.from({ length: 3 }, (_, at) => ({ ...sent, kid: `k${at}` }));
  const wrong: readonly (readonly [string | Uint8Array, number])[] = [
    ["", 400],
    ["{", 400],
    ["[]", 400],
    ['{"keys": []}', 400],
    [encodeTicketKeys(more), 400],
    [encodeTicketKeys([sent, sent]), 400],
    [encodeTicketKeys([{ ...sent, secret: "short" }]), 400],
    [encodeTicketKeys([{ ...sent, kid: "a\r\nb" }]), 400],
    [" ".repeat(4 * 1024 + 1), 413],
    [" ".repeat(4 * 1024 * 1024), 413],
  ];
  for (const [body, status] of wrong) {
    const answer = await putKeys(origin, body);
    assert.equal(answer.status, status, Buffer.from(body).toString().slice(0, 80));
    if (status === 400) assert.equal(codeIn(answer), "KEY_UNREADABLE");
    assert.ok(!answer.body.toString().includes(sent.secret));
  }
  const form = await putKeys(origin, encodeTicketKeys([sent]), { "Content-Type": "text/plain" });
  const page = await putKeys(origin, encodeTicketKeys([sent]), { Origin: "http://127.0.0.1" });
  const rebound = await putKeys(origin, encodeTicketKeys([sent]), { Host: "evil.example" });
  assert.deepEqual([form.status, page.status, rebound.status], [415, 403, 403]);
  const gone = await ask(`${origin.adminUrl}/ticket-keys`, { method: "DELETE" });
  assert.deepEqual([gone.status, gone.headers["allow"]], [405, "GET, PUT"]);
  assert.equal(readFileSync(file, "utf8"), before);

  await putPolicy(origin, { revokedKeys: [old.kid] });
  const shown = await ask(`${origin.adminUrl}/ticket-keys`);
  assert.deepEqual(
    (keysIn(shown) as readonly { kid: string; state: string }[]).map(({ kid, state }) => [
      kid,
      state,
    ]),
    [[old.kid, "revoked"]],
  );
  assert.ok(!shown.body.toString().includes(old.secret));
});

test("keys that cannot be kept are not taken, and the answer says what the machine said", async (t) => {
  const { origin, file, old } = await keyed(t);
  const lock = tryFileLock(`${file}.lock`);
  const busy = await putKeys(origin, encodeTicketKeys([sent]));
  lock?.release();
  assert.deepEqual([busy.status, codeIn(busy)], [500, "HOST_BUSY"]);
  rmSync(dirname(file), { recursive: true });
  writeFileSync(dirname(file), "");
  const broken = await putKeys(origin, encodeTicketKeys([sent]));
  assert.equal(broken.status, 500);
  assert.match(String(codeIn(broken)), /^HOST_/);
  const listed = keysIn(await ask(`${origin.adminUrl}/ticket-keys`));
  assert.equal((listed as readonly { kid: string }[])[0]?.kid, old.kid);
  rmSync(dirname(file));
  mkdirSync(dirname(file));
});

test("an origin without tickets has no keys to swap", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const answers = [
    await putKeys(origin, encodeTicketKeys([sent])),
    await ask(`${origin.adminUrl}/ticket-keys`),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 404],
  );
});
