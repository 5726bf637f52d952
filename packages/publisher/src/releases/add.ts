import { join, resolve } from "node:path";
import {
  compareVersions,
  Interrupted,
  type Platform,
  type ProductId,
  type TargetPath,
  UsageError,
  type Version,
} from "@causeway/kernel";
import { type Built, buildArtifacts } from "../artifacts/build.ts";
import { readConfig } from "../config/config.ts";
import { makeFolder, removeTree, writeDurably } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import { type Log, silent } from "../log.ts";
import { publishedEntries, readPublished } from "../publish/published.ts";
import { piecesOf } from "../security/pieces.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { type Advisory, advisoryUpdate, readAdvisory } from "./advisory.ts";
import { fileOfRelease, replacedReleases } from "./earlier.ts";
import { checkInputFile, checkRoom, type InputFile } from "./input-file.ts";
import { type AddOptions, checkDerivedNames, type Intent, intentOf, pathOf } from "./intent.ts";
import { platformWarning } from "./platform.ts";
import { productOf } from "./product.ts";
import type { Release } from "./release.ts";
import { encodeReleaseFile, readReleases } from "./release-file.ts";
import { releaseOf, stage } from "./staging.ts";

/** What was staged; the next publish makes it public. */
export interface Added {
  readonly target: TargetPath;
  readonly product: ProductId;
  readonly version: Version;
  readonly platform: Platform;
  readonly length: number;
  readonly sha256: string;
  /** Bytes of the pack; undefined when packing does not pay. */
  readonly packLength: number | undefined;
  readonly deltas: readonly { readonly from: Version; readonly length: number }[];
}

/**
 * Prepares a patch for publishing: pack, chunk index, deltas, record. Needs no key. The record
 * is written last, so a kill at any instant leaves nothing behind but files that the next run
 * replaces, and the same command can be run again.
 * @throws {UsageError} when something is wrong with the request; nothing was written
 * @throws {HostError} when the machine stands in the way
 */
export async function addRelease(dir: string, options: AddOptions): Promise<Added> {
  const folder = new VendorFolder(resolve(dir));
  const log = options.log ?? silent;
  const config = await readConfig(folder.config);
  const product = await productOf(folder, config, options.product, log);
  const input = await checkInputFile(options.file);
  const intent = intentOf(options);
  for (const message of [input.warning, platformWarning(intent.platform)]) {
    if (message !== undefined) log({ level: "warning", message });
  }
  const advisories = await readAdvisories(options.advisories ?? []);
  const lock = takeLock(folder.lock);
  try {
    await removeTree(folder.work);
    const ofProduct = await readReleases(folder, product);
    const twin = twinOf(ofProduct, intent);
    if (twin !== undefined) await checkReplaceable(folder, twin, options.again === true);
    const others = ofProduct.filter((release) => release !== twin);
    const { version, platform, replaces } = intent;
    const olds = replacedReleases(others, version, platform, replaces);
    for (const advisory of advisories) await advisoryUpdate(folder, advisory);
    const targetPath = pathOf(product, intent);
    for (const old of olds) checkDerivedNames(targetPath, old.record.version);
    const built = await build(folder, input, olds, options);
    for (const note of built.notes) log({ level: "info", message: note });
    const release = releaseOf(product, intent, targetPath, advisories, built, olds);
    await stage(folder, built);
    const { target } = release;
    await piecesOf(folder, target, folder.stagedFile(target.sha256), options.signal);
    await keepAdvisories(folder, advisories);
    const path = folder.release(product, version, platform);
    // Spelled otherwise, as 1.0 for 1.0.0, it has another path; both must never be there at once.
    if (twin !== undefined && twin.record.version !== version) {
      await removeTree(folder.release(product, twin.record.version, platform));
    }
    await writeDurably({ path, bytes: encodeReleaseFile(release) }, { scratch: folder.work });
    if (twin !== undefined) warnOfOldDeltas(twin, others, log);
    return summary(release);
  } catch (cause) {
    if (options.signal?.aborted !== true) throw cause;
    throw new Interrupted(undefined, { cause });
  } finally {
    await removeTree(folder.work).catch(() => undefined); // the next run does it
    lock.release();
  }
}

async function readAdvisories(paths: readonly string[]): Promise<readonly Advisory[]> {
  const found = new Map<string, Advisory>();
  for (const path of paths) {
    const advisory = await readAdvisory(path);
    if (found.has(advisory.id)) {
      throw new UsageError("USAGE_ARGUMENT", `advisory ${advisory.id} is given twice.`);
    }
    found.set(advisory.id, advisory);
  }
  if (found.size > 256)
    throw new UsageError("USAGE_ARGUMENT", "a patch has at most 256 advisories.");
  return [...found.values()];
}

/** The release of the same version, however it is spelled, for the same platform. */
function twinOf(ofProduct: readonly Release[], wanted: Intent): Release | undefined {
  return ofProduct.find(({ record: { platform, version } }) => {
    return platform === wanted.platform && compareVersions(version, wanted.version) === 0;
  });
}

async function checkReplaceable(
  folder: VendorFolder,
  twin: Release,
  again: boolean,
): Promise<void> {
  const { product, version, platform } = twin.record;
  const { delegated } = await readPublished(folder.repository);
  const isPublic = publishedEntries(delegated).some(({ path }) => path === twin.target.path);
  if (again && !isPublic) return;
  const what = `${product} ${version} for ${platform}`;
  const message = isPublic
    ? `${what} is public already; a changed file needs a new version.`
    : `${what} was added already and is not public yet; --again puts this one in its place.`;
  throw new UsageError("USAGE_EXISTS", message);
}

/** Differences to what was replaced fit nobody who has what took its place. */
function warnOfOldDeltas(replaced: Release, others: readonly Release[], log: Log): void {
  for (const { record, deltas } of others) {
    if (!deltas.some(({ from }) => from.sha256 === replaced.target.sha256)) continue;
    const message =
      `${record.version} for ${record.platform} has a difference to what was replaced, ` +
      "which fits nobody now; add it --again as well.";
    log({ level: "warning", message });
  }
}

async function build(
  folder: VendorFolder,
  input: InputFile,
  olds: readonly Release[],
  options: AddOptions,
): Promise<Built> {
  const outDir = join(folder.work, "add");
  await makeFolder(outDir);
  await checkRoom(outDir, input.length);
  return buildArtifacts({
    file: input.path,
    outDir,
    olds: olds.map((old) => {
      const { record, target } = old;
      return { name: record.version, file: fileOfRelease(folder, old), sha256: target.sha256 };
    }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(options.workers !== undefined && { workers: options.workers }),
  });
}

async function keepAdvisories(
  folder: VendorFolder,
  advisories: readonly Advisory[],
): Promise<void> {
  for (const advisory of advisories) {
    const update = await advisoryUpdate(folder, advisory);
    if (update !== undefined) await writeDurably(update, { scratch: folder.work });
  }
}

function summary({ record, target, deltas }: Release): Added {
  return {
    target: target.path,
    product: record.product,
    version: record.version,
    platform: record.platform,
    length: target.length,
    sha256: target.sha256,
    packLength: record.pack?.length,
    deltas: deltas.map((delta) => ({ from: delta.from.version, length: delta.length })),
  };
}
