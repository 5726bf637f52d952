import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Lookup,
  quoteSegment,
  Refresh,
  type TargetFile,
  TrustedSet,
  verifyTarget,
} from "@causeway/trust";
import { fetchFile, Missing } from "./fetch-file.ts";
import { StateFolder, writeFileAtomically } from "./state-folder.ts";

export interface Command {
  readonly metadataFolder: string;
  readonly metadataUrl: string;
  /** The reference time of the whole command. */
  readonly now: number;
}

/** The target that is asked for, and where its bytes come from and go. */
export interface TargetRequest {
  readonly path: string;
  readonly url: string;
  readonly folder: string;
}

export async function init(metadataFolder: string, trustedRoot: string): Promise<void> {
  await new StateFolder(metadataFolder).pin(await readFile(trustedRoot));
}

/** @throws when the client workflow did not reach its end; what it accepted before is kept */
export async function refresh(command: Command): Promise<TrustedSet> {
  const state = new StateFolder(command.metadataFolder);
  const set = TrustedSet.open(await state.pinned(), await state.stored(), command.now);
  const run = new Refresh(set, command.now);
  while (run.want !== undefined) {
    const { path, lengthMax, absence } = run.want;
    const bytes = await fetchFile(command.metadataUrl, path, lengthMax).catch((error: unknown) => {
      if (error instanceof Missing && absence === "final") return undefined;
      throw error;
    });
    await state.persist(bytes === undefined ? run.absent() : run.offer(bytes));
  }
  return run.set;
}

/** @throws when no trusted role vouches for the target, or its bytes cannot be had */
export async function download(command: Command, request: TargetRequest): Promise<void> {
  const state = new StateFolder(command.metadataFolder);
  const lookup = new Lookup(await refresh(command), request.path, command.now);
  while (lookup.want !== undefined) {
    const { path, lengthMax } = lookup.want;
    await state.persist(lookup.offer(await fetchFile(command.metadataUrl, path, lengthMax)));
  }
  if (lookup.fault !== undefined) throw lookup.fault;
  if (lookup.found === undefined) throw new Error(`nobody vouches for ${request.path}`);
  await mkdir(request.folder, { recursive: true });
  const file = join(request.folder, fileName(request.path));
  if (await isAlreadyThere(file, lookup.found)) return;
  await writeFileAtomically(file, await fetchTarget(request.url, lookup.found));
}

async function fetchTarget(url: string, target: TargetFile): Promise<Uint8Array> {
  const [location = ""] = target.locations;
  const bytes = await fetchFile(url, location, target.length);
  verifyTarget(target, bytes);
  return bytes;
}

async function isAlreadyThere(file: string, target: TargetFile): Promise<boolean> {
  try {
    verifyTarget(target, await readFile(file));
    return true;
  } catch {
    return false; // missing, older or damaged: it is fetched
  }
}

/** One flat file name for each target path. */
function fileName(path: string): string {
  const quoted = quoteSegment(path);
  return quoted.length <= 200 ? quoted : createHash("sha256").update(path).digest("hex");
}
