import { domainToASCII } from "node:url";
import { type Brand, type Random, UsageError } from "@causeway/kernel";

/** A host name in lower case, without a dot at its end: `update.example.com`. */
export type DnsName = Brand<string, "DnsName">;

const nameLengthMax = 253; // RFC 1035 section 2.3.4, without the last dot
// Labels and dots share no character, so this is linear.
const shape = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function isDnsName(text: string): text is DnsName {
  return text.length <= nameLengthMax && shape.test(text);
}

/**
 * The one way in which a name is written. Unicode is refused: two names that look alike are told
 * apart by their `xn--` forms alone.
 * @throws {UsageError} `USAGE_NAME`
 */
export function toDnsName(text: string): DnsName {
  const name = text
    .slice(0, nameLengthMax + 2)
    .toLowerCase()
    .replace(/\.$/, "");
  if (isDnsName(name)) return name;
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const ascii = /[^\0-\x7f]/.test(text) ? domainToASCII(name) : "";
  const hint = isDnsName(ascii)
    ? `write it as ${ascii}, if that is the one that you mean.`
    : "write it as update.example.com.";
  throw new UsageError("USAGE_NAME", `${shown} is no host name; ${hint}`);
}

/** The name and all above it, the longest first. */
export function withParents(name: DnsName): readonly DnsName[] {
  const labels = name.split(".");
  return labels.map((_, at) => labels.slice(at).join(".") as DnsName);
}

/** A name beside it that nobody made, which only a wildcard answers for (RFC 4592). */
export function siblingOf(name: DnsName, zone: DnsName, random: Random): DnsName | undefined {
  if (name === zone) return undefined;
  const sibling = `x${random.uint32().toString(36)}${name.slice(name.indexOf("."))}`;
  return isDnsName(sibling) ? sibling : undefined;
}
