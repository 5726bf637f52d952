import { type FileHandle, invariant, RouteError, TrustError } from "@causeway/kernel";
import { TargetCheck, type TargetFile } from "@causeway/trust";
import type { ExchangeLimits } from "../limits.ts";
import { failedOverAll, type Run } from "../metadata/metadata.ts";
import { type Answer, type ExchangeRequest, exchange } from "../routes/exchange.ts";
import { RouteRace } from "../routes/race.ts";
import { rankForBytes } from "../routes/ranking.ts";
import type { Route } from "../routes/route.ts";

export interface FileRequest {
  readonly target: TargetFile;
  /** Where it lies below `targets/`. */
  readonly location: string;
  /** What it is written to; what an earlier call left in it is used. */
  readonly file: FileHandle;
  /** Told how many bytes are here. */
  readonly onProgress?: (done: number) => void;
}

// A route that is slower waits until all others had their turn.
const briskBytesPerSecond = 32 * 1024;
const readLength = 256 * 1024;

/**
 * Makes `file` the target that is signed, over one route at a time: where one fails, the next goes
 * on. Bytes of two routes that together are wrong are thrown away, and each route is taken at its
 * own word; whoever alone sent wrong ones has lied. When it resolves, the bytes are verified, and
 * not yet synced.
 * @throws {NoRouteDelivered} what came of it stays in the file, for the next call
 * @throws {HostError}
 */
export async function fetchFile(run: Run, request: FileRequest): Promise<void> {
  const { exchange: patient } = run.limits;
  const growing = new GrowingFile(run, request);
  const brisk = { ...patient, bytesPerSecondMin: briskBytesPerSecond };
  if (await overEachRoute(run, growing, brisk)) return;
  if (await overEachRoute(run, growing, patient)) return;
  throw failedOverAll(run, `no route has a valid ${request.target.path}`);
}

async function overEachRoute(
  run: Run,
  growing: GrowingFile,
  limits: ExchangeLimits,
): Promise<boolean> {
  const { ports, retries, signal } = run;
  const routes = rankForBytes(run.routes.all).filter(({ trustworthy }) => trustworthy);
  const job = async (route: Route, end: AbortSignal): Promise<boolean> => {
    await growing.goOn(route, limits, end);
    return true;
  };
  // One at a time: two may not write to one file.
  const alone = { ...run.limits.metadata, hedgeMs: Infinity, placeMs: Infinity };
  const race = new RouteRace({ ports, routes, job, limits: alone, retries, signal });
  try {
    return (await race.first()) === true;
  } finally {
    race.end();
  }
}

/** A file that is not whole yet, and who sent what is there. */
class GrowingFile {
  readonly #run: Run;
  readonly #request: FileRequest;
  #check: TargetCheck;
  #at = 0;
  /** Of whom the bytes are; undefined when it is more than one, or was an earlier run. */
  #sender: Route | undefined;
  #begun = false;
  #busy = false;

  constructor(run: Run, request: FileRequest) {
    this.#run = run;
    this.#request = request;
    this.#check = new TargetCheck(request.target);
  }

  /** Makes the file whole and right over one route. @throws {RouteError} {TrustError} {HostError} */
  async goOn(route: Route, limits: ExchangeLimits, signal: AbortSignal): Promise<void> {
    invariant(!this.#busy, "one route at a time writes to a file");
    this.#busy = true;
    try {
      if (!this.#begun) await this.#readEarlier();
      this.#begun = true;
      if (this.#at === 0) this.#sender = route;
      else if (this.#sender !== route) this.#sender = undefined;
      let blamed = await this.#fetchRest(route, limits, signal);
      let fault = this.#fault();
      if (fault !== undefined && this.#sender === undefined) {
        await this.#startAnew(route);
        blamed = await this.#fetchRest(route, limits, signal);
        fault = this.#fault();
      }
      if (fault === undefined) {
        route.kept(this.#at);
        return;
      }
      await this.#startAnew(undefined);
      throw blamed?.(fault) ?? fault;
    } finally {
      this.#busy = false;
    }
  }

  async #readEarlier(): Promise<void> {
    const { file, target } = this.#request;
    const length = await file.length();
    if (length > target.length) await file.truncate(0);
    if (length === 0 || length > target.length) return;
    const into = new Uint8Array(Math.min(readLength, length));
    while (this.#at < length) {
      const got = await file.readAt(into, this.#at);
      if (got === 0) break;
      this.#grow(into.subarray(0, got));
      this.#run.signal.throwIfAborted();
    }
  }

  async #startAnew(sender: Route | undefined): Promise<void> {
    await this.#request.file.truncate(0);
    this.#check = new TargetCheck(this.#request.target);
    this.#at = 0;
    this.#sender = sender;
  }

  /** @returns what is to be said of the route should its bytes be wrong, if it sent any */
  async #fetchRest(
    route: Route,
    limits: ExchangeLimits,
    signal: AbortSignal,
  ): Promise<Answer["blamed"] | undefined> {
    const { target, location, file } = this.#request;
    const { length } = target;
    if (this.#at === length && length > 0) return undefined;
    const path = `targets/${location}`;
    const asked = { path, lengthMax: length, limits, signal };
    const answer = await this.#ask(route, asked);
    try {
      for await (const bytes of answer.body) {
        await file.writeAt(bytes, this.#at);
        this.#grow(bytes);
      }
    } finally {
      answer.close();
    }
    if (this.#at < length) {
      const text = `ended after ${this.#at} of ${length} bytes of ${path}`;
      throw new RouteError("ROUTE_TRUNCATED", `${route.id}${path}`, text);
    }
    return answer.blamed;
  }

  async #ask(route: Route, asked: ExchangeRequest): Promise<Answer> {
    const { ports } = this.#run;
    if (this.#at === 0) return exchange(ports, route, asked);
    const range = { start: this.#at, end: this.#request.target.length };
    try {
      return await exchange(ports, route, { ...asked, range });
    } catch (error) {
      if (!(error instanceof RouteError) || !error.rangeless) throw error;
      await this.#startAnew(route); // it knows no ranges: all of the file comes, or none of it
      return exchange(ports, route, asked);
    }
  }

  #grow(bytes: Uint8Array): void {
    this.#check.update(bytes);
    this.#at += bytes.length;
    this.#request.onProgress?.(this.#at);
  }

  /** Why all that is here is not the target; undefined when it is. */
  #fault(): TrustError | undefined {
    try {
      this.#check.finish();
      return undefined;
    } catch (error) {
      if (error instanceof TrustError) return error;
      throw error;
    }
  }
}
