import type { Worker } from "node:worker_threads";
import { startArtifactWorker } from "../start-artifact-worker.ts";
import type { Answer, Frames, Job } from "./job.ts";

/** A job that could not be done, with the system's code of the cause when there is one. */
export class JobFailed extends Error {
  override readonly name = "JobFailed";
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (frames: Frames) => void;
  readonly reject: (cause: unknown) => void;
}

/** At most `size` worker threads, started as they are needed. Close it, whatever happened. */
export class WorkerPool {
  readonly size: number;
  readonly #queue: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  #closed: Error | undefined;

  constructor(size: number) {
    this.size = size;
  }

  /** Jobs beyond the pool's size wait; whoever calls bounds how many. @throws {JobFailed} */
  run(job: Job): Promise<Frames> {
    const { promise, resolve, reject } = Promise.withResolvers<Frames>();
    if (this.#closed !== undefined) reject(this.#closed);
    else {
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    }
    return promise;
  }

  /** Ends the threads; jobs that are under way or waiting fail. Safe to call twice. */
  async close(): Promise<void> {
    const closed = new JobFailed("the pool was closed", "");
    this.#closed ??= closed;
    const workers = [...this.#idle, ...this.#busy.keys()];
    for (const waiting of [...this.#queue, ...this.#busy.values()]) waiting.reject(this.#closed);
    this.#queue.length = 0;
    this.#idle.length = 0;
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    const next = this.#queue[0];
    if (next === undefined) return;
    const worker = this.#idle.pop() ?? (this.#busy.size < this.size ? this.#start() : undefined);
    if (worker === undefined) return;
    this.#queue.shift();
    this.#busy.set(worker, next);
    worker.postMessage(next.job);
  }

  #start(): Worker {
    const worker = startArtifactWorker();
    worker.on("message", (answer: Answer) => this.#settle(worker, answer));
    worker.on("error", (cause) => {
      const waiting = this.#busy.get(worker);
      this.#busy.delete(worker);
      waiting?.reject(new JobFailed(`a worker thread died: ${String(cause)}`, "", { cause }));
      this.#dispatch();
    });
    return worker;
  }

  #settle(worker: Worker, answer: Answer): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#closed !== undefined) return;
    this.#idle.push(worker);
    if ("frames" in answer) waiting?.resolve(answer.frames);
    else waiting?.reject(new JobFailed(answer.failure.message, answer.failure.code));
    this.#dispatch();
  }
}

/**
 * Runs the jobs on the pool and yields what they made in the jobs' order, never further ahead
 * of the reader than the pool is busy, so memory stays bounded whatever the number of jobs.
 * @throws {JobFailed}
 */
export async function* inOrder(pool: WorkerPool, jobs: Iterable<Job>): AsyncGenerator<Frames> {
  const ahead = pool.size + 1; // one more, so that no thread waits for the reader
  const running: Promise<Frames>[] = [];
  for (const job of jobs) {
    const result = pool.run(job);
    result.catch(() => undefined); // reported when its turn comes, if it ever does
    running.push(result);
    if (running.length < ahead) continue;
    const first = running.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of running) yield await result;
}
