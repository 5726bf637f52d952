import path from "node:path";
import { UsageError } from "@causeway/kernel";
import {
  type EdgePeer,
  parseEndpoint,
  parseNetwork,
  readPolicyFile,
  serverConnections,
  unnamedRoute,
  writeHaproxyEdge,
} from "@causeway/origin";
import { type Command, InvalidArgumentError } from "commander";
import { policyFile } from "../policy-file.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { vendorRoutes } from "../vendor-routes.ts";
import { addVerb, type Context, collect } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface HaproxyOptions {
  readonly dir: string;
  readonly route?: string;
  readonly listen?: readonly string[];
  readonly behind?: readonly string[];
  readonly out?: string;
  readonly origin?: readonly string[];
  readonly files?: readonly string[];
  readonly connections: number;
  readonly name: string;
  readonly peer?: readonly string[];
  readonly control: string;
  readonly user: string;
}

/** `causeway edge haproxy`: a configuration, and beside it the files that it needs. */
export function addHaproxy(edge: Command, { terminal }: Context): void {
  addVerb(
    edge,
    "haproxy",
    "Write an HAProxy that admits ticket holders first and keeps a share for newcomers.",
    "causeway edge haproxy --route primary --origin 10.0.0.3:8080 --out edge/haproxy.cfg",
    "\nWith --out what it refers to is written beside it, else into edge/ of the vendor's folder.\n",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--route <id>", "which route of causeway.yaml this is; tickets are for one route")
    .option("--listen <address>", "where clients come (default: 0.0.0.0:8080); repeat", collect)
    .option("--origin <address>", "an origin (default: 127.0.0.1:8081); repeat", collect)
    .option(
      "--files <address>",
      "an nginx that carries targets/ (default: origins); repeat",
      collect,
    )
    .option(
      "--connections <n>",
      "what one origin takes: 512 for each of its workers",
      wholeNumber(64, 65_536),
      serverConnections.origin,
    )
    .option("--name <name>", "this edge's own name", nameOf, "edge-1")
    .option(
      "--peer <name=address>",
      "every edge, this one too, where they count together; repeat",
      collect,
    )
    .option("--behind <network>", "a CDN whose X-Forwarded-For is believed; repeat", collect)
    .option("--control <file>", "its runtime socket", "/run/haproxy/causeway.sock")
    .option("--user <name>", "the system's user that it becomes", nameOf, "haproxy")
    .option("--out <file>", "where to write it (default: standard output)")
    .action(async (options: HaproxyOptions) => {
      const { dir, route, out, name, connections, control, user } = options;
      const vendor = await vendorRoutes(dir, route);
      const origins = (options.origin ?? ["127.0.0.1:8081"]).map(parseEndpoint);
      const peers = (options.peer ?? []).map(peerOf);
      assertPeers(name, peers);
      const keyFile = ticketKeysFile(dir);
      const written = await writeHaproxyEdge(
        {
          title: vendor.name,
          name,
          listen: (options.listen ?? ["0.0.0.0:8080"]).map(parseEndpoint),
          origins,
          files: (options.files ?? []).map(parseEndpoint),
          originConnections: connections,
          fileConnections: serverConnections.nginx,
          peers,
          behind: (options.behind ?? []).map(parseNetwork),
          audience: route ?? unnamedRoute,
          control: path.resolve(control),
          user,
          keyFile,
          revokedKeys: await revokedKeysOf(dir),
          alternates: vendor.others,
        },
        out,
        path.join(dir, "edge"),
      );
      if (written.keys === 0) {
        terminal.warn(`no key that counts is in ${keyFile}: nobody has a ticket`);
      }
      const { config, folder, keys } = written;
      const told = { engine: "haproxy", file: out ?? null, folder, keys, config };
      if (out === undefined) terminal.say(`it needs the files in ${folder}`);
      terminal.result(told, out === undefined ? config.trimEnd() : `wrote ${out}`);
    });
}

/** Those that the vendor's policy has revoked. @throws {TrustError} {HostError} */
async function revokedKeysOf(dir: string): Promise<readonly string[]> {
  const place = { file: policyFile(dir), tree: path.resolve(dir, "repository") };
  return (await readPolicyFile(place))?.policy.revokedKeys ?? [];
}

/** A name in every engine, table and system: it needs no quotes anywhere. */
function nameOf(text: string): string {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(text)) return text;
  throw new InvalidArgumentError("Use small letters, digits and hyphens.");
}

function peerOf(text: string): EdgePeer {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(at, 0));
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    return { name, endpoint: parseEndpoint(text.slice(at + 1)) };
  }
  const shown = JSON.stringify(text.slice(0, 80));
  throw new UsageError("USAGE_ARGUMENT", `${shown} is no peer, as edge-1=10.0.0.1:10000.`);
}

function assertPeers(name: string, peers: readonly EdgePeer[]): void {
  if (peers.length === 0) return;
  const names = new Set(peers.map((peer) => peer.name));
  if (names.size < peers.length) {
    throw new UsageError("USAGE_ARGUMENT", "two edges in --peer have one name.");
  }
  if (!names.has(name)) {
    const what = `--peer lists every edge, and this one, ${name}, is not among them.`;
    throw new UsageError("USAGE_ARGUMENT", what);
  }
}
