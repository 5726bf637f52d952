import { existsSync } from "node:fs";
import {
  giveRoute,
  type KnownRoute,
  type KnownRoutes,
  knownRoutes,
  takeAnnouncement,
} from "@causeway/client/internal/known-routes";
import {
  type Announcement,
  type RepositoryId,
  readAnnouncement,
  toUtcSecond,
} from "@causeway/kernel";
import { routeUrl } from "../route-option.ts";
import { printable } from "../terminal.ts";
import type { Context } from "../verb.ts";
import { unusedText } from "./list-known.ts";
import { type OpenedState, withState } from "./with-state.ts";

/** What `routes add CODE --json` prints. */
interface Taken {
  readonly state: string;
  readonly repositoryId: RepositoryId;
  readonly sequence: number;
  readonly expires: string;
  readonly routes: readonly Pick<KnownRoute, "url" | "unused">[];
  /** Shards whose sealed routes it opens. */
  readonly shards: readonly number[];
}

interface TakenAndKnown {
  readonly taken: Announcement;
  readonly known: KnownRoutes;
}

/** Gives a customer's machine a route by hand, or those of an announcement. */
export async function addKnown(what: string, state: string, context: Context): Promise<void> {
  if (isUrl(what)) await addUrl(routeUrl(what), state, context);
  else await addCode(what, state, context);
}

/** True of what is no announcement, however that was copied. */
export function isUrl(text: string): boolean {
  return /[:/\\.]/.test(text) || existsSync(text);
}

async function addCode(text: string, folder: string, context: Context): Promise<void> {
  const [own] = readAnnouncement(text).urls;
  const take = async ({ store, now, placeOf }: OpenedState): Promise<TakenAndKnown> => {
    const announcement = await takeAnnouncement(store, text, now);
    return { taken: announcement, known: await knownRoutes(store, now, placeOf) };
  };
  const { taken, known } = await withState(folder, context, take, own);
  const { repository: repositoryId, sequence, shardKeys = [] } = taken;
  const shards = shardKeys.map(({ shard }) => shard);
  const expires = toUtcSecond(taken.expires);
  const routes = taken.urls.map((url) => {
    return { url, unused: known.routes.find((route) => route.url === url)?.unused ?? null };
  });
  const result: Taken = { state: folder, repositoryId, sequence, expires, routes, shards };
  const lines = routes.map(({ url, unused }) => {
    return `  ${[url, unusedText(unused, url)].filter(Boolean).join("; ")}`;
  });
  lines.push(...shards.map((shard) => `  the reserves of shard ${shard}`));
  const isUsed = shards.length > 0 || routes.some(({ unused }) => unused === null);
  const use = isUsed ? "these routes are tried too" : "none of its routes can be tried";
  const what = `announcement ${sequence} taken; until ${expires} ${use}:`;
  context.terminal.result(result, printable([what, ...lines].join("\n")));
}

async function addUrl(url: string, folder: string, context: Context): Promise<void> {
  const { given, known } = await withState(folder, context, async ({ store, now, placeOf }) => {
    const urls = await giveRoute(store, url, now);
    return { given: urls, known: await knownRoutes(store, now, placeOf) };
  });
  for (const { url: gone } of known.routes.filter((each) => each.given && each.unused !== null)) {
    context.terminal.warn(`${gone} is not asked: the vendor has retired it for good`);
  }
  const shown = given.map(withoutCredentials);
  const what = "the route is used from now on, as if given with --route each time";
  context.terminal.result({ state: folder, given: shown }, what);
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.href;
}
