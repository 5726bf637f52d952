import { access, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "@causeway/kernel";
import { writeEdgeFiles, writeKeyMap, writeOpenRules, writeRetired } from "../edge/edge-files.ts";
import { edgeLimits } from "../edge/edge-limits.ts";
import { haproxyConfig } from "../edge/haproxy-config.ts";
import { LiveEdge } from "../edge/live-edge.ts";
import { openRuleLines } from "../edge/open-rules.ts";
import { writeConfig } from "../edge/write-edge.ts";
import { type Log, throttledLog } from "../log.ts";
import { moreOpenFiles, openFilesAllowed } from "../open-files.ts";
import { replaceFile } from "../replace-file.ts";
import type { OpenedRule } from "../shield/rulebook.ts";
import type { SigningKey } from "../shield/ticket.ts";
import type { PemPair } from "../tls/pem-pair.ts";
import { edgeConnections } from "./edge-connections.ts";
import { type EdgeState, EdgeSupervisor } from "./edge-supervisor.ts";
import { findHaproxy, type Haproxy } from "./find-haproxy.ts";
import { keepFresh } from "./fresh-folder.ts";
import { startHaproxy } from "./haproxy-process.ts";
import { OrphanWatch } from "./orphan-watch.ts";
import { type OwnEdgePlan, ownEdgePlan, pemFile } from "./own-edge-plan.ts";
import { makeRunFolder } from "./run-folder.ts";

const saidLinesPerSecondMax = 10;
const againMs = 5_000; // a full disk has room again, or has not

/** What an HAProxy in front reads that may change while it runs. */
interface EdgeSecrets {
  readonly keys: readonly SigningKey[];
  readonly pair: PemPair | undefined;
}

/**
 * The HAProxy that an origin starts in front of itself, and all that it needs in a folder of its
 * own. What changes is written there for its next start, and told to the one that runs.
 */
export class OwnEdge {
  readonly haproxy: Haproxy;
  /** Where its files and its runtime socket lie. */
  readonly folder: string;
  readonly #log: Log;
  readonly #watch: OrphanWatch;
  readonly #live: LiveEdge;
  #supervisor: EdgeSupervisor | undefined;
  readonly #letAge: () => void;
  #secrets: EdgeSecrets = { keys: [], pair: undefined };
  #retired: readonly string[] = [];
  #opened: readonly OpenedRule[] = [];
  /** The certificate and key in the file, and those of the one that runs. */
  #writtenPem: string | undefined;
  #shownPem: string | undefined;
  #changes: Promise<void> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;
  #complaint = "";
  #stopped = false;

  private constructor(haproxy: Haproxy, folder: string, log: Log) {
    this.haproxy = haproxy;
    this.folder = folder;
    this.#log = log;
    this.#watch = new OrphanWatch(folder, log);
    this.#live = new LiveEdge(this.control);
    this.#letAge = keepFresh(folder);
  }

  /** Finds an HAProxy and makes its folder. @throws {HostError} */
  static async prepare(log: Log): Promise<OwnEdge> {
    const haproxy = await findHaproxy(process.env["PATH"]);
    return new OwnEdge(haproxy, await makeRunFolder(), log);
  }

  /** Its runtime socket. */
  get control(): string {
    return join(this.folder, "control");
  }

  /** Where workers listen to it, one each. */
  sockets(count: number): readonly string[] {
    return Array.from({ length: count }, (_, at) => join(this.folder, `origin-${at + 1}.sock`));
  }

  /**
   * Resolves when it is in front.
   * @param onChange called when it is, and when it is no longer
   * @throws {HostError} it does not start; `stop` is to be called all the same
   */
  async start(
    plan: Omit<OwnEdgePlan, "connectionsMax"> &
      EdgeSecrets & { readonly alternates: readonly string[] },
    onChange: (inFront: boolean) => void,
  ): Promise<void> {
    const { keys, pair, alternates } = plan;
    this.#secrets = { keys, pair };
    const config = join(this.folder, "haproxy.cfg");
    await writeEdgeFiles(this.folder, { keys, alternates });
    await this.#writePair();
    const connectionsMax = await this.#connectionsMax(plan.sockets.length);
    const whole = ownEdgePlan({ ...plan, connectionsMax }, this.folder, this.control);
    await writeConfig(config, haproxyConfig(whole));
    const calm = throttledLog(this.#log, saidLinesPerSecondMax);
    this.#supervisor = new EdgeSupervisor({
      start: async () => {
        const { sockets } = plan;
        await requireSockets(sockets);
        const pem = this.#writtenPem;
        const engine = await startHaproxy({
          file: this.haproxy.file,
          config,
          control: this.control,
          onProcess: (pid) => this.#watch.mind(pid),
          log: calm,
        });
        this.#shownPem = pem;
        // One that reaches no worker is of no use in front, however well it is.
        const answers = async (): Promise<boolean> => {
          return (await areThere(sockets)) && engine.answers();
        };
        return { ...engine, answers };
      },
      onChange: (inFront) => {
        onChange(inFront);
        if (!inFront) return;
        const { version } = this.haproxy;
        const fields = { version, control: this.control };
        this.#log({ level: "info", event: "edge-in-front", fields });
        this.#change(); // while it started, something may have changed
      },
      clock: { steady: () => performance.now(), sleep: pause },
      log: this.#log,
    });
    await this.#supervisor.start();
  }

  state(): EdgeState {
    return this.#supervisor?.state() ?? { inFront: false, restarts: 0 };
  }

  /** Tickets of these keys, and no others, are good from soon on. */
  setTicketKeys(keys: readonly SigningKey[]): void {
    this.#secrets = { ...this.#secrets, keys };
    this.#change();
  }

  /** Whoever asks by one of these names is sent away from soon on. */
  setRetired(hosts: readonly string[]): void {
    if (hosts.join() === this.#retired.join()) return;
    this.#retired = hosts;
    this.#change();
  }

  /** These of its rules turn nobody away from soon on, each until its end. */
  setOpened(opened: readonly OpenedRule[]): void {
    if (openRuleLines(opened).join() === openRuleLines(this.#opened).join()) return;
    this.#opened = opened;
    this.#change();
  }

  /** It speaks TLS with this pair from soon on. */
  setPair({ cert, key }: PemPair): void {
    const { pair } = this.#secrets;
    if (pair === undefined || (pair.cert === cert && pair.key === key)) return;
    this.#secrets = { ...this.#secrets, pair: { cert, key } };
    this.#change();
  }

  /** Lets it finish for at most `graceMs`. Resolves when it has ended, and its folder is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#letAge();
    await this.#supervisor?.stop(graceMs);
    await this.#changes;
    await rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
    this.#watch.end();
  }

  /** As many as it may have files open for. @throws {HostError} too few */
  async #connectionsMax(workers: number): Promise<number> {
    const allowed = await openFilesAllowed();
    const connections = edgeConnections(allowed, availableParallelism(), workers);
    if (connections < edgeLimits.connectionsMax) {
      const fields = { openFiles: allowed, connections, next: moreOpenFiles };
      this.#log({ level: "warn", event: "edge-few-open-files", fields });
    }
    return connections;
  }

  #change(): void {
    if (this.#stopped) return;
    clearTimeout(this.#again);
    const change = async (): Promise<void> => {
      try {
        await this.#bringUpToDate();
        this.#complaint = "";
      } catch (cause) {
        if (!(cause instanceof HostError)) throw cause;
        this.#complain(cause.message);
        this.#again = setTimeout(() => this.#change(), againMs).unref();
      }
    };
    this.#changes = this.#changes.then(change);
  }

  /** Once of what goes on. */
  #complain(why: string): void {
    if (why === this.#complaint) return;
    this.#complaint = why;
    this.#log({ level: "error", event: "edge-not-changed", fields: { why } });
  }

  /** The one that runs first: it is to change also where nothing can be written. @throws {HostError} */
  async #bringUpToDate(): Promise<void> {
    const isDone = await this.#tellRunning();
    try {
      const { keys } = this.#secrets;
      await writeKeyMap(this.folder, keys);
      await writeRetired(this.folder, this.#retired);
      await writeOpenRules(this.folder, this.#opened);
      await this.#writePair();
    } finally {
      if (!isDone) this.#supervisor?.renew();
    }
  }

  /** @returns false when the one that runs has to start anew */
  async #tellRunning(): Promise<boolean> {
    if (!this.state().inFront) return true;
    const { keys, pair } = this.#secrets;
    try {
      await this.#live.swapKeys(keys);
      await this.#live.setRetired(this.#retired);
      await this.#live.setOpened(this.#opened);
      if (pair !== undefined) await this.#showPem(pemOf(pair));
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause;
      // The next one is told the same when it is in front.
      if (this.#stopped || !this.state().inFront) return true;
      const fields = { why: cause.message };
      this.#log({ level: "warn", event: "edge-renewed", fields });
      return false;
    }
    return true;
  }

  /** A long one can only be read at a start, so it is told only when it is another. */
  async #showPem(pem: string): Promise<void> {
    if (pem === this.#shownPem) return;
    await this.#live.setCertificate(pemFile, pem);
    this.#shownPem = pem;
  }

  async #writePair(): Promise<void> {
    const { pair } = this.#secrets;
    if (pair === undefined) return;
    const pem = pemOf(pair);
    await replaceFile(join(this.folder, pemFile), pem, 0o600);
    this.#writtenPem = pem;
  }
}

/** @throws {HostError} `HOST_MISSING` */
async function requireSockets(sockets: readonly string[]): Promise<void> {
  if (await areThere(sockets)) return;
  const folder = dirname(sockets[0] ?? "");
  throw new HostError(
    "HOST_MISSING",
    `Somebody removed the sockets in ${folder}, by which HAProxy asks; start serve again.`,
  );
}

async function areThere(sockets: readonly string[]): Promise<boolean> {
  const looks = sockets.map((socket) => {
    return access(socket).then(
      () => true,
      () => false,
    );
  });
  return (await Promise.all(looks)).every(Boolean);
}

function pemOf({ cert, key }: PemPair): string {
  return `${cert.trimEnd()}\n${key.trimEnd()}\n`;
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: false, ...(signal !== undefined && { signal }) });
}
