import { stat } from "node:fs/promises";
import * as path from "node:path";
import { HostError, Interrupted, UsageError } from "@causeway/kernel";
import {
  type Checked,
  type CheckRequest,
  type Client,
  type ClientEvent,
  createClient,
  type Got,
} from "../client.ts";
import { type OldFile, requireFewOldFiles } from "../download/old-file.ts";
import { downloadLimits } from "../download-limits.ts";
import { routesMax } from "../limits.ts";
import type { AnnouncementNews } from "../routes/announced/dropped.ts";
import type { FleetTicket } from "../routes/fleet-ticket.ts";
import { RetryBudget } from "../routes/retry-budget.ts";
import type { ProxySettings } from "./connect/proxy-rule.ts";
import type { FileLock } from "./internal/file-lock.ts";
import { heldRoute } from "./internal/held.ts";
import { readTrust } from "./internal/read-trust.ts";
import { type LockHolder, lockFolder } from "./lock.ts";
import { type NodePorts, type NodePortsOptions, nodePorts } from "./ports.ts";
import { folderStore, sweepFolder } from "./store.ts";

export interface OpenOptions {
  /** The vendor's root.json, as bytes or the path of the file; needed once per state folder. */
  readonly trust?: string | Uint8Array;
  /** As `ClientOptions.routes`. */
  readonly routes: readonly string[];
  /**
   * Given by the vendor by hand, as `readFleetTicket` reads them; each is shown to the one of
   * `routes` that is at its `url` alone.
   */
  readonly tickets?: readonly FleetTicket[];
  /** As `ClientOptions.neighbours`; no proxy stands before them. */
  readonly neighbours?: readonly string[];
  /** As `ClientOptions.region`. */
  readonly region?: string;
  /**
   * Where the trusted metadata lives. Made if missing; one vendor each. What a bundle has brought
   * there is one more route.
   */
  readonly stateFolder: string;
  /** How long to wait for another process that uses the state; a minute unless given. */
  readonly lockWaitMs?: number;
  /** Called when a call has to wait for such a process. */
  readonly onWait?: (holder: LockHolder) => void;
  /** As `ClientOptions.onAnnouncement`. */
  readonly onAnnouncement?: (news: AnnouncementNews) => void;
  /** What stands between here and the routes; `proxySettings(process.env)` is what others take. */
  readonly proxies?: ProxySettings;
  /** Instead of the machine's own, and of `proxies`, as for a transport that is slowed down on purpose. */
  readonly ports?: NodePorts;
}

export interface FileCheckRequest extends Omit<CheckRequest, "platform"> {
  /** This machine's, unless given. */
  readonly platform?: string;
}

export interface FileGetRequest extends FileCheckRequest {
  /** A file to be made, or a folder for a file of the published name; the current one if absent. */
  readonly output?: string;
  /**
   * Files that may hold parts of the patch; an older version, as a rule. Of one that is missing,
   * that cannot be read, or that is no file, `onProgress` is told, and the patch comes without.
   */
  readonly have?: readonly string[];
  readonly onProgress?: (event: ClientEvent) => void;
}

/** A client whose state, output and old files are files of this machine. */
export interface FileClient {
  /** Throws as `Client.check`. */
  check(product: string, request?: FileCheckRequest): Promise<Checked>;
  /** Throws as `Client.get`. The `file` of what it resolves to is a full path. */
  get(product: string, request?: FileGetRequest): Promise<Got>;
  /**
   * Interrupts what is under way, lets go of all connections, and is the last call. A process
   * ends without it, too.
   */
  close(): void;
}

const retries = new RetryBudget(); // one for all clients of this process
const lockWaitMs = 60_000; // a small patch's time; who waits for more wants to know for whom

/** This machine, as `get` names platforms: `linux-x64`, `win32-arm64`, `darwin-arm64`. */
export function thisPlatform(): string {
  return `${process.platform}-${process.arch}`;
}

/**
 * Opens a client on this machine's files and network.
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong route, region or proxy, or when there is no file of that root
 * @throws {HostError}
 */
export async function openClient(options: OpenOptions): Promise<FileClient> {
  const trust = await readTrust(options.trust);
  const ports = options.ports ?? nodePorts(withoutProxies(options));
  const clientOn = (routes: readonly string[]): Client =>
    createClient({
      ...(trust && { trust }),
      routes,
      ...(options.neighbours && { neighbours: options.neighbours }),
      ...(options.tickets && { tickets: options.tickets }),
      ...(options.region !== undefined && { region: options.region }),
      ...(options.onAnnouncement && { onAnnouncement: options.onAnnouncement }),
      state: folderStore(options.stateFolder),
      ports,
      retries,
      hold: (signal) => holdState(options, ports, signal),
    });
  clientOn(options.routes); // what is wrong is told here
  // Anew for each call: an application runs for long, and a bundle may be applied meanwhile.
  const current = (): Client => {
    const held = heldRoute(options.stateFolder);
    const hasRoom = options.routes.length < routesMax;
    return clientOn(held !== undefined && hasRoom ? [...options.routes, held] : options.routes);
  };
  const closing = new AbortController();
  const endOf = ({ signal }: FileCheckRequest): AbortSignal => {
    return signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
  };
  return {
    async check(product, request = {}) {
      const signal = endOf(request);
      return current().check(product, { platform: thisPlatform(), ...request, signal });
    },
    async get(product, request = {}) {
      const { output = ".", have = [], ...rest } = request;
      const signal = endOf(request);
      const { folder, name } = await splitOutput(output);
      const olds = await openOldFiles(have, request.onProgress);
      try {
        const got = await current().get(product, {
          platform: thisPlatform(),
          ...rest,
          signal,
          output: { store: folderStore(folder), ...(name !== undefined && { name }) },
          have: olds,
        });
        return { ...got, file: path.join(folder, got.file) };
      } finally {
        await closeAll(olds);
      }
    },
    close() {
      closing.abort(new Interrupted("the client was closed"));
      ports.transport.close();
    },
  };
}

/** To neighbours: a proxy does not lead into this machine's own network. */
function withoutProxies({ proxies, neighbours = [] }: OpenOptions): NodePortsOptions {
  if (proxies === undefined) return {};
  const hosts = neighbours.filter((url) => URL.canParse(url)).map((url) => new URL(url).host);
  return { proxies: { ...proxies, except: [...hosts, proxies.except ?? ""].join(",") } };
}

async function holdState(
  options: OpenOptions,
  { clock }: NodePorts,
  signal: AbortSignal,
): Promise<FileLock> {
  const lock = await lockFolder(options.stateFolder, {
    waitMs: options.lockWaitMs ?? lockWaitMs,
    clock,
    signal,
    ...(options.onWait && { onWait: options.onWait }),
  });
  try {
    await sweepFolder(options.stateFolder);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function splitOutput(
  output: string,
): Promise<{ readonly folder: string; readonly name: string | undefined }> {
  const file = path.resolve(output);
  const there = await stat(file).catch(() => undefined); // what is wrong shows when it is written
  if (there !== undefined && !there.isFile() && !there.isDirectory()) {
    throw new UsageError(
      "USAGE_ARGUMENT",
      `${file} is a pipe or a device; name a file or a folder.`,
    );
  }
  if (/[\\/]$/.test(output) || there?.isDirectory() === true)
    return { folder: file, name: undefined };
  return { folder: path.dirname(file), name: path.basename(file) };
}

async function openOldFiles(
  names: readonly string[],
  tell: FileGetRequest["onProgress"],
): Promise<readonly OldFile[]> {
  requireFewOldFiles(names.length, downloadLimits.oldFilesMax);
  const olds: OldFile[] = [];
  try {
    for (const name of names) {
      const old = await openOrTell(path.resolve(name), tell);
      if (old !== undefined) olds.push(old);
    }
    return olds;
  } catch (error) {
    await closeAll(olds);
    throw error;
  }
}

async function openOrTell(
  file: string,
  tell: FileGetRequest["onProgress"],
): Promise<OldFile | undefined> {
  try {
    return await openOldFile(file);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    tell?.({ kind: "unreadable", file, why: error.message });
    return undefined;
  }
}

async function openOldFile(file: string): Promise<OldFile> {
  const handle = await folderStore(path.dirname(file)).open(path.basename(file), "read");
  try {
    await handle.readAt(new Uint8Array(1), 0); // fails on a folder
    return { handle, length: await handle.length() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function closeAll(olds: readonly OldFile[]): Promise<void> {
  for (const { handle } of olds) await handle.close();
}
