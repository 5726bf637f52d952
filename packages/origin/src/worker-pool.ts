import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { HostError } from "@causeway/kernel";
import { addCounts, type Counts, zeroCounts } from "./counters.ts";
import type { Lanes, ListenOptions } from "./listen.ts";
import type { Log, LogEntry } from "./log.ts";
import type { SourceReport } from "./measures/source-meter.ts";
import type { OriginReport, WorkerReport } from "./measures/worker-report.ts";
import type { PoolState } from "./metrics.ts";
import type { Policy } from "./policy/policy.ts";
import type { ServedTree } from "./serve-tree.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import type { TlsMaterial } from "./tls/tls-material.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

const backOffMs = { first: 100, most: 10_000 } as const;
const healthyMs = 30_000; // a worker that lived so long did not die of how it was started
const killAfterMs = 2_000; // beyond the grace

interface Worker {
  readonly process: ChildProcess;
  readonly startedAt: number;
  counts: Counts;
  listening: boolean;
  /** Called when it has done what it was told of "public", or has ended. */
  onPublicSet: () => void;
}

/**
 * Worker processes that listen on one port, each on a socket of its own (SO_REUSEPORT), so that
 * the system spreads connections and no process stands in front of the others.
 *
 * Processes rather than threads: a worker that runs out of memory or files, or crashes natively,
 * takes no other with it, and each has its own thread pool for the disk. `fork` rather than
 * `node:cluster`: cluster belongs to the whole program that embeds us, and accepts every
 * connection in its primary process.
 */
export class WorkerPool {
  #served: ServedTree;
  readonly #log: Log;
  readonly #edgeSockets: readonly string[];
  readonly #workers = new Map<number, Worker>();
  readonly #restartTimers = new Set<NodeJS.Timeout>();
  #lanes: Lanes<ListenOptions>;
  #tls: TlsMaterial | undefined;
  #ofTheDead: Counts = zeroCounts();
  #sources: SourceReport[] = [];
  #restarts = 0;
  #isPublic = true;
  #stopping = false;

  /**
   * `tls` is needed for the lane of that name. Workers listen to our own edge on `edgeSockets`, one
   * each.
   */
  constructor(
    served: ServedTree,
    lanes: Lanes<ListenOptions>,
    tls: TlsMaterial | undefined,
    log: Log,
    edgeSockets: readonly string[] = [],
  ) {
    this.#served = served;
    this.#lanes = lanes;
    this.#tls = tls;
    this.#log = log;
    this.#edgeSockets = edgeSockets;
  }

  /** Resolves with the ports when `count` workers listen. @throws {HostError} */
  async start(count: number): Promise<Lanes<number>> {
    const { plain, tls } = this.#lanes;
    const all = Array.from({ length: count }, (_, at) => at);
    if (plain?.port !== 0 && tls?.port !== 0) {
      await Promise.all(all.map((at) => this.#spawn(at, backOffMs.first)));
      return { plain: plain?.port, tls: tls?.port };
    }
    // The first one chooses free ports; the others then listen on the same.
    const ports = await this.#spawn(0, backOffMs.first);
    this.#lanes = {
      plain: plain && { ...plain, port: ports.plain ?? plain.port },
      tls: tls && { ...tls, port: ports.tls ?? tls.port },
    };
    await Promise.all(all.slice(1).map((at) => this.#spawn(at, backOffMs.first)));
    return ports;
  }

  /** Tells every worker, and those to come. */
  renewTls(tls: TlsMaterial): void {
    this.#tls = tls;
    for (const { process } of this.#workers.values()) tell(process, { kind: "tls", tls });
  }

  /** Whether workers take connections of clients, and those to come. Resolves when all do so. */
  async setPublic(isPublic: boolean): Promise<void> {
    this.#isPublic = isPublic;
    const done = [...this.#workers.values()].map((worker) => {
      return new Promise<void>((resolve) => {
        const before = worker.onPublicSet;
        worker.onPublicSet = () => {
          before();
          resolve();
        };
        tell(worker.process, { kind: "public", isPublic });
      });
    });
    await Promise.all(done);
  }

  /** Resolves when every worker has ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#restartTimers) clearTimeout(timer);
    await Promise.all([...this.#workers.values()].map(({ process }) => endOf(process, graceMs)));
  }

  /** Tells the workers, and those that are started later. */
  setTicketKeys(keys: readonly TicketKey[]): void {
    const { tickets } = this.#served;
    if (tickets === undefined) return;
    this.#served = { ...this.#served, tickets: { ...tickets, keys } };
    for (const { process } of this.#workers.values()) tell(process, { kind: "ticket-keys", keys });
  }

  /** Tells the workers, and those that are started later. */
  setPolicy(policy: Policy): void {
    this.#served = { ...this.#served, policy };
    for (const { process } of this.#workers.values()) tell(process, { kind: "policy", policy });
  }

  counts(): Counts {
    return [...this.#workers.values()].reduce<Counts>(
      (sum, worker) => addCounts(sum, worker.counts),
      this.#ofTheDead,
    );
  }

  /** What workers told since the last time; and asks them to tell more until the next. */
  report(): OriginReport {
    const sources = this.#sources;
    this.#sources = [];
    for (const { process } of this.#workers.values()) tell(process, { kind: "report" });
    return { counts: this.counts(), sources };
  }

  state(): PoolState {
    const listening = [...this.#workers.values()].filter((worker) => worker.listening);
    return { workers: listening.length, restarts: this.#restarts };
  }

  #spawn(slot: number, nextBackOffMs: number): Promise<Lanes<number>> {
    const child = forkWorker();
    const worker: Worker = {
      process: child,
      startedAt: performance.now(),
      counts: zeroCounts(),
      listening: false,
      onPublicSet: () => {},
    };
    this.#workers.set(slot, worker);
    return new Promise((resolve, reject) => {
      child.on("message", (message: FromWorker) => {
        if (message.kind === "report") this.#take(worker, message.report);
        else if (message.kind === "public-set") publicSet(worker);
        else if (message.kind === "log") this.#log(message.entry);
        else if (message.kind === "failed") reject(new HostError(message.code, message.message));
        else {
          worker.listening = true;
          resolve(message.ports);
        }
      });
      child.once("error", (cause) => {
        reject(new HostError("HOST_IO", `cannot start a worker: ${cause.message}`, { cause }));
      });
      child.once("exit", (code, signal) => {
        reject(new HostError("HOST_IO", `a worker ended at its start (${signal ?? code})`));
        this.#onExit(slot, worker, signal ?? String(code), nextBackOffMs);
      });
      const [served, lanes, tls] = [this.#served, this.#lanes, this.#tls];
      const [edgeSocket, isPublic] = [this.#edgeSockets[slot], this.#isPublic];
      tell(child, { kind: "start", served, lanes, tls, edgeSocket, isPublic });
    });
  }

  #take(worker: Worker, { counts, sources }: WorkerReport): void {
    worker.counts = counts;
    this.#sources.push(sources);
  }

  #onExit(slot: number, worker: Worker, how: string, backOff: number): void {
    this.#workers.delete(slot);
    publicSet(worker);
    this.#ofTheDead = addCounts(this.#ofTheDead, { ...worker.counts, now: zeroCounts().now });
    if (this.#stopping) return;
    const healthy = performance.now() - worker.startedAt > healthyMs;
    const waitMs = healthy ? backOffMs.first : backOff;
    const { entrance } = this.#served;
    const of: LogEntry["fields"] = entrance === undefined ? {} : { entrance };
    this.#log({ level: "error", event: "worker-died", fields: { ...of, slot, how, waitMs } });
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#restarts++;
      // Its end, also at the start, comes back here and doubles the wait.
      this.#spawn(slot, Math.min(waitMs * 2, backOffMs.most)).catch(() => {});
    }, waitMs);
    this.#restartTimers.add(timer);
  }
}

/** Runs the source in a checkout and the built file in a package: whichever this file is. */
function forkWorker(): ChildProcess {
  const entry = new URL(`./worker-main${extname(import.meta.filename)}`, import.meta.url);
  return fork(entry, {
    // Of our own flags only those that say how to resolve imports: `--test` or `--inspect` in a
    // worker would run something else, or take the same port.
    execArgv: process.execArgv.filter((flag) => flag.startsWith("--conditions")),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "json",
  });
}

function publicSet(worker: Worker): void {
  const { onPublicSet } = worker;
  worker.onPublicSet = () => {};
  onPublicSet();
}

function tell(child: ChildProcess, message: ToWorker): void {
  // A worker that is gone tells so by its exit.
  if (child.connected) child.send(message, () => {});
}

async function endOf(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  tell(child, { kind: "stop", graceMs });
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs + killAfterMs);
  await ended;
  clearTimeout(timer);
}
