/** Milliseconds since the Unix epoch. */
export type Instant = number;

/** Time, as two clocks: one for expiry, one for deadlines. */
export interface Clock {
  /** The local wall clock. It may be wrong by decades, and may jump. */
  wall(): Instant;
  /** Milliseconds since some fixed moment; never goes back. */
  steady(): number;
  /** Resolves after `ms`; rejects with `signal.reason` when `signal` fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** An integer from 0 to 2^32-1, uniformly. */
  uint32(): number;
}

/**
 * What a transport has got done before the answer; "proxied" is a proxy's connection, and "reused"
 * one that was there already.
 */
export type TransportStep = "named" | "proxied" | "reused" | "connected" | "secured";

/** How far off a host is: anywhere, in the networks that a site has for itself, or this machine. */
export type Place = "public" | "private" | "loopback";

export interface TransportRequest {
  readonly url: URL;
  /**
   * The nearest place that the URL may lead to, whatever its name turns out to mean. Absent:
   * anywhere.
   */
  readonly reach?: Place;
  /** Asks for bytes `start` to `end - 1`. Absent: the whole file. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Goes with it as `Authorization: Bearer`, unless the URL has a name and a password. Without it
   * goes what is asked over a connection that nobody vouches for today.
   */
  readonly bearer?: string;
  /** Cancels the request and its body. */
  readonly signal: AbortSignal;
  /** Called as a new connection gets further, so that each step can have a deadline of its own. */
  readonly onStep?: (step: TransportStep) => void;
  /** Called with the end of the host's own certificate, when a new connection over TLS is made. */
  readonly onCertificate?: (until: Instant) => void;
}

/** Bytes as they arrive from a route. Nothing about them is verified. */
export interface Delivery {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /**
   * Read at most once. Pulls from the network only as it is read; leaving early cancels. A piece is
   * valid until the next one is asked for: its memory may be used again, or given back.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the connection. Safe to call twice, and after the body ended. */
  close(): void;
}

/** One request over one route. Follows no redirect, decodes no encoding, retries nothing. */
export interface Transport {
  /**
   * Resolves when the status and headers are here.
   * @throws {RouteError} `ROUTE_UNREACHABLE` when no answer can be had, with `reset` when the
   *   connection was reset; `PROXY_…` when a proxy is why; the signal's reason when it fired
   */
  open(request: TransportRequest): Promise<Delivery>;
  /** The proxy that leads to `url`, as messages name it; undefined or absent when none does. */
  via?(url: URL): string | undefined;
  /**
   * Where a URL leads as far as its text tells; `nowhere` when no server can be there. Absent where
   * no URL leads near.
   */
  placeOf?(url: URL): Place | "nowhere";
}

/** Texts that stand in the DNS. Nothing about them is verified. */
export interface TextRecords {
  /**
   * Those of the TXT records at a name, the strings of each put together. Rejects when there are
   * none, when nobody answers, and with any reason when the signal fires.
   */
  textsAt(name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** One open file. Positions and lengths are bytes. */
export interface FileHandle {
  length(): Promise<number>;
  /** Bytes of the disk that it takes, without its holes; absent when the system does not tell. */
  taken?(): Promise<number>;
  /**
   * True while the name that it was opened by is its own: nobody has removed it, or put another
   * file there. Absent when the system does not tell.
   */
  isInPlace?(): Promise<boolean>;
  /** Reads up to `into.length` bytes; returns how many, 0 at the end. */
  readAt(into: Uint8Array, position: number): Promise<number>;
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** What was written before is on the disk when this resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * One folder. Names are relative to it, with `/` between parts; missing folders are made.
 * Every method throws only `HostError`.
 */
export interface Store {
  /**
   * The whole file, or undefined when there is none.
   * @throws {HostError} `HOST_CORRUPT_STATE` when it is longer than `lengthMax`
   */
  read(name: string, lengthMax: number): Promise<Uint8Array | undefined>;
  /**
   * Replaces the file as one step that survives a power cut: the old bytes or the new ones.
   * @param readers `owner` where others on the machine must not read it; as the system has it
   *   for new files unless given
   */
  write(name: string, bytes: Uint8Array, readers?: "owner"): Promise<void>;
  /** `create` makes the file when it is missing; `read` requires it. */
  open(name: string, mode: "read" | "create"): Promise<FileHandle>;
  /** Replaces `to` by `from`, durably. `from` must have been synced by the caller. */
  rename(from: string, to: string): Promise<void>;
  /** Removes the file if it is there. */
  remove(name: string): Promise<void>;
  /** Names of the files directly in folder `name` (without the folder), sorted; [] when it is missing. */
  list(name: string): Promise<readonly string[]>;
  /**
   * Keeps others who ask for the same off what goes by `name`, until it is let go or the process
   * ends. Waits for who has it; absent where there is nobody else. It leaves no file behind, but
   * where a process is killed.
   * @param onWait called once, if it has to wait, with the process that has it, as far as is known
   * @throws {HostError} `HOST_BUSY` when they have it for too long; the signal's reason
   */
  hold?(
    name: string,
    signal: AbortSignal,
    onWait?: (pid: number | undefined) => void,
  ): Promise<{ release(): void }>;
  /** Where people find the file, for messages; absent where it lies in no folder of theirs. */
  pathOf?(name: string): string;
  /** Bytes that can still be written, or undefined when the system does not tell. */
  freeBytes(): Promise<number | undefined>;
}

/** What the ports of one run are. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  /** Absent where nobody is to be asked. */
  readonly texts?: TextRecords;
}
