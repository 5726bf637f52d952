import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesSent, type Link, type Network, within } from "./network.ts";

/** What a route may serve, by the port at which it does. */
export const ports = { honest: 8080, corrupting: 8081, tarpit: 8082 } as const;

/** The servers of one route: nginx with the repository, with its corrupted copy, and a tarpit. */
export class RouteServers {
  readonly link: Link;
  readonly #processes: readonly ChildProcess[];

  private constructor(link: Link, processes: readonly ChildProcess[]) {
    this.link = link;
    this.#processes = processes;
  }

  static async start(
    link: Link,
    folder: string,
    trees: { readonly honest: string; readonly corrupted: string },
  ): Promise<RouteServers> {
    const file = join(folder, `${link.name}.conf`);
    writeFileSync(file, configuration(join(folder, link.name), link, trees));
    const tarpit = join(import.meta.dirname, "tarpit.ts");
    const servers = new RouteServers(link, [
      start(link, "nginx", "-c", file),
      start(link, process.execPath, tarpit, link.address, String(ports.tarpit)),
    ]);
    await sleep(300); // both take less, and a client that comes sooner would only be slower
    return servers;
  }

  url(kind: keyof typeof ports): string {
    return `http://${this.link.address}:${ports[kind]}/`;
  }

  /** Bytes that left for the client since the route was made. */
  get sent(): number {
    const pid = this.#processes[0]?.pid;
    return pid === undefined ? 0 : bytesSent(pid);
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }
}

/** Starts `count` routes' servers. */
export async function startServers(
  network: Network,
  folder: string,
  trees: { readonly honest: string; readonly corrupted: string },
): Promise<readonly RouteServers[]> {
  return Promise.all(network.links.map((link) => RouteServers.start(link, folder, trees)));
}

function start(link: Link, ...command: readonly string[]): ChildProcess {
  const [file = "", ...args] = within(link.name, ...command);
  return spawn(file, args, { stdio: ["ignore", "ignore", "inherit"] });
}

function configuration(
  name: string,
  link: Link,
  trees: { readonly honest: string; readonly corrupted: string },
): string {
  const server = (port: number, tree: string): string =>
    `  server { listen ${link.address}:${port}; root ${tree}; }`;
  return [
    "daemon off; user root; worker_processes 1;",
    `pid ${name}.pid; error_log ${name}.log;`,
    "events { worker_connections 512; }",
    "http {",
    "  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;",
    server(ports.honest, trees.honest),
    server(ports.corrupting, trees.corrupted),
    "}",
    "",
  ].join("\n");
}
