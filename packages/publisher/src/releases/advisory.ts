import { join } from "node:path";
import { HostError, type TargetPath, UsageError } from "@causeway/kernel";
import { readFileUpTo } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import type { GeneratedFile } from "./generated-file.ts";
import type { Release } from "./release.ts";

/** An advisory in OSV JSON, byte for byte as the vendor wrote it. */
export interface Advisory {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly modified: string;
  readonly bytes: Uint8Array;
}

const advisoryBytesMax = 1024 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true });

function isAdvisoryId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text) && !text.includes("..");
}

function isModified(text: string): boolean {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
  return form.test(text) && !Number.isNaN(Date.parse(text));
}

/** @throws {UsageError} `USAGE_ARGUMENT` or `USAGE_NAME` when it is no advisory */
export async function readAdvisory(path: string): Promise<Advisory> {
  const bytes = await readFileUpTo(path, advisoryBytesMax);
  if (bytes === undefined) {
    throw new UsageError("USAGE_ARGUMENT", `there is no advisory at ${path}.`);
  }
  const value = parsed(bytes, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError("USAGE_ARGUMENT", `${path} is no OSV advisory: it is no JSON object.`);
  }
  const { id, modified } = value as { readonly id?: unknown; readonly modified?: unknown };
  if (typeof id !== "string" || !isAdvisoryId(id)) {
    const message = `${path} needs an "id" of letters, digits and . _ -, as CSW-2026-0007.`;
    throw new UsageError("USAGE_NAME", message);
  }
  if (typeof modified !== "string" || !isModified(modified)) {
    const message = `${path} needs a "modified" time in UTC, as 2026-08-12T09:00:00Z.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  return { id, modified, bytes };
}

function parsed(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new UsageError("USAGE_ARGUMENT", `${path} is not JSON: ${why}.`, { cause });
  }
}

function advisoryFile(folder: VendorFolder, id: string): string {
  return join(folder.advisories, `${id}.json`);
}

/**
 * What must be written to keep the advisory: nothing when it is there already. A newer one
 * replaces an older one.
 * @throws {UsageError} `USAGE_EXISTS` when the one that is kept says otherwise and is not older
 */
export async function advisoryUpdate(
  folder: VendorFolder,
  advisory: Advisory,
): Promise<{ readonly path: string; readonly bytes: Uint8Array } | undefined> {
  const path = advisoryFile(folder, advisory.id);
  const kept = await readFileUpTo(path, advisoryBytesMax);
  if (kept === undefined) return { path, bytes: advisory.bytes };
  if (Buffer.compare(kept, advisory.bytes) === 0) return undefined;
  const { modified } = await readAdvisory(path);
  if (Date.parse(modified) < Date.parse(advisory.modified)) {
    return { path, bytes: advisory.bytes };
  }
  const message =
    `advisory ${advisory.id} is here already, modified ${modified}, with other contents; ` +
    'give the new one a later "modified" time.';
  throw new UsageError("USAGE_EXISTS", message);
}

/** The advisories that the releases name, as targets. */
export async function advisoryTargets(
  folder: VendorFolder,
  releases: readonly Release[],
): Promise<readonly GeneratedFile[]> {
  const ids = new Set(releases.flatMap((release) => release.record.advisories));
  const files: GeneratedFile[] = [];
  for (const id of ids) {
    const bytes = isAdvisoryId(id)
      ? await readFileUpTo(advisoryFile(folder, id), advisoryBytesMax)
      : undefined;
    if (bytes === undefined) {
      const message = `advisory ${id}, which a release names, is not in advisories/; restore it.`;
      throw new HostError("HOST_MISSING", message);
    }
    files.push({ path: `advisories/${id}.json` as TargetPath, bytes });
  }
  return files;
}
