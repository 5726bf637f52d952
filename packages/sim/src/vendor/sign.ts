import { canonicalJson, type Instant, type JsonInput, toUtcSecond } from "@causeway/kernel";
import { type VendorKey, vendorKey } from "./vendor-key.ts";

/** Who may sign for a role. */
export interface RoleKeys {
  readonly keys: readonly VendorKey[];
  readonly threshold: number;
}

/** Keys by name; the same names give the same keys. */
export function roleKeys(threshold: number, ...names: readonly string[]): RoleKeys {
  return { threshold, keys: names.map(vendorKey) };
}

/** What every signed document begins with. */
export function header(
  type: string,
  version: number,
  expires: Instant,
): { readonly [name: string]: JsonInput } {
  return { _type: type, spec_version: "1.0.34", version, expires: toUtcSecond(expires) };
}

export function keysOf(roles: readonly RoleKeys[]): JsonInput {
  const keys = new Map<string, JsonInput>();
  for (const role of roles) for (const { keyid, document } of role.keys) keys.set(keyid, document);
  return keys;
}

export function roleOf({ keys, threshold }: RoleKeys): {
  readonly keyids: readonly string[];
  readonly threshold: number;
} {
  return { keyids: keys.map(({ keyid }) => keyid), threshold };
}

/** The whole document, signed by as many keys of each role as it takes. */
export function sign(signed: JsonInput, ...roles: readonly RoleKeys[]): Uint8Array {
  const message = canonicalJson(signed);
  const signatures = new Map<string, JsonInput>();
  for (const { keys, threshold } of roles) {
    for (const key of keys.slice(0, threshold)) {
      if (signatures.has(key.keyid)) continue;
      signatures.set(key.keyid, { keyid: key.keyid, sig: key.sign(message) });
    }
  }
  return canonicalJson({ signatures: [...signatures.values()], signed });
}
