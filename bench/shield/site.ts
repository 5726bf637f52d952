import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { entrancesFor } from "../../packages/origin/src/shield/entrance-choice.ts";
import { issueTicket, type SigningKey } from "../../packages/origin/src/shield/ticket.ts";
import { readTicketKeys, rotateTicketKeys } from "../../packages/origin/src/shield/ticket-keys.ts";
import type { BenchObject, BenchTree } from "./bench-tree.ts";

const machineCount = 2_000;
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
  /** The tickets of many machines, which got their first ones a week ago and since. */
  readonly tickets: (entrances: readonly number[]) => readonly ShownTicket[];
}

/** A ticket, and the private entrances that it names. */
export interface ShownTicket {
  readonly token: string;
  readonly ports: readonly number[];
}

/** The same ticket with a signature that is none. */
export function bogusOf({ token }: ShownTicket): string {
  return token.slice(0, -43) + randomBytes(32).toString("base64url");
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
  const machines = Array.from({ length: machineCount }, (_, at) => {
    const since = now - Math.floor((7 * daySeconds * (at + 1)) / machineCount);
    return { sub: randomBytes(16).toString("base64url"), since };
  });
  const tickets = (entrances: readonly number[]): readonly ShownTicket[] => {
    return machines.map(({ sub, since }) => {
      const ports = entrancesFor(sub, entrances);
      const ent = ports.length > 0 ? { ent: ports } : {};
      const token = issueTicket({ aud: audience, sub, since, exp: now + daySeconds, ...ent }, key);
      return { token, ports };
    });
  };
  const [patch, large] = [tree.addTarget(512 * 1024), tree.addTarget(8 * 2 ** 20)];
  return { tree, patch, large, keysFile, key, audience, tickets };
}
