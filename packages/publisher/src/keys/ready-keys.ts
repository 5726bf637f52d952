import { resolve } from "node:path";
import { UsageError } from "@causeway/kernel";
import { type Log, silent } from "../log.ts";
import { readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import type { PassphraseSource, RoleName } from "./key-file.ts";
import { Keyring } from "./keyring.ts";

export interface KeyCheckOptions {
  /** Absent: it is looked whether the files are there, and no key is unlocked. */
  readonly passphrase?: PassphraseSource;
  readonly log?: Log;
}

/**
 * Whether the keys of roles are at hand, as many as must agree, before they are needed.
 * @throws {UsageError} `KEY_MISSING`, `KEY_PASSPHRASE`, `KEY_UNREADABLE` @throws {HostError}
 */
export async function checkKeys(
  dir: string,
  roles: readonly RoleName[],
  { passphrase, log = silent }: KeyCheckOptions = {},
): Promise<void> {
  const folder = new VendorFolder(resolve(dir));
  const { topKeys, delegatedKeys } = await readPublished(folder.repository);
  const known = { ...topKeys, ...delegatedKeys };
  const noneAtAll: PassphraseSource = () => Promise.resolve("");
  const keyring = await Keyring.open(folder, { passphrase: passphrase ?? noneAtAll, log });
  for (const role of roles) {
    const keys = known[role];
    if (passphrase !== undefined) {
      await keyring.signers(role, keys);
      continue;
    }
    const count = keyring.count(role, keys);
    if (count >= keys.threshold) continue;
    const what = `${role} needs ${keys.threshold} of ${keys.keys.size} keys, ${count} here`;
    throw new UsageError("KEY_MISSING", `${what}; put the others into ${folder.keys}.`);
  }
}
