import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { errnoOf, toHostError } from "@causeway/client/internal/host-error";
import { UsageError } from "@causeway/kernel";
import { fileStamp } from "../file-stamp.ts";
import type { PemFiles, PemPair } from "./pem-pair.ts";

const bytesMax = 256 * 1024; // a chain of sixteen large certificates has a quarter of that
// Without O_NONBLOCK, opening a FIFO would wait for a writer. Windows has no such flag.
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
// The group may read it: many systems keep keys of servers so (Debian's ssl-cert).
const modeNotForKeys = 0o037;

/** Both files as they are now. @throws {UsageError} `TLS_CERTIFICATE`, `TLS_KEY` */
export async function readPemFiles(files: PemFiles): Promise<PemPair> {
  return {
    cert: await readText(files.certFile, "TLS_CERTIFICATE", "--tls-cert"),
    key: await readText(files.keyFile, "TLS_KEY", "--tls-key"),
  };
}

/** Changes when one of the files may have changed, appeared or vanished. */
export async function stampOf({ certFile, keyFile }: PemFiles): Promise<string> {
  const stamps = [certFile, keyFile].map(async (file) => {
    try {
      return await fileStamp(file);
    } catch (cause) {
      return errnoOf(cause) ?? "unknown";
    }
  });
  return (await Promise.all(stamps)).join(" ");
}

/** A sentence for the operator when others may read or change the key. */
export async function worriesOfMode({ keyFile }: PemFiles): Promise<readonly string[]> {
  if (process.platform === "win32") return []; // there a mode says nothing
  const mode = (await stat(keyFile).catch(() => undefined))?.mode ?? 0;
  if ((mode & modeNotForKeys) === 0) return [];
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return [`the key ${keyFile} is open to other users (mode ${octal}); chmod 600 closes it`];
}

async function readText(
  file: string,
  code: "TLS_CERTIFICATE" | "TLS_KEY",
  flag: string,
): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, openFlags);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new UsageError(code, `${file} is no file. Give one with ${flag}.`);
    const buffer = Buffer.alloc(bytesMax + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > bytesMax) {
      const what = `${file} has over ${bytesMax / 1024} KiB; no PEM file of a server is so large`;
      throw new UsageError(code, `${what}. Give another with ${flag}.`);
    }
    return buffer.toString("latin1", 0, bytesRead);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { message } = toHostError(cause, `read ${file}`);
    throw new UsageError(code, `${message} Give another with ${flag}.`, { cause });
  } finally {
    await handle?.close();
  }
}
