/** Why a connection was closed before its client was done. */
export const dropReasons = [
  "limit",
  "malformed",
  "pipelining",
  "slow-head",
  "slow-reader",
  "tls",
] as const;
export type DropReason = (typeof dropReasons)[number];

/**
 * What became of a connection to the TLS port: a whole handshake, one that took up an earlier
 * session, one that failed, one that took too long, and those that were closed before it began or
 * while it was under way, to leave room for others.
 */
export const handshakeEnds = [
  "full",
  "resumed",
  "failed",
  "late",
  "over-share",
  "busy",
  "crowded-out",
] as const;
export type HandshakeEnd = (typeof handshakeEnds)[number];

/** Every status that an origin answers with. */
export const statuses = [200, 206, 304, 400, 404, 405, 408, 412, 413, 416, 429, 431, 503] as const;
export type Status = (typeof statuses)[number];

/** What one worker counted since it started; plain data, so that workers can send it. */
export interface Counts {
  readonly requests: Readonly<Record<Status, number>>;
  readonly drops: Readonly<Record<DropReason, number>>;
  readonly handshakes: Readonly<Record<HandshakeEnd, number>>;
  /** Handshakes under way now. */
  readonly handshaking: number;
  readonly accepted: number;
  /** Bytes handed to the system, headers included. */
  readonly sentBytes: number;
  /** Connections open now. */
  readonly open: number;
}

export type Counters = { -readonly [name in keyof Counts]: WithoutReadonly<Counts[name]> };
type WithoutReadonly<Value> = { -readonly [name in keyof Value]: Value[name] };

export function zeroCounts(): Counters {
  return {
    requests: fromEach(statuses, () => 0),
    drops: fromEach(dropReasons, () => 0),
    handshakes: fromEach(handshakeEnds, () => 0),
    handshaking: 0,
    accepted: 0,
    sentBytes: 0,
    open: 0,
  };
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    requests: fromEach(statuses, (status) => a.requests[status] + b.requests[status]),
    drops: fromEach(dropReasons, (reason) => a.drops[reason] + b.drops[reason]),
    handshakes: fromEach(handshakeEnds, (end) => a.handshakes[end] + b.handshakes[end]),
    handshaking: a.handshaking + b.handshaking,
    accepted: a.accepted + b.accepted,
    sentBytes: a.sentBytes + b.sentBytes,
    open: a.open + b.open,
  };
}

function fromEach<Key extends string | number>(
  keys: readonly Key[],
  valueOf: (key: Key) => number,
): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<Key, number>;
}

/** What `/metrics` says beyond the workers' own counts. */
export interface PoolState {
  readonly workers: number;
  readonly restarts: number;
}

/** OpenMetrics 1.0 text. */
export function renderMetrics(counts: Counts, pool: PoolState): string {
  const p = "causeway_origin";
  const lines = [
    `# TYPE ${p}_requests counter`,
    `# HELP ${p}_requests Requests answered, by status.`,
    ...statuses.map((s) => `${p}_requests_total{status="${s}"} ${counts.requests[s]}`),
    `# TYPE ${p}_sent_bytes counter`,
    `# UNIT ${p}_sent_bytes bytes`,
    `# HELP ${p}_sent_bytes Bytes sent, headers included.`,
    `${p}_sent_bytes_total ${counts.sentBytes}`,
    `# TYPE ${p}_connections gauge`,
    `# HELP ${p}_connections Connections open now.`,
    `${p}_connections ${counts.open}`,
    `# TYPE ${p}_connections_accepted counter`,
    `# HELP ${p}_connections_accepted Connections accepted.`,
    `${p}_connections_accepted_total ${counts.accepted}`,
    `# TYPE ${p}_connections_dropped counter`,
    `# HELP ${p}_connections_dropped Connections closed on the client, by reason.`,
    ...dropReasons.map((r) => `${p}_connections_dropped_total{reason="${r}"} ${counts.drops[r]}`),
    `# TYPE ${p}_tls_handshakes counter`,
    `# HELP ${p}_tls_handshakes Connections to the TLS port, by what became of the handshake.`,
    ...handshakeEnds.map((end) => {
      return `${p}_tls_handshakes_total{outcome="${end}"} ${counts.handshakes[end]}`;
    }),
    `# TYPE ${p}_tls_handshakes_under_way gauge`,
    `# HELP ${p}_tls_handshakes_under_way TLS handshakes that have begun and not ended.`,
    `${p}_tls_handshakes_under_way ${counts.handshaking}`,
    `# TYPE ${p}_workers gauge`,
    `# HELP ${p}_workers Workers that serve now.`,
    `${p}_workers ${pool.workers}`,
    `# TYPE ${p}_worker_restarts counter`,
    `# HELP ${p}_worker_restarts Workers started again after they died.`,
    `${p}_worker_restarts_total ${pool.restarts}`,
    "# EOF",
  ];
  return `${lines.join("\n")}\n`;
}
