import { isIP } from "node:net";
import type { HttpRequest } from "../exchange.ts";

/**
 * The address that an edge says it asks for: the last one of `X-Forwarded-For`, which is what the
 * edge itself saw. Those before it are the client's own words. To be asked only of an edge that is
 * known to set it.
 */
export function forwardedFor({ headers }: HttpRequest): string | undefined {
  const told = headers["x-forwarded-for"];
  const all = Array.isArray(told) ? told.join() : (told ?? "");
  const last = all.slice(all.lastIndexOf(",") + 1).trim();
  return isIP(last) === 0 ? undefined : last;
}
