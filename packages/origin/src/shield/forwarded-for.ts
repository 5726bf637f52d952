import { isIP } from "node:net";
import type { HttpRequest } from "../exchange.ts";

/** As some edges write it: Azure's Application Gateway, IIS. */
const withPort = /^(?:\[([0-9A-Fa-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/;

/**
 * The address that an edge says it asks for: the last one of `X-Forwarded-For`, which is what the
 * edge itself saw. Those before it are the client's own words. To be asked only of an edge that is
 * known to set it.
 */
export function forwardedFor({ headers }: HttpRequest): string | undefined {
  const told = headers["x-forwarded-for"];
  const all = Array.isArray(told) ? told.join() : (told ?? "");
  const last = all.slice(all.lastIndexOf(",") + 1).trim();
  const [, bracketed, dotted] = withPort.exec(last) ?? [];
  const address = bracketed ?? dotted ?? last;
  return isIP(address) === 0 ? undefined : address;
}
