import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { isRouteId } from "@causeway/kernel";
import fc from "fast-check";
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import { bearerToken } from "../../src/shield/bearer.ts";
import {
  issueTicket,
  type Ticket,
  ticketLengthMax,
  unnamedRoute,
} from "../../src/shield/ticket.ts";
import { claimLimits } from "../../src/shield/ticket-claims.ts";
import { TicketVerifier } from "../../src/shield/ticket-verifier.ts";
import { key, now, otherKey, signedText, ticket } from "../support/tickets.ts";

function verifier(audience = "web-1"): TicketVerifier {
  const fresh = new TicketVerifier(audience);
  fresh.setKeys([key]);
  return fresh;
}

const header = { alg: "HS256", typ: "JWT", kid: key.kid };
const names = fc.stringMatching(/^[\w-]{1,64}$/);
const seconds = fc.integer({ min: 0, max: claimLimits.secondsMax });
const entrances = fc.array(fc.integer({ min: 10_081, max: 65_535 }), { maxLength: 4 });
const anyTicket: fc.Arbitrary<Ticket> = fc.record(
  {
    aud: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,63}$/),
    sub: names,
    since: seconds,
    exp: fc.integer({ min: 1, max: claimLimits.secondsMax }),
    ent: entrances,
    fleet: fc.integer({ min: 1, max: claimLimits.fleetMax }),
  },
  { requiredKeys: ["aud", "sub", "since", "exp"], noNullPrototype: true },
);

test("what was issued is verified as it was, within the length that is allowed", () => {
  fc.assert(
    fc.property(anyTicket, (any) => {
      const token = issueTicket(any, key);
      assert.ok(token.length <= ticketLengthMax);
      const judge = verifier(any.aud);
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(judge.verify(token, any.exp - 1), any);
        assert.equal(judge.verify(token, any.exp), "expired", "from its end on it is none");
      }
    }),
  );
  const longest = issueTicket(
    {
      aud: "a".repeat(64),
      sub: "s".repeat(claimLimits.subLengthMax),
      since: claimLimits.secondsMax,
      exp: claimLimits.secondsMax,
      ent: Array.from({ length: claimLimits.entrancesMax }, () => 65_535),
      fleet: claimLimits.fleetMax,
    },
    { ...key, kid: "k".repeat(32) },
  );
  assert.ok(longest.length <= ticketLengthMax);
});

test("jose reads our tickets, and we read those that jose writes", async () => {
  const secret = new TextEncoder().encode(key.secret);
  const token = issueTicket({ ...ticket, ent: [9001, 9002], fleet: 7 }, key);
  assert.deepEqual(decodeProtectedHeader(token), header);
  const currentDate = new Date(now * 1000);
  const options = { algorithms: ["HS256"], audience: "web-1", typ: "JWT", currentDate };
  const { payload } = await jwtVerify<Ticket>(token, secret, options);
  assert.deepEqual(payload, { ...ticket, ent: [9001, 9002], fleet: 7 });
  const late = { ...options, currentDate: new Date(ticket.exp * 1000) };
  await assert.rejects(jwtVerify(token, secret, late), errors.JWTExpired);

  for (const protectedHeader of [header, { kid: key.kid, alg: "HS256" }]) {
    const theirs = await new SignJWT({ ...ticket })
      .setProtectedHeader(protectedHeader)
      .sign(secret);
    assert.deepEqual(verifier().verify(theirs, now), ticket);
  }
  const stranger = await new SignJWT({ ...ticket })
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(otherKey.secret));
  assert.equal(verifier().verify(stranger, now), "signature");
});

test("a ticket of another route, another key or another time is none", () => {
  const token = issueTicket(ticket, key);
  assert.deepEqual(verifier().verify(token, now), ticket);
  assert.equal(verifier("web-2").verify(token, now), "route");
  assert.equal(verifier(unnamedRoute).verify(token, now), "route");
  assert.equal(verifier().verify(issueTicket(ticket, otherKey), now), "key");
  const renamed = issueTicket(ticket, { ...otherKey, kid: key.kid });
  assert.equal(verifier().verify(renamed, now), "signature");
  assert.equal(verifier().verify(token, ticket.exp), "expired");
  assert.equal(new TicketVerifier("web-1").verify(token, now), "key", "without keys");
});

test("no route's id is the audience of those without a name", () => {
  assert.equal(isRouteId(unnamedRoute), false);
});

test("a key that is taken away takes its tickets along, remembered or not", () => {
  const judge = verifier();
  const token = issueTicket(ticket, key);
  judge.setKeys([otherKey, key]);
  assert.deepEqual(judge.verify(token, now), ticket);
  judge.setKeys([otherKey]);
  assert.equal(judge.verify(token, now), "key");
});

const claims = JSON.stringify(ticket);
const headers: Readonly<Record<string, string>> = {
  "alg none": JSON.stringify({ ...header, alg: "none" }),
  "another alg": JSON.stringify({ ...header, alg: "HS512" }),
  "alg in small letters": JSON.stringify({ ...header, alg: "hs256" }),
  "no alg": JSON.stringify({ ...header, alg: undefined }),
  "no kid": JSON.stringify({ ...header, kid: undefined }),
  "a kid that is no text": JSON.stringify({ ...header, kid: 7 }),
  "an unknown kid": JSON.stringify({ ...header, kid: "other" }),
  "a kid of every object": JSON.stringify({ ...header, kid: "constructor" }),
  "another typ": JSON.stringify({ ...header, typ: "at+jwt" }),
  "something critical": JSON.stringify({ ...header, crit: ["exp"], exp: 1 }),
  "no object": '"HS256"',
  "no value": "null",
  "no JSON": "{",
  "too much": JSON.stringify({ ...header, jku: "x".repeat(300) }),
};

for (const [name, text] of Object.entries(headers)) {
  test(`a header with ${name} is refused, however well it is signed`, () => {
    assert.equal(verifier().verify(signedText(text, claims), now), "key");
  });
}

const badClaims: Readonly<Record<string, unknown>> = {
  "no audience": { ...ticket, aud: undefined },
  "a list of audiences": { ...ticket, aud: ["web-1"] },
  "no subject": { ...ticket, sub: undefined },
  "an empty subject": { ...ticket, sub: "" },
  "a long subject": { ...ticket, sub: "s".repeat(65) },
  "a subject on two lines": { ...ticket, sub: "a\nb" },
  "a subject with a line after it": { ...ticket, sub: "a\n" },
  "no since": { ...ticket, since: undefined },
  "a since before all time": { ...ticket, since: -1 },
  "half a second": { ...ticket, since: 0.5 },
  "no end": { ...ticket, exp: undefined },
  "an end as text": { ...ticket, exp: String(ticket.exp) },
  "an end beyond all time": { ...ticket, exp: 2 ** 41 },
  "one entrance, and no list": { ...ticket, ent: 9001 },
  "five entrances": { ...ticket, ent: [9001, 9002, 9003, 9004, 9005] },
  "an entrance as text": { ...ticket, ent: ["9001"] },
  "an entrance at a port of mail": { ...ticket, ent: [25] },
  "an entrance beyond all ports": { ...ticket, ent: [65_536] },
  "a fleet of none": { ...ticket, fleet: 0 },
  "a fleet of too many": { ...ticket, fleet: claimLimits.fleetMax + 1 },
  "no object": "text",
  "no value": null,
};

for (const [name, value] of Object.entries(badClaims)) {
  test(`claims with ${name} are refused, however well they are signed`, () => {
    const token = signedText(JSON.stringify(header), JSON.stringify(value));
    assert.equal(verifier().verify(token, now), "claims");
  });
}

test("what cannot be a ticket costs no HMAC", () => {
  let macs = 0;
  const judge = new TicketVerifier("web-1");
  judge.setKeys([
    {
      kid: key.kid,
      get secret() {
        macs++;
        return key.secret;
      },
    },
  ]);
  const good = issueTicket(ticket, key);
  const [head = "", body = "", signature = ""] = good.split(".");
  const formless = [
    "",
    ".",
    "..",
    good.slice(0, -1),
    `${good}A`,
    `${good}.`,
    `${good}\n`,
    ` ${good}`,
    `${head}.${body}`,
    `${head}.${body}.${signature.slice(0, -1)}=`,
    `${head}.${body}.${signature.slice(0, -1)}+`,
    `${head}.${body}é.${signature}`,
    `${head}.${body}.${"A".repeat(43)}.`,
    `${head}.${"A".repeat(ticketLengthMax)}.${signature}`,
    issueTicket(ticket, otherKey),
    ...Object.values(headers).map((text) => signedText(text, claims)),
  ];
  for (const token of formless) {
    const verdict = judge.verify(token, now);
    assert.ok(verdict === "form" || verdict === "key", token);
  }
  assert.equal(macs, 0);
  assert.deepEqual(judge.verify(good, now), ticket);
  assert.deepEqual(judge.verify(good, now), ticket);
  assert.equal(macs, 1, "and one that was seen before costs none either");
});

test("of one signature only one text is taken", () => {
  const good = issueTicket(ticket, key);
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const taken = last.split("").filter((letter) => {
    return verifier().verify(good.slice(0, -1) + letter, now) !== "signature";
  });
  assert.deepEqual(taken, [good.at(-1)]);
});

test("no text from outside makes it throw, and none passes", () => {
  const judge = verifier();
  const good = issueTicket(ticket, key);
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => btoaUrl(text)),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        part,
        fc.array(part, { maxLength: 5 }).map((all) => all.join(".")),
      ),
      (any) => {
        assert.equal(typeof judge.verify(any, now), "string");
      },
    ),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(
      fc.nat(good.length - 1),
      fc.constantFrom(..."AQgw_-.é=".split("")),
      (at, letter) => {
        const changed = good.slice(0, at) + letter + good.slice(at + 1);
        assert.equal(typeof judge.verify(changed, now) === "object", changed === good);
      },
    ),
    { numRuns: 2_000 },
  );
});

function btoaUrl(text: string): string {
  return Buffer.from(text).toString("base64url");
}

test("what is remembered is bounded, and forgetting changes no answer", () => {
  const judge = verifier();
  const first = issueTicket(ticket, key);
  assert.deepEqual(judge.verify(first, now), ticket);
  for (let at = 0; at < 10_000; at++) {
    judge.verify(issueTicket({ ...ticket, sub: `s${at}` }, key), now);
  }
  assert.deepEqual(judge.verify(first, now), ticket);
});

test("the signature is the one of RFC 7515 over the text of the secret", () => {
  const [head, body, signature] = issueTicket(ticket, key).split(".");
  const mac = createHmac("sha256", Buffer.from(key.secret, "ascii")).update(`${head}.${body}`);
  assert.equal(signature, mac.digest().toString("base64url"));
});

test("a bearer's token is read as RFC 6750 has it, and nothing else is", () => {
  for (const text of ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c ", "Bearer  a.b.c"]) {
    assert.equal(bearerToken(text), "a.b.c");
  }
  const none = [undefined, "", "Bearer", "Bearer ", "Basic YTpi", "Bearera.b.c", "a.b.c"];
  for (const text of [...none, `Bearer ${"a".repeat(3_000)}`]) {
    assert.equal(bearerToken(text), undefined);
  }
});
