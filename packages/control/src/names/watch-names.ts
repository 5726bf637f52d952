import type { Random } from "@causeway/kernel";
import type { Ask } from "./dig.ts";
import { noAnswer } from "./dns-answer.ts";
import { type DnsName, siblingOf } from "./dns-name.ts";
import { type NameServer, shownServer } from "./name-server.ts";
import { guidingTypes } from "./record-set.ts";
import { type Finding, judgeSights, type Sight } from "./watch-verdict.ts";

/** Which names have to be gone, and where that is looked for. */
export interface WatchOrder {
  readonly names: readonly { readonly name: DnsName; readonly zone: DnsName }[];
  readonly authorities: readonly NameServer[];
  readonly resolvers: readonly NameServer[];
  readonly signal?: AbortSignal;
}

export interface WatchedName {
  readonly name: DnsName;
  /** None when it is gone everywhere. */
  readonly findings: readonly Finding[];
}

export const watchedServersMax = 32;
export const watchedNamesMax = 20;

/** Looks once. Servers that do not answer are findings, too. @throws {HostError} `HOST_MISSING` */
export async function lookAtNames(
  ask: Ask,
  random: Random,
  { names, authorities, resolvers, signal }: WatchOrder,
): Promise<readonly WatchedName[]> {
  const servers = [
    ...authorities.map((server) => ({ server, kind: "authority" as const })),
    ...resolvers.map((server) => ({ server, kind: "resolver" as const })),
  ];
  const watched: WatchedName[] = [];
  for (const { name, zone } of names) {
    const sibling = siblingOf(name, zone, random);
    const looks = servers.map(({ server, kind }) => {
      return lookAt(ask, server, kind, { name, zone, sibling }, signal);
    });
    watched.push({ name, findings: judgeSights(name, zone, await Promise.all(looks)) });
  }
  return watched;
}

async function lookAt(
  ask: Ask,
  server: NameServer,
  kind: Sight["kind"],
  asked: { readonly name: DnsName; readonly zone: DnsName; readonly sibling: DnsName | undefined },
  signal: AbortSignal | undefined,
): Promise<Sight> {
  const { name, zone, sibling } = asked;
  const ofName = [...guidingTypes, "NS"].map((type) => ({ name, type }));
  const ofSibling =
    sibling === undefined ? [] : guidingTypes.map((type) => ({ name: sibling, type }));
  const questions = [{ name: zone, type: "SOA" }, ...ofName, ...ofSibling];
  const recurse = kind === "resolver";
  const answers = await ask(server, questions, {
    recurse,
    ...(signal !== undefined && { signal }),
  });
  return {
    server: shownServer(server),
    kind,
    soa: answers[0] ?? noAnswer,
    name: answers.slice(1, 1 + ofName.length),
    sibling: answers.slice(1 + ofName.length),
  };
}
