import { join, resolve } from "node:path";
import { type Instant, Interrupted } from "@causeway/kernel";
import { type Config, readConfig } from "../config/config.ts";
import { sha256Of } from "../disk/digest.ts";
import { removeTree } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { PassphraseSource } from "../keys/key-file.ts";
import { Keyring } from "../keys/keyring.ts";
import { removePending } from "../keys/pending.ts";
import type { Signer } from "../keys/signer.ts";
import { type Log, silent } from "../log.ts";
import { advisoryTargets } from "../releases/advisory.ts";
import { catalogues } from "../releases/catalogue.ts";
import { deltaLists } from "../releases/delta-list.ts";
import type { GeneratedFile } from "../releases/generated-file.ts";
import type { Release } from "../releases/release.ts";
import { readReleases, releaseEntries } from "../releases/release-file.ts";
import { type MadeList, makeRouteList } from "../routes/make-list.ts";
import { dropWaitingLists, type WaitingLists, waitingFor } from "../routes/waiting-list.ts";
import { updatePages } from "../security/update-pages.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { carryOut } from "./carry-out.ts";
import { refuseClockBehind } from "./check-clock.ts";
import { offlineDocuments } from "./offline.ts";
import { placeArtifacts, placeGenerated } from "./place.ts";
import { type Published, publishedEntries, readPublished } from "./published.ts";
import { type PublishResult, roleVersions } from "./result.ts";
import { type PublishedRoutes, routesToPublish } from "./routes-to-publish.ts";
import { signDelegated, signOnline } from "./sign.ts";
import { type Documents, type Tree, treeOf } from "./tree.ts";
import { writeMetadata } from "./write-tree.ts";

export interface PublishOptions {
  readonly passphrase: PassphraseSource;
  /** Signers that are no key files, as those of a KMS. */
  readonly signers?: readonly Signer[];
  readonly now?: () => Instant;
  /** Sign although the last signing was over a day later than `now`. */
  readonly isClockRight?: boolean;
  /**
   * Read every file of the repository and of every carrier, not only what was written, and repair
   * each from the others.
   */
  readonly everyByte?: boolean;
  /** A carrier that gives no sign of life for so long has failed; 5 minutes when left out. */
  readonly carrierStallMs?: number;
  readonly onProgress?: (progress: PublishProgress) => void;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

export interface PublishProgress {
  readonly step: "place" | "sign" | "verify" | "pages" | "carry";
  readonly done: number;
  readonly total: number;
}

/**
 * Makes everything that was added public: signs, writes the repository, verifies it as a client
 * would, then brings it to every carrier. Readers see the old state or the whole new one. Safe
 * to kill at any instant and to run again; with nothing to do it changes nothing.
 * @throws {UsageError} a key is missing or locked, or the configuration is wrong
 * @throws {HostError} `HOST_BUSY` while another command writes to the folder; `HOST_CLOCK`; a full
 *   disk, …
 * @throws {TrustError} a client would refuse the result; readers still see the old state
 */
export async function publish(dir: string, options: PublishOptions): Promise<PublishResult> {
  const folder = new VendorFolder(resolve(dir));
  const config = await readConfig(folder.config);
  const lock = takeLock(folder.lock);
  try {
    await removeTree(folder.work);
    await removeTree(join(folder.repository, ".incoming"));
    return await new Publishing(folder, config, options).run();
  } finally {
    // What stays here is no failure: the next run removes it.
    await removeTree(join(folder.repository, ".incoming")).catch(() => undefined);
    lock.release();
  }
}

/** What one publish is made of. */
interface Content {
  readonly releases: readonly Release[];
  /** Files of releases, made by add. */
  readonly artifacts: readonly TargetEntry[];
  readonly generated: readonly { readonly entry: TargetEntry; readonly file: GeneratedFile }[];
  readonly list: MadeList;
  readonly waiting: WaitingLists;
}

interface Signed {
  readonly documents: Documents;
  readonly routes: PublishedRoutes;
}

class Publishing {
  readonly #folder: VendorFolder;
  readonly #config: Config;
  readonly #options: PublishOptions;
  readonly #log: Log;
  readonly #now: Instant;

  constructor(folder: VendorFolder, config: Config, options: PublishOptions) {
    this.#folder = folder;
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#now = (options.now ?? Date.now)();
  }

  async run(): Promise<PublishResult> {
    const folder = this.#folder;
    const { signal } = this.#options;
    const published = await readPublished(folder.repository);
    if (this.#options.isClockRight !== true) refuseClockBehind(published.timestamp, this.#now);
    const content = await this.#content(published);
    const { documents, routes: list } = await this.#sign(published, content);
    const generated = content.generated.map(({ entry }) => entry);
    const tree = treeOf(documents, [...content.artifacts, ...generated, list.entry]);
    if (signal?.aborted === true) throw new Interrupted();
    let bytes = await this.#place(tree, content, list);
    this.#progress("verify", 0, 1);
    const check = [...content.releases.map(({ target }) => target), list.entry];
    let pageBytes = 0;
    bytes += await writeMetadata(folder.repository, tree, check, this.#now, async () => {
      this.#progress("verify", 1, 1);
      pageBytes = await this.#updatePages(publishedEntries(documents.delegated));
    });
    bytes += pageBytes;
    const root = documents.roots.at(-1)?.version ?? 0;
    await removePending(folder, { root, targets: documents.targets.version });
    const waits = { out: list.document.version, ...(list.waits && { kept: list.waits }) };
    await dropWaitingLists(folder, waits, this.#log);
    await removeTree(folder.staged); // all of it is in the repository now, or belongs to no release
    const routes = await carryOut(folder, this.#config, tree, bytes, {
      onProgress: (done, total) => this.#progress("carry", done, total),
      signal,
      everyByte: this.#options.everyByte ?? false,
      makePages: undefined,
      pagesLast: false,
      stallMs: this.#options.carrierStallMs,
      log: this.#log,
    });
    return {
      repository: this.#config.name,
      versions: roleVersions(documents),
      patches: content.releases.length,
      routes,
    };
  }

  async #content(published: Published): Promise<Content> {
    const releases = await readReleases(this.#folder);
    const advisories = await advisoryTargets(this.#folder, releases);
    const files = [...catalogues(releases), ...deltaLists(releases), ...advisories];
    const generated = files.map((file) => {
      const { path, bytes } = file;
      return { entry: { path, length: bytes.length, sha256: sha256Of(bytes) }, file };
    });
    const waiting = await waitingFor(this.#folder, published, this.#log);
    const options = { waiting: waiting.all[0]?.list };
    const list = await makeRouteList(this.#folder, this.#config, published, this.#log, options);
    await list.keep();
    return { releases, artifacts: releases.flatMap(releaseEntries), generated, list, waiting };
  }

  async #sign(published: Published, content: Content): Promise<Signed> {
    const { passphrase, signers } = this.#options;
    const keyring = await Keyring.open(this.#folder, {
      passphrase,
      log: this.#log,
      ...(signers !== undefined && { signers }),
    });
    const now = this.#now;
    const config = this.#config;
    const offline = await offlineDocuments(published, {
      folder: this.#folder,
      config,
      keyring,
      now,
      log: this.#log,
    });
    const context = {
      expiryMs: config.expiryMs,
      keyring,
      now,
      onProgress: (done: number, total: number) => this.#progress("sign", done, total),
    };
    const { topKeys, targets, newRoot, delegatedKeys } = offline;
    const { list, waiting } = content;
    const ofRoutes = { ...context, keys: delegatedKeys.routes, waiting };
    const routes = await routesToPublish(this.#folder, published, list, ofRoutes, this.#log);
    const binned = [...content.artifacts, ...content.generated.map(({ entry }) => entry)];
    const { document } = routes;
    const delegated = await signDelegated(published, delegatedKeys, binned, document, context);
    const last = newRoot === undefined ? undefined : published.topKeys;
    const online = await signOnline(published, topKeys, targets, delegated, context, last);
    const roots = [...published.roots, ...(newRoot === undefined ? [] : [newRoot])];
    return { documents: { roots, targets, delegated, ...online }, routes };
  }

  async #place(
    tree: Tree,
    content: Content,
    { entry: { path }, bytes: list }: PublishedRoutes,
  ): Promise<number> {
    const options = {
      scratch: join(this.#folder.repository, ".incoming"),
      onProgress: (done: number, total: number) => this.#progress("place", done, total),
      signal: this.#options.signal,
    };
    const count = content.artifacts.length;
    const files = content.generated.map(({ file }) => file);
    if (list !== undefined) files.push({ path, bytes: list });
    const generated = files.flatMap((file, at) => {
      const place = tree.targets[count + at];
      return place === undefined ? [] : [{ place, file }];
    });
    const bytes = await placeArtifacts(this.#folder, tree.targets.slice(0, count), options);
    return bytes + (await placeGenerated(this.#folder, generated, options));
  }

  #updatePages(entries: readonly TargetEntry[]): Promise<number> {
    return updatePages(this.#folder, this.#config, entries, {
      scratch: join(this.#folder.repository, ".incoming"),
      everyByte: this.#options.everyByte ?? false,
      onProgress: (done, total) => this.#progress("pages", done, total),
      signal: this.#options.signal,
      log: this.#log,
    });
  }

  #progress(step: PublishProgress["step"], done: number, total: number): void {
    this.#options.onProgress?.({ step, done, total });
  }
}
