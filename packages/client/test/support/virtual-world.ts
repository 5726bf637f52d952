import {
  type Clock,
  type Delivery,
  type FileHandle,
  HostError,
  type Ports,
  RouteError,
  type Store,
  type TransportRequest,
} from "@causeway/kernel";

/** Time that passes only when nobody has anything to do. */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #due = new Map<number, { readonly at: number; readonly wake: () => void }>();

  wall(): number {
    return this.#now;
  }

  steady(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const key = this.#order++;
      const onAbort = (): void => {
        this.#due.delete(key);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#due.set(key, { at: this.#now + ms, wake });
    });
  }

  /** Sleepers that nobody woke or cancelled. */
  get sleepers(): number {
    return this.#due.size;
  }

  /** Runs `work` to its end. Whoever awaits anything but a port is lost, and found out here. */
  async run<Value>(work: Promise<Value>): Promise<Value> {
    let settled = false;
    const watched = work.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (settled) return await watched;
      let next: [number, { readonly at: number; readonly wake: () => void }] | undefined;
      for (const entry of this.#due) if (!next || entry[1].at < next[1].at) next = entry;
      if (next === undefined) throw new Error("everyone waits, and nothing will happen");
      this.#due.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].wake();
    }
  }
}

/** A small generator that is good enough to make up worlds (mulberry32). */
export function seeded(seed: number): { uint32(): number } {
  let state = seed >>> 0;
  return {
    uint32() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return (mixed ^ (mixed >>> 14)) >>> 0;
    },
  };
}

/** A route of the virtual network. */
export interface VirtualRoute {
  readonly host: string;
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** When it stops to answer; what is under way stops as well. */
  readonly diesAt: number;
  /** Changes a byte in each so many. */
  readonly liesEvery: number | undefined;
}

const pieceLength = 16 * 1024;

export function virtualPorts(
  clock: VirtualClock,
  seed: number,
  files: ReadonlyMap<string, Uint8Array>,
  routes: readonly VirtualRoute[],
  trace: string[],
): Ports {
  const freeAt = new Map<string, number>();
  const open = async ({ url, range, signal }: TransportRequest): Promise<Delivery> => {
    const route = routes.find(({ host }) => host === url.hostname);
    const file = files.get(url.pathname.slice(1));
    trace.push(`${clock.steady()} ${url.hostname} ${range?.start ?? "all"}-${range?.end ?? ""}`);
    await clock.sleep(route?.latencyMs ?? 0, signal);
    if (route === undefined || file === undefined) {
      throw new RouteError("ROUTE_UNREACHABLE", url.href, "is not there");
    }
    if (clock.steady() >= route.diesAt) await clock.sleep(1e9, signal);
    const [start, end] = [range?.start ?? 0, range?.end ?? file.length];
    const headers = new Map([["content-length", String(end - start)]]);
    if (range) headers.set("content-range", `bytes ${start}-${end - 1}/${file.length}`);
    const closed = new AbortController();
    const onAbort = (): void => {
      trace.push(`${clock.steady()} ${url.hostname} cancelled`);
      closed.abort(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = start; at < end; at += pieceLength) {
        const piece = file.slice(at, Math.min(end, at + pieceLength));
        const begin = Math.max(freeAt.get(route.host) ?? 0, clock.steady());
        const ready = begin + (piece.length * 1000) / route.bytesPerSecond;
        freeAt.set(route.host, ready);
        await clock.sleep(ready - clock.steady(), closed.signal);
        if (clock.steady() >= route.diesAt) await clock.sleep(1e9, closed.signal);
        const { liesEvery } = route;
        if (
          liesEvery !== undefined &&
          Math.floor(at / liesEvery) !== Math.floor((at + pieceLength) / liesEvery)
        ) {
          piece[7] = (piece[7] ?? 0) ^ 1;
        }
        yield piece;
      }
    };
    return { status: range ? 206 : 200, headers, body: body(), close: () => closed.abort() };
  };
  return { clock, random: seeded(seed), transport: { open } };
}

/** A disk in memory. */
export class MemoryStore implements Store {
  readonly files = new Map<string, Uint8Array>();

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.files.get(name)?.slice();
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.files.set(name, bytes.slice());
  }

  async open(name: string, mode: "read" | "create"): Promise<FileHandle> {
    if (!this.files.has(name)) {
      if (mode === "read") throw new HostError("HOST_MISSING", `${name} is not there`);
      this.files.set(name, new Uint8Array());
    }
    const get = (): Uint8Array => this.files.get(name) ?? new Uint8Array();
    const resize = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      bytes.set(get().subarray(0, length));
      this.files.set(name, bytes);
      return bytes;
    };
    return {
      length: async () => get().length,
      async readAt(into, position) {
        const part = get().subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      async writeAt(bytes, position) {
        const end = position + bytes.length;
        (end > get().length ? resize(end) : get()).set(bytes, position);
      },
      truncate: async (length) => void resize(length),
      sync: async () => undefined,
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.files.get(from) ?? new Uint8Array());
    this.files.delete(from);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()].toSorted();
  }

  async freeBytes(): Promise<number | undefined> {
    return undefined;
  }
}
