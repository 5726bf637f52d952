import { constants, type Stats } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { basename } from "node:path";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { HostError, isFileName, UsageError } from "@causeway/kernel";
import { containerHeadLength, containerWarning } from "./container.ts";

/** The file that is to be published, checked. */
export interface InputFile {
  readonly path: string;
  readonly length: number;
  /** Something that the vendor should know before customers pay for it. */
  readonly warning: string | undefined;
}

const lengthMax = 64 * 1024 ** 3; // an index of it has a million chunks, 40 MB

/**
 * Looks at the file before any work is done.
 * @throws {UsageError} `USAGE_ARGUMENT` when it is missing, empty, too large or no file
 * @throws {HostError} `HOST_DENIED` when it cannot be read
 */
export async function checkInputFile(path: string): Promise<InputFile> {
  const handle = await openInput(path);
  try {
    const info = await handle.stat();
    const wrong = whatIsWrong(info);
    if (wrong !== undefined) throw new UsageError("USAGE_ARGUMENT", `${path} ${wrong}.`);
    const head = new Uint8Array(containerHeadLength);
    await handle.read(head, 0, head.length, 0);
    return { path, length: info.size, warning: containerWarning(head, basename(path)) };
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw toHostError(cause, `read ${path}`);
  } finally {
    await handle.close();
  }
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    // Not to hang on a named pipe that nobody writes to.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (isMissing(cause)) {
      throw new UsageError("USAGE_ARGUMENT", `there is no file ${path}.`, { cause });
    }
    throw toHostError(cause, `read ${path}`);
  }
}

function whatIsWrong(info: Stats): string | undefined {
  if (info.isDirectory()) return "is a folder; give the one file that customers install";
  if (!info.isFile()) return "is not a regular file";
  if (info.size === 0) return "is empty";
  if (info.size > lengthMax) return `is larger than ${lengthMax / 1024 ** 3} GiB`;
  return undefined;
}

/** @throws {HostError} `HOST_FULL` when not even a copy of the file would fit into `folder` */
export async function checkRoom(folder: string, length: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((cause: unknown) => {
    throw toHostError(cause, `look at ${folder}`);
  });
  const free = bavail * bsize;
  if (free >= length) return;
  const message = `${folder} has ${free} bytes free, and the file alone takes ${length}.`;
  throw new HostError("HOST_FULL", message);
}

/**
 * The name under which customers see the file: `given`, else the file's own.
 * @throws {UsageError} `USAGE_NAME`
 */
export function targetName(path: string, given: string | undefined): string {
  const name = given ?? basename(path);
  if (isTargetName(name)) return name;
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  const rule = `cannot be carried by every route; use letters, digits and . _ ~ -`;
  throw new UsageError("USAGE_NAME", `the name ${shown} ${rule}, as --name ${suggested(name)}`);
}

// A leading dot: origins hide such files, and minimatch, which other TUF clients use for
// delegated paths, does not let `*` match them.
function isTargetName(name: string): boolean {
  return isFileName(name) && !name.startsWith(".");
}

function suggested(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "");
  const safe = plain.replace(/[^A-Za-z0-9._~-]+/g, "-").replace(/^[.-]+|-+$/g, "");
  return isTargetName(safe) ? safe : "patch.bin";
}
