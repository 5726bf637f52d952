import type { Area, RepositoryPath } from "../request-path.ts";

/**
 * What a request is for, in the order in which classes are refused when there is no room for all:
 * what nobody needs, reports, pages, and last what a machine cannot be patched without. Metadata
 * is last of all: it is small, and no patch is found without it.
 */
export const requestClasses = ["other", "beacon", "page", "patch", "metadata"] as const;
export type RequestClass = (typeof requestClasses)[number];

const classOfArea: Readonly<Record<Area, RequestClass>> = {
  metadata: "metadata",
  targets: "patch",
  security: "page",
};

/** Where agents send their reports. Nothing serves it yet. */
const beaconTarget = "/beacon";

/** Tells the class from the request line alone: it is known before any other work is done. */
export function classOf(
  method: string,
  target: string,
  path: RepositoryPath | undefined,
): RequestClass {
  if (method === "POST") return target === beaconTarget ? "beacon" : "other";
  if (path === undefined || (method !== "GET" && method !== "HEAD")) return "other";
  return classOfArea[path.area];
}
