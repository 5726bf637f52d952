import { isDeepStrictEqual } from "node:util";
import { isRegion, isRouteId, type RouteEntry, UsageError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { listedUrl } from "../config/route-url.ts";

/** What an operator says of a route besides its URLs; what is left out stays as it is. */
export type RouteDetails = Partial<
  Pick<RouteEntry, "kind" | "region" | "priority" | "weight" | "capacity">
>;

/** One change of the list of routes. */
export type RouteEdit =
  | {
      readonly kind: "add";
      readonly id: string;
      readonly urls: readonly string[];
      readonly details?: RouteDetails;
      /** The URLs may lead into a private network; of one that is there, as it is when left out. */
      readonly isPrivate?: boolean;
    }
  | { readonly kind: "drain" | "restore"; readonly id: string }
  | {
      readonly kind: "retire";
      readonly id: string;
      /** Also the last active one. */
      readonly isForced?: boolean;
    };

/** What to write into a route of causeway.yaml. */
export interface RoutePatch {
  /** Where it stands among the routes; undefined for a new one. */
  readonly at: number | undefined;
  /** Values by their keys; undefined takes a key out. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * What an edit asks to write. Nothing, when all is so already.
 * @throws {UsageError} `USAGE_ARGUMENT`: no such route, a wrong value, or one that is retired
 */
export function patchFor(
  edit: RouteEdit,
  { routes, privateRoutes }: Pick<Config, "routes" | "privateRoutes">,
): RoutePatch {
  const at = routes.findIndex(({ id }) => id === edit.id);
  const current = routes[at];
  if (edit.kind === "add") {
    const values = addition(edit, current, privateRoutes.has(edit.id));
    return { at: current === undefined ? undefined : at, values };
  }
  if (current === undefined) {
    const known = routes.map(({ id }) => id).join(", ") || "none";
    throw wrong(
      `causeway.yaml has no route ${JSON.stringify(edit.id)}; it has: ${shortened(known)}`,
    );
  }
  const isRetired = current.state === "retired";
  if (isRetired && edit.kind !== "retire") throw retiredForGood(current);
  const state = { drain: "draining", restore: "active", retire: "retired" }[edit.kind];
  if (state === current.state) return { at, values: {} };
  const isLast = routes.every((route) => route === current || route.state !== "active");
  if (edit.kind === "retire" && isLast && edit.isForced !== true) {
    const what = `no active route is left without ${current.id}, and what is retired never comes back`;
    throw wrong(`${what}; add another first, or say --force`);
  }
  return { at, values: { state: state === "active" ? undefined : state } };
}

type Addition = Extract<RouteEdit, { readonly kind: "add" }>;

function addition(
  { id, urls: given, details = {}, isPrivate = false }: Addition,
  current: RouteEntry | undefined,
  wasPrivate: boolean,
): RoutePatch["values"] {
  if (current?.state === "retired") throw retiredForGood(current);
  if (!isRouteId(id)) {
    throw wrong(
      `${JSON.stringify(id)} is no id of a route; use up to 64 of a-z 0-9 -, as origin-1`,
    );
  }
  if (details.region !== undefined && !isRegion(details.region)) {
    const what = `${JSON.stringify(details.region)} is no region`;
    throw wrong(`${what}; use up to 32 of a-z 0-9 -, as eu-west`);
  }
  const checked = given.map((url) => routeUrl(url, isPrivate || wasPrivate));
  const urls = [...new Set(checked)];
  const known: Readonly<Record<string, unknown>> = { ...current };
  const changed = Object.entries(details).filter(([key, value]) => value !== known[key]);
  return {
    ...(current === undefined && { id }),
    ...(!isDeepStrictEqual(urls, current?.urls) && { url: urls.length === 1 ? urls[0] : urls }),
    ...Object.fromEntries(changed),
    ...(isPrivate && !wasPrivate && { private: true }),
  };
}

function routeUrl(text: string, isPrivate: boolean): string {
  const checked = listedUrl(text, isPrivate);
  if (checked.url === undefined) throw wrong(checked.wrong);
  return checked.url;
}

function retiredForGood({ id }: RouteEntry): UsageError {
  const what = `the route ${id} is retired for good: clients that have read so never come back to it`;
  return wrong(`${what}; add another name under another id`);
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function wrong(what: string): UsageError {
  return new UsageError("USAGE_ARGUMENT", `${what}.`);
}
