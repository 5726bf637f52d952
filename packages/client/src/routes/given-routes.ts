import { canonicalJson, Fields, parseJson, type Store, UsageError } from "@causeway/kernel";
import { unlessRefused } from "../metadata/trust-state.ts";
import { orNothing } from "../or-nothing.ts";
import { parseRoute } from "./parse-route.ts";

const file = "given-routes.json";
const kind = "causeway-given-routes";
const routesMax = 16; // a fourth of what a run may have
const urlLengthMax = 2_048;
const lengthMax = 64 * 1024; // so many of the longest

/** URLs of routes that somebody gave once for all runs, the first one first; damaged, none. */
export async function readGivenRoutes(store: Store): Promise<readonly string[]> {
  const bytes = await orNothing(store.read(file, lengthMax));
  return (bytes && unlessRefused(() => decode(bytes))) ?? [];
}

/**
 * Gives a route for all runs to come.
 * @returns those that are given so by now
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong one, or too many
 * @throws {HostError}
 */
export async function keepGivenRoute(store: Store, text: string): Promise<readonly string[]> {
  const url = parseRoute(text).base.href;
  const known = await readGivenRoutes(store);
  if (known.includes(url)) return known;
  if (known.length >= routesMax || url.length > urlLengthMax) {
    const where = store.pathOf?.(file) ?? file;
    const what = `at most ${routesMax} routes are kept, of ${urlLengthMax} characters each`;
    throw new UsageError("USAGE_ARGUMENT", `${what}; remove ${where} to begin anew.`);
  }
  const urls = [...known, url];
  await store.write(file, canonicalJson({ _type: kind, urls }), "owner"); // it may hold a password
  return urls;
}

function decode(bytes: Uint8Array): readonly string[] {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) return [];
  return fields.strings("urls", routesMax).filter(isRoute);
}

function isRoute(text: string): boolean {
  try {
    return text.length <= urlLengthMax && parseRoute(text).base.href === text;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
