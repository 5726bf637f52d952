import { randomInt } from "node:crypto";
import { access, realpath, stat } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { HostError, invariant, isRouteId, UsageError } from "@causeway/kernel";
import { startAdmin } from "./admin-server.ts";
import { assertEntrancePorts, freeEntrancePorts } from "./entrance-ports.ts";
import { fitOpenFiles } from "./fit-open-files.ts";
import { defaultLimits, duplicatesMax, type OriginLimits, workersMax } from "./limits.ts";
import type { Log } from "./log.ts";
import type { LoopbackServer } from "./loopback-server.ts";
import { Recorder } from "./measures/recorder.ts";
import type { OriginState } from "./metrics.ts";
import { moreOpenFiles, openFilesAllowed } from "./open-files.ts";
import {
  type EdgeChoice,
  type EdgedServing,
  type EdgeInFront,
  serveBehindEdge,
} from "./own-edge/serve-behind-edge.ts";
import { noPolicy } from "./policy/policy.ts";
import { followPolicy } from "./policy/policy-follower.ts";
import { PolicyKeeper } from "./policy/policy-keeper.ts";
import type { ServedTickets, ServedTree } from "./serve-tree.ts";
import type { Serving } from "./serving.ts";
import { unnamedRoute } from "./shield/ticket.ts";
import { TicketKeyKeeper } from "./shield/ticket-key-keeper.ts";
import { assertEdges } from "./shield/trusted-edges.ts";
import type { PemFiles } from "./tls/pem-pair.ts";
import { TlsKeeper } from "./tls/tls-keeper.ts";

export interface OriginOptions {
  /** The repository's static tree: the folder that holds `metadata/` and `targets/`. */
  readonly tree: string;
  /** The address to listen on, as `127.0.0.1` or `::`. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Worker processes; with 0 or 1 this process serves. */
  readonly workers: number;
  readonly limits?: Partial<OriginLimits>;
  /**
   * Base URLs of other routes to the same repository. The first eight are named in
   * `Link: rel=duplicate`, and on the page that a busy service answers with.
   */
  readonly duplicates?: readonly string[];
  /**
   * Serves `/healthz`, `/readyz`, `/metrics`, `/seconds`, `/policy` and `/ticket-keys` on 127.0.0.1;
   * 0 takes a free port.
   */
  readonly adminPort?: number;
  /** Absent: tickets are neither given nor taken. */
  readonly tickets?: TicketOptions;
  /**
   * A policy that operators have signed, as `causeway policy` does. It is followed, and may come
   * later: what is put in its place is in force within a second. Beside it, in `<file>.seen`,
   * stands the newest version that was.
   */
  readonly policyFile?: string;
  /**
   * Serves HTTPS: on `port` and nothing else, or, with a port of its own, beside plain HTTP on
   * `port`. The files are followed: a new pair is used within a second.
   */
  readonly tls?: PemFiles & { readonly port?: number };
  /**
   * Addresses or networks of edges in front, as `10.0.0.2` or `10.0.0.0/24`, which are believed
   * about whom they ask for (`X-Forwarded-For`, the last address in it). Nobody else is.
   */
  readonly trustedEdges?: readonly string[];
  /**
   * `off` serves each request as it comes, for as long as the origin runs: to measure, and as the
   * last resort. Default: `on`.
   */
  readonly shield?: "on" | "off";
  /**
   * Starts an HAProxy in front, and keeps it there: `auto` where there is one of 2.6 or later,
   * `haproxy` by all means. Default: `off`.
   */
  readonly edge?: EdgeChoice;
  /**
   * Asked for the address of each connection, before anything is read of it; absent: all may come
   * in. It takes no further workers, entrances or edge beside it.
   */
  readonly isWelcome?: (address: string) => boolean;
  readonly log: Log;
}

export interface TicketOptions {
  /** The file of the keys. It is followed: what is put in its place counts within a second. */
  readonly keysFile: string;
  /** The route's id, the same for all origins and edges of the route, and for no other route. */
  readonly route?: string;
  /**
   * Ports of private entrances; 0 takes a free one. Each has a process of its own, and stands in
   * tickets alone, in two of every so many: the list is the same, in the same order, for all
   * origins of the route. They speak what `port` speaks.
   */
  readonly entrances?: readonly number[];
  /**
   * The file of the keys of reserves, of which each machine is given its few in calm times. It is
   * followed.
   */
  readonly shardKeysFile?: string;
}

/** A running origin. */
export interface Origin {
  /** Base URL for clients on this machine, ending in `/`; of plain HTTP where that is served. */
  readonly url: string;
  readonly port: number;
  /** The same over HTTPS. */
  readonly tlsUrl: string | undefined;
  readonly adminUrl: string | undefined;
  /** Ports of the private entrances. */
  readonly entrances: readonly number[];
  /** The HAProxy that was started in front. */
  readonly edge: EdgeInFront | undefined;
  /** Finishes what is under way, for at most `graceMs`, and frees the port. Safe to call twice. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves a repository over HTTP, HTTPS or both until `close`. It installs no signal handler.
 * @throws {HostError} `HOST_MISSING` no such tree; `HOST_ADDRESS` the address cannot be used;
 * with `edge: "haproxy"` also what keeps that from its start
 * @throws {UsageError} `USAGE_ARGUMENT` no port, number of workers, HTTP base URL, route's id, or
 * network of edges;
 * `TLS_CERTIFICATE`, `TLS_KEY`, `TLS_MISMATCH` the PEM files
 */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const { host, log } = options;
  const { trustedEdges = [] } = options;
  assertOptions(options);
  const limits = await fittingLimits(options);
  const policy = new PolicyKeeper();
  const served: ServedTree = {
    tree: await realTree(options.tree),
    duplicates: (options.duplicates ?? []).slice(0, duplicatesMax).map(baseUrl),
    limits,
    workers: Math.max(1, options.workers),
    tickets: options.tickets && (await ticketsOf(options, options.tickets)),
    shield: options.shield ?? "on",
    trustedEdges,
    policy: noPolicy,
    ...(options.isWelcome && { isWelcome: options.isWelcome }),
    sourceKey: [randomInt(2 ** 32), randomInt(2 ** 32)],
  };
  const keeper = options.tls && (await TlsKeeper.open(options.tls, limits, log));
  const ticketKeys = options.tickets && new TicketKeyKeeper(options.tickets.keysFile, policy, log);
  const kept = { policy, ticketKeys };
  const serving = await serveWithPolicy(served, options, keeper, kept);
  let admin: LoopbackServer | undefined;
  let closing: Promise<void> | undefined;
  if (options.adminPort !== undefined) {
    const ready = async (): Promise<boolean> => {
      if (closing !== undefined || policy.inForce.draining !== undefined) return false;
      return serving.state().workers > 0 && hasTimestamp(served.tree);
    };
    const { counts } = serving;
    const { edge } = serving;
    const state = (): OriginState => ({
      ...serving.state(),
      isShieldOff: served.shield === "off",
      ...(edge && { edge: { state: edge.state(), stats: edge.stats() } }),
    });
    const recorder = new Recorder({
      report: () => ({ ...serving.report(), ...(edge && { edge: edge.stats() }) }),
      wall: Date.now,
      steady: () => performance.now(),
    });
    try {
      const view = { counts, state, ready, recorder, ...kept };
      admin = await startAdmin(options.adminPort, view, log);
    } catch (cause) {
      await serving.stop(0);
      throw cause;
    }
  }
  const { port, url, tlsUrl } = whereTo(host, serving);
  const fields = { url, ...(tlsUrl !== undefined && { tlsUrl }), workers: serving.state().workers };
  log({ level: "info", event: "serving", fields });
  const close = async (graceMs: number): Promise<void> => {
    await serving.stop(graceMs);
    await admin?.close();
    log({ level: "info", event: "stopped", fields: { url } });
  };
  return {
    url,
    port,
    tlsUrl,
    adminUrl: admin?.url,
    entrances: served.tickets?.entrances.ports ?? [],
    edge: serving.edge,
    close: (graceMs) => (closing ??= close(graceMs)),
  };
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
function assertOptions(options: OriginOptions): void {
  assertInteger("port", options.port, 65_535);
  assertInteger("admin port", options.adminPort ?? 0, 65_535);
  assertInteger("TLS port", options.tls?.port ?? 0, 65_535);
  assertInteger("number of workers", options.workers, workersMax);
  const taken = [options.port, options.tls?.port ?? 0];
  assertEntrancePorts(options.tickets?.entrances ?? [], taken);
  assertEdges(options.trustedEdges ?? []);
  const isAlone = options.workers <= 1 && options.tickets === undefined;
  invariant(isAlone || options.isWelcome === undefined, "one process alone can ask its caller");
}

/** Those that are wanted, as far as there may be files open for them. */
async function fittingLimits({ limits, log }: OriginOptions): Promise<OriginLimits> {
  const wanted = { ...defaultLimits, ...limits };
  const allowed = await openFilesAllowed();
  const fitting = fitOpenFiles(wanted, allowed);
  const { openedConnectionsMax, heldMax } = fitting; // what is lowered first
  if (openedConnectionsMax < wanted.openedConnectionsMax || heldMax < wanted.heldMax) {
    const fields = {
      openFiles: allowed,
      connections: fitting.connectionsMax,
      refusalsHeld: heldMax,
      next: moreOpenFiles,
    };
    log({ level: "warn", event: "few-open-files", fields });
  }
  return fitting;
}

/** What operators say while it runs. */
interface Kept {
  readonly policy: PolicyKeeper;
  readonly ticketKeys: TicketKeyKeeper | undefined;
}

/** Reads the policy before the first request, and follows it until the end. */
async function serveWithPolicy(
  served: ServedTree,
  options: OriginOptions,
  keeper: TlsKeeper | undefined,
  kept: Kept,
): Promise<EdgedServing> {
  const { policy } = kept;
  const { policyFile, log } = options;
  const { tree } = served;
  const follower =
    policyFile === undefined
      ? undefined
      : followPolicy({ file: policyFile, tree, keeper: policy, log });
  await follower?.start();
  try {
    const serving = await serveWithTickets(served, options, keeper, kept);
    policy.follow((changed) => serving.setPolicy(changed));
    serving.setPolicy(policy.inForce); // it may have changed while the workers began
    return {
      ...serving,
      stop: (graceMs) => {
        follower?.stop();
        policy.stop();
        return serving.stop(graceMs);
      },
    };
  } catch (cause) {
    follower?.stop();
    policy.stop();
    throw cause;
  }
}

/** Reads the keys before the first request, and follows them until the end. */
async function serveWithTickets(
  unruled: ServedTree,
  options: OriginOptions,
  keeper: TlsKeeper | undefined,
  { policy, ticketKeys }: Kept,
): Promise<EdgedServing> {
  const served = { ...unruled, policy: policy.inForce };
  const { tickets } = served;
  const edged = { ...options, edge: edgeOf(options) };
  if (ticketKeys === undefined || tickets === undefined) {
    return serveBehindEdge(served, edged, keeper);
  }
  await ticketKeys.start();
  try {
    const { keys } = ticketKeys;
    const serving = await serveBehindEdge(
      { ...served, tickets: { ...tickets, keys } },
      edged,
      keeper,
    );
    ticketKeys.follow((changed) => serving.setTicketKeys(changed));
    serving.setTicketKeys(ticketKeys.keys); // they may have changed while the workers began
    return {
      ...serving,
      stop: (graceMs) => {
        ticketKeys.stop();
        return serving.stop(graceMs);
      },
    };
  } catch (cause) {
    ticketKeys.stop();
    throw cause;
  }
}

/** HAProxy in front would refuse by itself. @throws {UsageError} `USAGE_ARGUMENT` */
function edgeOf({ edge = "off", shield = "on" }: OriginOptions): EdgeChoice {
  if (shield === "on") return edge;
  if (edge !== "haproxy") return "off";
  throw new UsageError(
    "USAGE_ARGUMENT",
    "HAProxy refuses by itself; with --shield off use --edge off.",
  );
}

/** @throws {HostError} `HOST_ADDRESS` {UsageError} `USAGE_ARGUMENT` */
async function ticketsOf(
  { host, tls }: OriginOptions,
  tickets: TicketOptions,
): Promise<ServedTickets> {
  const audience = audienceOf(tickets);
  const ports = await freeEntrancePorts(host, tickets.entrances ?? []);
  return {
    audience,
    keys: [],
    entrances: { ports, overTls: tls !== undefined && tls.port === undefined },
    ...(tickets.shardKeysFile !== undefined && { shardKeysFile: tickets.shardKeysFile }),
  };
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
function audienceOf({ route }: TicketOptions): string {
  if (route === undefined) return unnamedRoute;
  if (isRouteId(route)) return route;
  const shown = JSON.stringify(route.slice(0, 80));
  throw new UsageError("USAGE_ARGUMENT", `${shown} is no route's id; use a-z, 0-9 and "-".`);
}

async function realTree(tree: string): Promise<string> {
  try {
    const real = await realpath(tree);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    if (!isMissing(cause)) throw toHostError(cause, `serve ${tree}`);
  }
  throw new HostError("HOST_MISSING", `There is no repository at ${tree}; publish one first.`);
}

async function hasTimestamp(tree: string): Promise<boolean> {
  try {
    await access(join(tree, "metadata", "timestamp.json"));
    return true;
  } catch {
    return false;
  }
}

function assertInteger(what: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new UsageError("USAGE_ARGUMENT", `${value} is no ${what}; use one from 0 to ${max}.`);
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  const web = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !web || url.username !== "" || url.search !== "" || url.hash !== "") {
    const shown = JSON.stringify(text.slice(0, 80));
    throw new UsageError("USAGE_ARGUMENT", `${shown} is not a route's base URL, as https://host/.`);
  }
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function whereTo(
  host: string,
  { ports }: Serving,
): { readonly port: number; readonly url: string; readonly tlsUrl: string | undefined } {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const authority = isIPv6(reachable) ? `[${reachable}]` : reachable;
  const tlsUrl = ports.tls === undefined ? undefined : `https://${authority}:${ports.tls}/`;
  const plainUrl = ports.plain === undefined ? undefined : `http://${authority}:${ports.plain}/`;
  return { port: ports.plain ?? ports.tls ?? 0, url: plainUrl ?? tlsUrl ?? "", tlsUrl };
}
