import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { UsageError } from "@causeway/kernel";
import {
  descriptorLog,
  type EdgeChoice,
  edgeChoices,
  entrancesMax,
  type Origin,
  type OriginOptions,
  startOrigin,
} from "@causeway/origin";
import { Option } from "commander";
import { aborted } from "../interrupt.ts";
import { policyFile } from "../policy-file.ts";
import { portList } from "../port-list.ts";
import { shardKeysFile as vendorShardKeysFile } from "../shard-keys-file.ts";
import type { Terminal } from "../terminal.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { vendorRoutes } from "../vendor-routes.ts";
import { addVerb, collect, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface ServeOptions {
  readonly dir?: string;
  readonly repository?: string;
  readonly route?: string;
  readonly ticketKeys?: string;
  readonly shardKeys?: string;
  readonly policy?: string;
  readonly trustEdge?: readonly string[];
  readonly shield: "on" | "off";
  readonly host: string;
  readonly port: number;
  readonly adminPort?: number;
  readonly entrances?: readonly number[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsPort?: number;
  readonly workers?: number;
  readonly edge: EdgeChoice;
}

const stopGraceMs = 10_000;
const portNumber = wholeNumber(0, 65_535);

/** `causeway serve`: carries a repository over HTTP until it is stopped. */
export const registerServe: Register = (program, { terminal, signal }) => {
  addVerb(
    program,
    "serve",
    "Serve a repository over HTTP.",
    "causeway serve --dir vendor --port 8080",
  )
    .option("--dir <dir>", "the vendor's folder (default: this one)")
    .option("--repository <tree>", "a repository's folder, without the vendor around it")
    .option(
      "--route <id>",
      "the id of the route that this is; clients are told the others of causeway.yaml",
    )
    .option(
      "--ticket-keys <file>",
      "what signs the tickets of clients (default: keys/tickets.json of --dir)",
    )
    .option(
      "--shard-keys <file>",
      "keys of reserves, some for each client (default: keys/shards.json of --dir)",
    )
    .option(
      "--policy <file>",
      "what causeway policy has signed; followed when it changes (default: policy.json of --dir)",
    )
    .option(
      "--trust-edge <network>",
      "an edge in front, as 10.0.0.2, that is believed about who asks (X-Forwarded-For); repeat",
      collect,
    )
    .addOption(
      new Option(
        "--shield <state>",
        "off serves each request as it comes: to measure, and as the last resort",
      )
        .choices(["on", "off"])
        .default("on"),
    )
    .option("--host <host>", "the address to listen on", "0.0.0.0")
    .option("--port <port>", "the port to listen on; 0 takes a free one", portNumber, 8080)
    .option(
      "--entrances <ports>",
      "private entrances for who has a ticket, as 9001-9004; each is a process, and only tickets name it",
      portList(entrancesMax),
    )
    .option("--tls-cert <file>", "serve HTTPS: the certificate and its chain, in PEM")
    .option("--tls-key <file>", "its private key, in PEM; both files are followed when they change")
    .option(
      "--tls-port <port>",
      "HTTPS on this port, and plain HTTP on --port beside it (default: HTTPS alone, on --port)",
      portNumber,
    )
    .option(
      "--admin-port <port>",
      "health, metrics and live control, on 127.0.0.1 (causeway watch asks 9100)",
      portNumber,
    )
    .option("--workers <n>", "processes that share the port", wholeNumber(1, 256))
    .addOption(
      new Option(
        "--edge <how>",
        "start an HAProxy in front: where there is one, never, or by all means",
      )
        .choices(edgeChoices)
        .default("auto"),
    )
    .action((options: ServeOptions) => serve(options, terminal, signal));
};

/** Serves until it is interrupted. */
async function serve(
  options: ServeOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { route, repository, entrances } = options;
  refuseContradictions(options);
  const tls = tlsOf(options);
  const dir = options.dir ?? ".";
  const tree = repository ?? path.join(dir, "repository");
  await refuseNoFolder(tree);
  const duplicates = repository === undefined ? (await vendorRoutes(dir, route)).others : [];
  const { keysFile, shardKeysFile, policyPath } = followedFiles(options);
  const origin = await startOrigin({
    tree,
    shield: options.shield,
    ...(options.trustEdge !== undefined && { trustedEdges: options.trustEdge }),
    host: options.host,
    port: options.port,
    workers: options.workers ?? availableParallelism(),
    log: descriptorLog(process.stderr.fd),
    duplicates,
    ...(keysFile !== undefined && {
      tickets: {
        keysFile,
        ...(shardKeysFile !== undefined && { shardKeysFile }),
        ...(route !== undefined && { route }),
        ...(entrances !== undefined && { entrances }),
      },
    }),
    ...(policyPath !== undefined && { policyFile: policyPath }),
    ...(options.adminPort !== undefined && { adminPort: options.adminPort }),
    edge: options.edge,
    ...(tls !== undefined && { tls }),
  });
  const { edge, url, tlsUrl = null, adminUrl = null } = origin;
  const told = edge === undefined ? null : { version: edge.version, control: edge.control };
  terminal.result(
    { url, tlsUrl, adminUrl, edge: told },
    `serving ${path.resolve(tree)} at ${where(origin)}; Ctrl-C ends it`,
  );
  warnOfTree(tree, terminal);
  const isAlike = route === undefined && duplicates.length > 1;
  if (keysFile !== undefined) warnOfTickets(path.resolve(keysFile), isAlike, terminal);
  warnOfLoopback(options, terminal);
  await aborted(signal);
  await origin.close(stopGraceMs);
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
function refuseContradictions(options: ServeOptions): void {
  const { dir, repository, route, ticketKeys, entrances } = options;
  if (dir !== undefined && repository !== undefined) {
    throw new UsageError("USAGE_ARGUMENT", "give --dir or --repository, not both.");
  }
  if (route !== undefined && repository !== undefined && ticketKeys === undefined) {
    const message = "--route needs --dir or --ticket-keys: a bare tree names no routes.";
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  if (entrances !== undefined && repository !== undefined && ticketKeys === undefined) {
    const message = "--entrances needs --dir or --ticket-keys: tickets alone tell of them.";
    throw new UsageError("USAGE_ARGUMENT", message);
  }
}

/** Who else comes to an address of this machine alone than a proxy? */
function warnOfLoopback({ host, trustEdge, shield }: ServeOptions, terminal: Terminal): void {
  const isLoopback = /^(?:127\.[\d.]+|::1|localhost)$/.test(host);
  if (!isLoopback || trustEdge !== undefined || shield === "off") return;
  const hint = "if customers come through a proxy, name it: --trust-edge 127.0.0.1";
  terminal.warn(`only this machine reaches ${host}; ${hint}; else they have the share of one.`);
}

function warnOfTree(tree: string, terminal: Terminal): void {
  if (existsSync(path.join(tree, "metadata", "timestamp.json"))) return;
  const near = path.join(tree, "repository");
  const hint = existsSync(near) ? `did you mean ${near}?` : "publish to it.";
  terminal.warn(`there is no metadata/timestamp.json in ${tree}: ${hint}`);
}

/** @param isAlike whether another route's origin may give the same tickets */
function warnOfTickets(file: string, isAlike: boolean, terminal: Terminal): void {
  if (!existsSync(file)) {
    terminal.warn(`clients get no tickets: there is no ${file}; run causeway keys rotate tickets.`);
  } else if (isAlike) {
    terminal.warn("name this route with --route: tickets of routes without a name are alike.");
  }
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
async function refuseNoFolder(tree: string): Promise<void> {
  if ((await stat(tree).catch(() => undefined))?.isDirectory() === true) return;
  const message = `there is no folder ${path.resolve(tree)} to serve.`;
  throw new UsageError("USAGE_ARGUMENT", message);
}

/** What a vendor's folder has beside its repository, or what stands in for it. */
function followedFiles(options: ServeOptions): {
  readonly keysFile: string | undefined;
  readonly shardKeysFile: string | undefined;
  readonly policyPath: string | undefined;
} {
  const { dir = ".", repository, ticketKeys, shardKeys, policy } = options;
  const ofVendor = repository === undefined;
  const policyPath = policy === undefined ? undefined : path.resolve(policy);
  return {
    shardKeysFile: shardKeys ?? (ofVendor ? vendorShardKeysFile(dir) : undefined),
    keysFile: ticketKeys ?? (ofVendor ? ticketKeysFile(dir) : undefined),
    policyPath: policyPath ?? (ofVendor ? policyFile(dir) : undefined),
  };
}

function where({ url, tlsUrl, adminUrl, edge }: Origin): string {
  const secure = tlsUrl === undefined || tlsUrl === url ? "" : ` and ${tlsUrl}`;
  const behind = edge === undefined ? "" : ` behind HAProxy ${edge.version}`;
  const health = adminUrl === undefined ? "" : `, health and metrics at ${adminUrl}`;
  return `${url}${secure}${behind}${health}`;
}

/** @throws {UsageError} */
function tlsOf({ tlsCert, tlsKey, tlsPort }: ServeOptions): OriginOptions["tls"] {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return {
      certFile: path.resolve(tlsCert),
      keyFile: path.resolve(tlsKey),
      ...(tlsPort !== undefined && { port: tlsPort }),
    };
  }
  if (tlsCert === undefined && tlsKey === undefined && tlsPort === undefined) return undefined;
  throw new UsageError("USAGE_ARGUMENT", "HTTPS needs both --tls-cert and --tls-key.");
}
