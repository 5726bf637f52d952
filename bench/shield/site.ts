import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { issueTicket, type SigningKey } from "../../packages/origin/src/shield/ticket.ts";
import { readTicketKeys, rotateTicketKeys } from "../../packages/origin/src/shield/ticket-keys.ts";
import type { BenchObject, BenchTree } from "./bench-tree.ts";

const passCount = 2_000;
const daySeconds = 86_400;

/** What every front of the flood benchmark serves, and who may have passes for it. */
export interface Site {
  readonly tree: BenchTree;
  /** What everybody comes for. */
  readonly patch: BenchObject;
  /** What takes longest to read. */
  readonly large: BenchObject;
  readonly keysFile: string;
  readonly key: SigningKey;
  readonly audience: string;
  /** Tickets of as many machines, which got their first ones a week ago and since. */
  readonly tickets: readonly string[];
  /** With a signature that is none. */
  readonly bogus: readonly string[];
  /** The ticket of a machine that floods. */
  readonly stolen: string;
}

/** Fills the tree with what is served. */
export async function makeSite(tree: BenchTree): Promise<Site> {
  const page = `<!doctype html><title>Patches</title><h1>Get the patch</h1>${"<p>words".repeat(200)}`;
  tree.write("security/index.html", Buffer.from(page));
  const keysFile = join(tree.folder, "tickets.json");
  await rotateTicketKeys(keysFile);
  const [key] = (await readTicketKeys(keysFile)) ?? [];
  if (key === undefined) throw new Error("the key that was made is not there");
  const audience = "primary";
  const now = Math.floor(Date.now() / 1000);
  const ticketOf = (age: number): string => {
    const sub = randomBytes(16).toString("base64url");
    return issueTicket({ aud: audience, sub, since: now - age, exp: now + daySeconds }, key);
  };
  const tickets = Array.from({ length: passCount }, (_, at) => {
    return ticketOf(Math.floor((7 * daySeconds * (at + 1)) / passCount));
  });
  const bogus = tickets.map((ticket) => {
    return ticket.slice(0, -43) + randomBytes(32).toString("base64url");
  });
  return {
    tree,
    patch: tree.addTarget(512 * 1024),
    large: tree.addTarget(8 * 2 ** 20),
    keysFile,
    key,
    audience,
    tickets,
    bogus,
    stolen: ticketOf(daySeconds),
  };
}
