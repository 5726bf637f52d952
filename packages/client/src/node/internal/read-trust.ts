import { stat } from "node:fs/promises";
import * as path from "node:path";
import { UsageError } from "@causeway/kernel";
import { folderStore } from "../store.ts";

const trustLengthMax = 1024 * 1024; // a root with hundreds of keys and signatures

/**
 * The vendor's root.json, as the caller has it or as the file of that name holds it.
 * @throws {UsageError} `USAGE_ARGUMENT` when there is no such file
 * @throws {HostError}
 */
export async function readTrust(
  trust: string | Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  if (typeof trust !== "string") return trust;
  const file = path.resolve(trust);
  const wrong = (what: string): UsageError => {
    return new UsageError(
      "USAGE_ARGUMENT",
      `${file}: ${what}; it should be the vendor's root.json.`,
    );
  };
  if ((await stat(file).catch(() => undefined))?.isDirectory()) throw wrong("that is a folder");
  const bytes = await folderStore(path.dirname(file)).read(path.basename(file), trustLengthMax);
  if (bytes === undefined) throw wrong("there is no such file");
  return bytes;
}
