import { randomBytes } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { busyPage } from "../refusals.ts";
import { replaceFile } from "../replace-file.ts";
import type { OpenedRule } from "../shield/rulebook.ts";
import type { SigningKey } from "../shield/ticket.ts";
import { edgeFiles, placeKeyName } from "./edge-names.ts";
import { keyMapLines } from "./key-map.ts";
import { openRuleLines } from "./open-rules.ts";

/**
 * Writes what an HAProxy's configuration refers to into `folder`. The names that are retired and the
 * rules that are open stay, since they are changed while it runs.
 * @throws {HostError}
 */
export async function writeEdgeFiles(
  folder: string,
  {
    keys,
    alternates,
  }: { readonly keys: readonly SigningKey[]; readonly alternates: readonly string[] },
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeKeyMap(folder, keys);
    await writePlaceKey(folder);
    await replaceFile(join(folder, edgeFiles.busy), busyPage(503, alternates), 0o644);
    for (const name of [edgeFiles.retired, edgeFiles.openRules]) {
      const kept = await open(join(folder, name), "a", 0o644);
      await kept.close();
    }
  } catch (cause) {
    throw toHostError(cause, `write the edge's files into ${folder}`);
  }
}

/** Writes the keys that an HAProxy knows tickets by. @throws {HostError} */
export async function writeKeyMap(folder: string, keys: readonly SigningKey[]): Promise<void> {
  await writeKeyMapLines(folder, keyMapLines(keys));
}

/** The same, of lines of the map. @throws {HostError} */
export async function writeKeyMapLines(folder: string, shown: readonly string[]): Promise<void> {
  await replaceFile(join(folder, edgeFiles.keys), lines(shown), 0o600);
}

/** A new one each time: what an HAProxy has read stays until it starts again. */
async function writePlaceKey(folder: string): Promise<void> {
  const line = `${placeKeyName} ${randomBytes(32).toString("base64")}`;
  await replaceFile(join(folder, edgeFiles.placeKey), lines([line]), 0o600);
}

/** Writes the names that an HAProxy has retired from its start on. @throws {HostError} */
export async function writeRetired(folder: string, hosts: readonly string[]): Promise<void> {
  const shown = lines(hosts.map((host) => `${host} retired`));
  await replaceFile(join(folder, edgeFiles.retired), shown, 0o644);
}

/** Writes the rules that are open at an HAProxy from its start on. @throws {HostError} */
export async function writeOpenRules(folder: string, opened: readonly OpenedRule[]): Promise<void> {
  await replaceFile(join(folder, edgeFiles.openRules), lines(openRuleLines(opened)), 0o644);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
