import { isIP } from "node:net";
import { UsageError } from "@causeway/kernel";
import { type DnsName, toDnsName } from "./dns-name.ts";
import type { GuidingType, RecordSet, RecordSets } from "./record-set.ts";

const newNameTtlSeconds = 60; // of a name that had no records: it may have to move again

/** The sets with no TTL above `ttlSeconds`. */
export function lowered(before: RecordSets, ttlSeconds: number): RecordSets {
  return before.map((set) => ({ ...set, ttlSeconds: Math.min(set.ttlSeconds, ttlSeconds) }));
}

/** The sets with the TTLs that `usual` has; a type that it lacks gets its longest. */
export function restored(before: RecordSets, usual: RecordSets): RecordSets {
  const longest = Math.max(0, ...usual.map((set) => set.ttlSeconds));
  return before.map((set) => {
    const was = usual.find((each) => each.type === set.type)?.ttlSeconds ?? longest;
    return { ...set, ttlSeconds: Math.max(set.ttlSeconds, was) };
  });
}

/**
 * The name at other addresses, or as another name for one; nothing else is left that guides there.
 * @throws {UsageError} `USAGE_ARGUMENT`, `USAGE_NAME`
 */
export function moved(
  before: RecordSets,
  to: readonly string[],
  name: DnsName,
  zone: DnsName,
): RecordSets {
  const ttlSeconds = Math.min(...before.map((set) => set.ttlSeconds), ttlOfNew(before));
  const targets = to.map(targetOf);
  const types = new Set(targets.map((each) => each.type));
  if (types.has("CNAME")) {
    if (targets.length > 1) throw wrong("a name can be another name for one name alone");
    if (name === zone) throw wrong(`${name} is the zone itself, which can be no other name`);
    if (targets[0]?.value === `${name}.`) throw wrong(`${name} is that name already`);
  }
  const order = (["A", "AAAA", "CNAME"] as const).filter((type) => types.has(type));
  return order.map((type): RecordSet => {
    const values = targets.filter((each) => each.type === type).map((each) => each.value);
    return { type, ttlSeconds, values: [...new Set(values)].toSorted() };
  });
}

function ttlOfNew(before: RecordSets): number {
  return before.length === 0 ? newNameTtlSeconds : Number.POSITIVE_INFINITY;
}

function targetOf(text: string): { readonly type: GuidingType; readonly value: string } {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 4) return { type: "A", value: text };
  if (family === 6)
    return { type: "AAAA", value: new URL(`http://[${text}]`).hostname.slice(1, -1) };
  return { type: "CNAME", value: `${toDnsName(text)}.` };
}

function wrong(what: string): UsageError {
  return new UsageError("USAGE_ARGUMENT", `--to: ${what}.`);
}
