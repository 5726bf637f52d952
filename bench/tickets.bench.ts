import { createHmac } from "node:crypto";
import { jwtVerify } from "jose";
import { bearerToken } from "../packages/origin/src/shield/bearer.ts";
import { issueTicket, type SigningKey, type Ticket } from "../packages/origin/src/shield/ticket.ts";
import { TicketVerifier } from "../packages/origin/src/shield/ticket-verifier.ts";

export const title = "microseconds of a ticket, good and bogus, beside jose";

const runs = 11;
const perRun = 3_000; // different ones, so that nothing is remembered where nothing should be
const now = 1_900_000_000;
const key: SigningKey = { kid: "0a1b2c3d4e5f", secret: "s".repeat(43) };
// Made once: from bytes it would import the key for each token.
const imported = await crypto.subtle.importKey(
  "raw",
  new TextEncoder().encode(key.secret),
  { name: "HMAC", hash: "SHA-256" },
  false,
  ["verify"],
);
const ticket: Ticket = { aud: "web-1", sub: "", since: now - 9_000, exp: now + 80_000 };

export async function run(): Promise<string> {
  const good = Array.from({ length: perRun }, (_, at) => {
    return issueTicket({ ...ticket, sub: `AAAAAAAAAAAAAAAA${at}` }, key);
  });
  const rows: string[] = [];
  rows.push(...(await both("good, seen for the first time", good, true)));
  rows.push(await ours("good, seen before", good, true, true));
  for (const [name, make] of Object.entries(bogus)) {
    rows.push(...(await both(name, good.map(make), false)));
  }
  rows.push(await issuing(), await floor(good));
  return [
    "One thread; the text of the header in, the ticket or undefined out. Each run takes 3,000 that",
    "differ from each other; a row is of 11 runs. jose gets the token alone and an imported key, with",
    "the same checks: algorithm, audience, end. It verifies with Web Crypto, which answers later, so",
    "its figure holds the waits as well; one after another, as here, is the worst case of that.",
    "",
    "| what is shown | by | us, median | least | most |",
    "| --- | --- | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}

/** What a flood may send, made of good ones so that all have their length. */
const bogus: Readonly<Record<string, (token: string) => string>> = {
  "bogus: a wrong signature": (token) => {
    return `${token.slice(0, -43)}${"A".repeat(43)}`;
  },
  "bogus: the right signature, an end long ago": (token) => {
    const { sub } = claimsOf(token);
    return issueTicket({ ...ticket, sub, exp: now - 1 }, key);
  },
  "bogus: an unknown kid": (token) => {
    return issueTicket({ ...ticket, sub: claimsOf(token).sub }, { ...key, kid: "ffffffffffff" });
  },
  "bogus: alg none": (token) => {
    const header = Buffer.from('{"alg":"none"}').toString("base64url");
    return `${header}${token.slice(token.indexOf("."))}`;
  },
  "bogus: 1,000 letters": (token) => token.repeat(8).replaceAll(".", "").slice(0, 1_000),
  "bogus: 7,000 letters": (token) => token.repeat(50).slice(0, 7_000),
};

function claimsOf(token: string): Ticket {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Ticket;
}

async function both(
  name: string,
  tokens: readonly string[],
  isGood: boolean,
): Promise<readonly string[]> {
  return [await ours(name, tokens, isGood, false), await theirs(name, tokens, isGood)];
}

async function ours(
  name: string,
  tokens: readonly string[],
  isGood: boolean,
  isSeen: boolean,
): Promise<string> {
  const verifier = new TicketVerifier("web-1");
  verifier.setKeys([key]);
  const row = await measured(async (texts) => {
    if (!isSeen) verifier.setKeys([key]); // it forgets what it has seen
    let found = 0;
    const began = performance.now();
    for (const text of texts) {
      const token = bearerToken(text);
      if (token !== undefined && typeof verifier.verify(token, now) === "object") found++;
    }
    const ms = performance.now() - began;
    expectCount(found, isGood);
    return ms;
  }, tokens);
  return `| ${name} | Causeway | ${row} |`;
}

async function theirs(name: string, tokens: readonly string[], isGood: boolean): Promise<string> {
  const options = { algorithms: ["HS256"], audience: "web-1", currentDate: new Date(now * 1000) };
  // As its README has it for several keys.
  const keyOf = ({ kid }: { readonly kid?: string }): typeof imported => {
    if (kid === key.kid) return imported;
    throw new Error("an unknown kid");
  };
  const row = await measured(async (texts) => {
    let found = 0;
    const began = performance.now();
    for (const text of texts) {
      const token = text.slice("Bearer ".length);
      try {
        await jwtVerify(token, keyOf, options);
        found++;
      } catch {
        // It is none.
      }
    }
    const ms = performance.now() - began;
    expectCount(found, isGood);
    return ms;
  }, tokens);
  return `| ${name} | jose 6.2.18 | ${row} |`;
}

async function issuing(): Promise<string> {
  const row = await measured(
    async (texts) => {
      const began = performance.now();
      for (const sub of texts) issueTicket({ ...ticket, sub }, key);
      return performance.now() - began;
    },
    Array.from({ length: perRun }, (_, at) => `AAAAAAAAAAAAAAAA${at}`),
  );
  return `| nothing: one is issued | Causeway | ${row} |`;
}

/** What no way of doing it can save. */
async function floor(tokens: readonly string[]): Promise<string> {
  const row = await measured(async (texts) => {
    const began = performance.now();
    for (const text of texts) createHmac("sha256", key.secret).update(text).digest("base64url");
    return performance.now() - began;
  }, tokens);
  return `| the HMAC of a good one, and nothing else | node:crypto | ${row} |`;
}

function expectCount(found: number, isGood: boolean): void {
  if (found !== (isGood ? perRun : 0)) throw new Error(`${found} of ${perRun} were found good`);
}

/** Cells: microseconds for one. Texts are made anew for each run, as a parser of HTTP does. */
async function measured(
  runOnce: (texts: readonly string[]) => Promise<number>,
  tokens: readonly string[],
): Promise<string> {
  const micros: number[] = [];
  for (let time = 0; time < runs + 2; time++) {
    const texts = tokens.map((token) => Buffer.from(`Bearer ${token}`).toString("latin1"));
    const ms = await runOnce(texts);
    if (time >= 2) micros.push((ms * 1000) / perRun); // the first two warm up
  }
  micros.sort((a, b) => a - b);
  const cells = [micros[micros.length >> 1], micros[0], micros.at(-1)];
  return cells.map((value = Number.NaN) => value.toFixed(2)).join(" | ");
}
