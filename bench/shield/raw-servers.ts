import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { nginxConfig } from "../../packages/origin/src/edge/nginx-config.ts";
import { freePort } from "../../test/support/listening.ts";
import type { BenchObject, BenchTree } from "./bench-tree.ts";
import { nginx, nginxLines } from "./nginx.ts";
import { origin } from "./origin.ts";
import { PinnedServer } from "./pinned.ts";

/** A server of the same files, with the figures of its peers beside it. */
export interface RawServer {
  readonly name: string;
  readonly server: PinnedServer;
}

/** The one that the others are compared with. */
export const yardstick = "nginx 1.22";
export const ours = "Causeway, one worker";

/** Starts all servers; who does not run here is left out by `missing`. */
export async function startRawServers(
  tree: BenchTree,
  objects: readonly BenchObject[],
  stack: AsyncDisposableStack,
): Promise<readonly RawServer[]> {
  const servers: RawServer[] = [];
  const add = async (name: string, port: number, command: readonly string[]): Promise<number> => {
    servers.push({ name, server: stack.use(await PinnedServer.start(command, port)) });
    return port;
  };
  const own = await freePort();
  await add(ours, own, origin(tree, own, []));
  for (const kind of ["http", "net"] as const) {
    const port = await freePort();
    await add(`the floor: bare node:${kind}`, port, floor(kind, port, tree, objects));
  }
  const nginxPort = await freePort();
  await add(yardstick, nginxPort, nginx(tree, "nginx.conf", nginxLines(tree, nginxPort, [])));
  const edgePort = await freePort();
  await add(
    "nginx, as `causeway edge nginx`",
    edgePort,
    nginx(tree, "edge.conf", [edge(tree, edgePort)]),
  );
  const haproxyPort = await freePort();
  await add("HAProxy 2.6, its cache", haproxyPort, haproxy(tree, haproxyPort, nginxPort));
  const varnishPort = await freePort();
  await add("Varnish 7.1", varnishPort, varnish(tree, varnishPort, nginxPort));
  const caddyPort = await freePort();
  await add("Caddy 2.6", caddyPort, caddy(tree, caddyPort));
  return servers;
}

function floor(
  kind: "http" | "net",
  port: number,
  { tree }: BenchTree,
  objects: readonly BenchObject[],
): readonly string[] {
  const program = join(import.meta.dirname, "floor-process.ts");
  return [process.execPath, program, kind, String(port), tree, ...objects.map(({ path }) => path)];
}

/** Behind something that judges already, so that its own limits do not count. */
function edge({ folder, tree }: BenchTree, port: number): string {
  return nginxConfig({
    title: "bench",
    listen: [{ host: "127.0.0.1", port }],
    tree,
    duplicates: [],
    behind: ["127.0.0.1"],
    pidFile: join(folder, "edge.pid"),
  })
    .replace("worker_processes auto", "worker_processes 1")
    .replace(/^worker_rlimit_nofile.*\n/m, "");
}

/** It serves no files: the first answer comes from nginx, all others from its memory. */
function haproxy(tree: BenchTree, port: number, nginxPort: number): readonly string[] {
  const file = tree.config("haproxy.cfg", [
    "global",
    "  maxconn 4000",
    "  nbthread 1",
    "cache memory",
    "  total-max-size 64",
    "  max-object-size 16000000",
    "  max-age 86400",
    "defaults",
    "  mode http",
    "  timeout client 10s",
    "  timeout server 10s",
    "  timeout connect 1s",
    "frontend files",
    `  bind 127.0.0.1:${port}`,
    "  http-request cache-use memory",
    "  http-response cache-store memory",
    "  default_backend nginx",
    "backend nginx",
    `  server nginx 127.0.0.1:${nginxPort}`,
  ]);
  return ["haproxy", "-db", "-f", file];
}

/** The first answer comes from nginx, all others from its memory. */
function varnish({ folder }: BenchTree, port: number, nginxPort: number): readonly string[] {
  const own = join(folder, "varnish");
  mkdirSync(own);
  const memory = ["-s", "malloc,256m", "-t", "86400"];
  const place = ["-n", own, "-a", `127.0.0.1:${port}`, "-b", `127.0.0.1:${nginxPort}`];
  return ["varnishd", "-F", "-j", "none", ...place, ...memory];
}

function caddy(tree: BenchTree, port: number): readonly string[] {
  const file = tree.config("Caddyfile", [
    "{",
    "  admin off",
    "  auto_https off",
    "}",
    `http://127.0.0.1:${port} {`,
    `  root * ${tree.tree}`,
    "  file_server",
    "}",
  ]);
  const homes = ["XDG_CONFIG_HOME", "XDG_DATA_HOME"].map((name) => `${name}=${tree.folder}`);
  return ["env", ...homes, "caddy", "run", "--config", file, "--adapter", "caddyfile"];
}
