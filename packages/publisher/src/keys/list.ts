import { relative, resolve } from "node:path";
import { toUtcSecond } from "@causeway/kernel";
import { readConfig } from "../config/config.ts";
import { topKeysOf } from "../documents/root.ts";
import { delegatedKeysOf } from "../documents/targets.ts";
import { type Log, silent } from "../log.ts";
import { type Published, readPublished } from "../publish/published.ts";
import { listedWaiting, waitingFor } from "../routes/waiting-list.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { isEncryptedKeyFile, type KeyFile, keyFilesIn, type RoleName } from "./key-file.ts";
import { readPending, type WaitingRole } from "./pending.ts";
import { progress, rootProgress } from "./sign-root.ts";
import { type RoleKeys, shortKeyId } from "./tuf-key.ts";

export interface ListedKey {
  readonly role: RoleName;
  /** The whole id, or its first eight digits for a file that no role names. */
  readonly keyId: string;
  /** Below the vendor folder; undefined when the private key is not here. */
  readonly file: string | undefined;
  readonly present: boolean;
  /** Undefined when the private key is not here. */
  readonly encrypted: boolean | undefined;
  /** `pending`: named by a document that is not published yet; `unused`: by none. */
  readonly state: "current" | "pending" | "unused";
  /** When the role's newest signature expires, `YYYY-MM-DDTHH:MM:SSZ`; "" for an unused key. */
  readonly expires: string;
}

/** A document that waits for signatures or for the next publish. */
export interface ListedPending {
  readonly role: WaitingRole;
  readonly file: string;
  readonly version: number;
  /** Of a root: of the old root's keys or of its own, whichever lacks more. */
  readonly signatures: number;
  readonly threshold: number;
}

export interface KeyList {
  readonly keys: readonly ListedKey[];
  readonly pending: readonly ListedPending[];
}

type RolesKeys = Readonly<Record<RoleName, RoleKeys>>;

/** Every key that speaks for a role, and every key file here. Unlocks nothing. */
export async function listKeys(dir: string, log: Log = silent): Promise<KeyList> {
  const folder = new VendorFolder(resolve(dir));
  await readConfig(folder.config);
  const published = await readPublished(folder.repository);
  const files = await keyFilesIn(folder.keys);
  const current: RolesKeys = { ...published.topKeys, ...published.delegatedKeys };
  const waiting = await pendingKeys(folder, published, log);
  const keys: ListedKey[] = [];
  const named = new Set<string>();
  for (const [role, roleKeys] of Object.entries({ ...current }) as [RoleName, RoleKeys][]) {
    const all = new Map([...roleKeys.keys, ...(waiting.keys[role]?.keys ?? [])]);
    for (const keyId of all.keys()) {
      const file = files.find((one) => one.role === role && one.shortId === shortKeyId(keyId));
      if (file !== undefined) named.add(file.path);
      const state = roleKeys.keys.has(keyId) ? "current" : "pending";
      const expires = toUtcSecond(expiryOf(published, role));
      keys.push({ role, keyId, state, expires, ...(await fileFacts(folder, file)) });
    }
  }
  for (const file of files.filter(({ path }) => !named.has(path))) {
    const facts = await fileFacts(folder, file);
    keys.push({ role: file.role, keyId: file.shortId, state: "unused", expires: "", ...facts });
  }
  return { keys, pending: waiting.listed };
}

async function fileFacts(
  folder: VendorFolder,
  file: KeyFile | undefined,
): Promise<Pick<ListedKey, "file" | "present" | "encrypted">> {
  if (file === undefined) return { file: undefined, present: false, encrypted: undefined };
  const encrypted = await isEncryptedKeyFile(file);
  return { file: relative(folder.path, file.path), present: true, encrypted };
}

async function pendingKeys(
  folder: VendorFolder,
  published: Published,
  log: Log,
): Promise<{
  readonly keys: Partial<Record<RoleName, RoleKeys>>;
  readonly listed: readonly ListedPending[];
}> {
  const root = await readPending(folder, "root", published.root.version);
  const targets = await readPending(folder, "targets", published.targets.version);
  const listed: ListedPending[] = [];
  const { topKeys, delegatedKeys } = published;
  for (const pending of [root, targets]) {
    if (pending === undefined) continue;
    const { role, document, path } = pending;
    const file = relative(folder.path, path);
    const have =
      role === "root"
        ? rootProgress(document, topKeys.root, topKeysOf(document).root)
        : progress(document, topKeys.targets);
    listed.push({ role, file, version: document.version, ...have });
  }
  const { all } = await waitingFor(folder, published, log);
  for (const { document } of all)
    listed.push(listedWaiting(folder, document, delegatedKeys.routes));
  const keys = {
    ...(root !== undefined && topKeysOf(root.document)),
    ...(targets !== undefined && delegatedKeysOf(targets.document)),
  };
  return { keys, listed };
}

function expiryOf(published: Published, role: RoleName): number {
  if (role === "patches" || role === "routes") {
    return published.delegated.get(role)?.expires ?? Number.NaN;
  }
  return published[role].expires;
}
