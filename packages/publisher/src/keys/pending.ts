import { rm } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { asSentence, HostError, TrustError, UsageError } from "@causeway/kernel";
import { namesIn, readFileUpTo, writeDurably } from "../disk/files.ts";
import { readDocument, type SignedDocument } from "../documents/document.ts";
import type { VendorFolder } from "../vendor-folder.ts";

/** The documents that are signed by hand, and so may have to wait for signatures. */
export type OfflineRole = "root" | "targets";

/** Those, and the list of routes, on which keys on several machines may have to agree. */
export type WaitingRole = OfflineRole | "routes";

/** A next root or targets document that waits in keys/pending. */
export interface Pending {
  readonly path: string;
  readonly role: OfflineRole;
  readonly document: SignedDocument;
}

const pendingBytesMax = 1024 * 1024;

function pendingPath(folder: VendorFolder, role: OfflineRole, version: number): string {
  return join(folder.pending, `${version}.${role}.json`);
}

/** @throws {UsageError} `USAGE_ARGUMENT` when it is no root or targets document */
export async function readPendingFile(path: string): Promise<Pending> {
  const role = /(?:^|[\\/])\d+\.(root|targets)\.json$/.exec(path)?.[1];
  const bytes = await readFileUpTo(path, pendingBytesMax);
  if (bytes === undefined) throw new UsageError("USAGE_ARGUMENT", `there is no file ${path}.`);
  if (role !== "root" && role !== "targets") {
    const message = `${path} is not named as a pending document, 2.root.json, 2.targets.json or 2.routes.json.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  try {
    return { path, role, document: readDocument(bytes, role) };
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const message = `${path} is no TUF document: ${asSentence(cause.message)}`;
    throw new UsageError("USAGE_ARGUMENT", message, { cause });
  }
}

/** The document that would follow version `current`, if one waits. @throws {HostError} */
export async function readPending(
  folder: VendorFolder,
  role: OfflineRole,
  current: number,
): Promise<Pending | undefined> {
  const path = pendingPath(folder, role, current + 1);
  if (!(await namesIn(folder.pending)).includes(`${current + 1}.${role}.json`)) return undefined;
  try {
    const pending = await readPendingFile(path);
    if (pending.document.version === current + 1) return pending;
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
  }
  const message = `${path} is damaged; remove it and rotate the key again.`;
  throw new HostError("HOST_CORRUPT_STATE", message);
}

export async function writePending(
  folder: VendorFolder,
  role: OfflineRole,
  version: number,
  bytes: Uint8Array,
): Promise<string> {
  const path = pendingPath(folder, role, version);
  await writeDurably({ path, bytes }, { scratch: folder.work });
  return path;
}

/** Removes what was published meanwhile. */
export async function removePending(
  folder: VendorFolder,
  published: Readonly<Record<OfflineRole, number>>,
): Promise<void> {
  for (const name of await namesIn(folder.pending)) {
    const match = /^(\d+)\.(root|targets)\.json$/.exec(name);
    const role = match?.[2];
    if (role !== "root" && role !== "targets") continue;
    if (Number(match?.[1]) > published[role]) continue;
    const path = join(folder.pending, name);
    await rm(path, { force: true }).catch((cause: unknown) => {
      throw toHostError(cause, `remove ${path}`);
    });
  }
}
