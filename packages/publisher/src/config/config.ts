import { dirname } from "node:path";
import {
  durationMs,
  isProductId,
  isRegion,
  isRouteId,
  isRouteKind,
  type ProductId,
  pollSeconds,
  type RouteEntry,
  UsageError,
} from "@causeway/kernel";
import { readFileUpTo } from "../disk/files.ts";
import { type RoleName, roleNames } from "../keys/key-file.ts";
import { type CarrierConfig, readCarriers } from "./carrier-config.ts";
import { type ConfigFile, type ConfigPath, parseConfig } from "./parse.ts";
import { listedUrl } from "./route-url.ts";
import { type SecurityConfig, securityConfig } from "./security-config.ts";

export interface Product {
  readonly id: ProductId;
  readonly name: string;
}

/** A route as its vendor knows it. */
export interface KnownRoute {
  readonly entry: RouteEntry;
  /** It is sealed with the key of this shard; undefined of one that everybody may read of. */
  readonly shard?: number;
}

/** A route of causeway.yaml. */
export interface ConfiguredRoute extends KnownRoute {
  /** It may lead into a private network. */
  readonly isPrivate: boolean;
}

/** What causeway.yaml says, with defaults filled in. */
export interface Config {
  readonly name: string;
  readonly products: readonly Product[];
  /** Those that everybody may read of; no page or header names others. */
  readonly routes: readonly RouteEntry[];
  /** Sealed ones, too, in the order of the file. */
  readonly allRoutes: readonly ConfiguredRoute[];
  /** The window over which customers' machines spread their looks for something new. */
  readonly pollSeconds: number | undefined;
  readonly carriers: readonly CarrierConfig[];
  readonly security: SecurityConfig;
  /** How long a signature of each role lasts, in milliseconds. */
  readonly expiryMs: Readonly<Record<RoleName, number>>;
  /** What is wrong with the part at `path`, as an error that names its line and column. */
  fault(path: ConfigPath, what: string): UsageError;
}

/**
 * Long for what is signed by hand or with each patch; short for what a timer signs: a route that
 * freezes clients on old metadata is found after three days at the latest, and a timer that
 * stopped on a Friday evening has no victims before Monday.
 */
const defaultExpiry: Readonly<Record<RoleName, string>> = {
  root: "365d",
  targets: "365d",
  patches: "365d",
  routes: "90d",
  snapshot: "14d",
  timestamp: "3d",
};

const configBytesMax = 4 * 1024 * 1024; // 10,000 routes with everything said of them

/** @throws {UsageError} `CONFIG_MISSING`, or `CONFIG_MALFORMED` naming line and column */
export async function readConfig(path: string): Promise<Config> {
  return configFrom(await readConfigText(path), path);
}

/** @throws {UsageError} `CONFIG_MISSING` */
export async function readConfigText(path: string): Promise<string> {
  const bytes = await readFileUpTo(path, configBytesMax);
  if (bytes === undefined) {
    const message =
      `${dirname(path)} has no causeway.yaml; name the vendor's folder with --dir, ` +
      "or make one: causeway init DIR --name NAME";
    throw new UsageError("CONFIG_MISSING", message);
  }
  return Buffer.from(bytes).toString("utf8");
}

/** What the text says that stands, or is to stand, at `path`. @throws {UsageError} `CONFIG_MALFORMED` */
export async function configFrom(text: string, path: string): Promise<Config> {
  const file = parseConfig(text, path);
  const allRoutes = routes(file);
  return {
    name: file.value.name,
    products: products(file),
    routes: allRoutes.flatMap(({ entry, shard }) => (shard === undefined ? [entry] : [])),
    allRoutes,
    pollSeconds: pollWindow(file),
    carriers: await readCarriers(file, dirname(path)),
    security: securityConfig(file),
    expiryMs: expiries(file),
    fault: (at, what) => file.error(at, what),
  };
}

function products(file: ConfigFile): readonly Product[] {
  const found = new Map<string, Product>();
  for (const [at, { id, name }] of (file.value.products ?? []).entries()) {
    if (!isProductId(id)) throw file.error(["products", at, "id"], `${id} is not a product id`);
    if (found.has(id)) throw file.error(["products", at, "id"], `the product ${id} is there twice`);
    found.set(id, { id, name: name ?? id });
  }
  return [...found.values()];
}

function routes(file: ConfigFile): readonly ConfiguredRoute[] {
  const found = new Map<string, ConfiguredRoute>();
  for (const [at, route] of (file.value.routes ?? []).entries()) {
    const { id, region } = route;
    const kind = route.kind ?? "origin";
    const checked = [route.url].flat().map((url) => listedUrl(url, route.private === true));
    const wrong = checked.find((each) => each.wrong !== undefined)?.wrong;
    const [first, ...others] = new Set(
      checked.flatMap(({ url }) => (url === undefined ? [] : [url])),
    );
    if (first === undefined || wrong !== undefined) {
      throw file.error(["routes", at, "url"], wrong ?? "a route has a url");
    }
    if (!isRouteId(id) || !isRouteKind(kind)) {
      throw file.error(["routes", at], "the route has a wrong id or kind");
    }
    if (found.has(id)) throw file.error(["routes", at, "id"], `the route ${id} is there twice`);
    const { priority = 1, weight = 100, capacity, state = "active", sealed: shard } = route;
    const entry: RouteEntry = {
      id,
      urls: [first, ...others],
      kind,
      ...(region !== undefined && isRegion(region) && { region }),
      priority,
      weight,
      ...(capacity !== undefined && { capacity }),
      state,
    };
    const isPrivate = route.private === true;
    found.set(id, { entry, isPrivate, ...(shard !== undefined && { shard }) });
  }
  return [...found.values()];
}

function pollWindow(file: ConfigFile): number | undefined {
  const { poll } = file.value;
  if (poll === undefined) return undefined;
  const seconds = (durationMs(poll) ?? 0) / 1000;
  if (seconds < pollSeconds.min || seconds > pollSeconds.max) {
    throw file.error(["poll"], "the window to look in is from 1m to 7d");
  }
  return seconds;
}

function expiries(file: ConfigFile): Readonly<Record<RoleName, number>> {
  const given = file.value.expiry ?? {};
  const entries = roleNames.map((role): [RoleName, number] => {
    const ms = durationMs(given[role] ?? defaultExpiry[role]);
    if (ms === undefined) throw file.error(["expiry", role], "write a duration as 365d or 24h");
    return [role, ms];
  });
  return Object.fromEntries(entries) as Record<RoleName, number>;
}
