import { join } from "node:path";
import { freePort } from "../../test/support/listening.ts";
import { nginx, nginxLines } from "./nginx.ts";
import { origin } from "./origin.ts";
import { PinnedServer } from "./pinned.ts";
import { bogusOf, type Site } from "./site.ts";

/** One way to be refused, or to be looked at. */
export interface Asking {
  readonly what: string;
  readonly by: string;
  readonly server: PinnedServer;
  readonly path: string;
  readonly header?: string;
  readonly refused: boolean;
}

/** Starts ours, and others that refuse all that comes, and says what to ask of each. */
export async function startRefusingServers(
  site: Site,
  stack: AsyncDisposableStack,
): Promise<readonly Asking[]> {
  const { tree, keysFile, audience } = site;
  const [ticket] = site.tickets([]);
  if (ticket === undefined) throw new Error("a site has tickets");
  const good = `Authorization: Bearer ${ticket.token}`;
  const bogus = `Authorization: Bearer ${bogusOf(ticket)}`;
  const start = async (command: (port: number) => readonly string[]): Promise<PinnedServer> => {
    const port = await freePort();
    return stack.use(await PinnedServer.start(command(port), port));
  };
  const ours = await start((port) => {
    return origin(tree, port, ["--ticket-keys", keysFile, "--route", audience]);
  });
  const bare = await start((port) => {
    const program = join(import.meta.dirname, "floor-process.ts");
    return [process.execPath, program, "http", String(port), tree.tree];
  });
  const limits = ["limit_req_zone $server_name zone=all:1m rate=1r/m;", "limit_req zone=all;"];
  const quiet = ["limit_req_log_level info;", "limit_req_status 503;"];
  const nginxServer = await start((port) => {
    return nginx(tree, "refusing.conf", nginxLines(tree, port, [...limits, ...quiet]));
  });
  const haproxy = await start((port) => {
    return ["haproxy", "-db", "-f", tree.config("refusing.cfg", refusingHaproxy(port))];
  });
  const { path } = tree.addTarget(1024);
  const small = { by: "Causeway", server: ours, path, refused: false };
  const timestamp = { ...small, path: "/metadata/timestamp.json" };
  const refusal = { path: "/", refused: true };
  return [
    { ...small, what: "1 KiB, no ticket" },
    { ...small, what: "1 KiB, a good ticket", header: good },
    { ...small, what: "1 KiB, a bogus ticket", header: bogus },
    { ...timestamp, what: "timestamp.json, and a first ticket with it" },
    { ...timestamp, what: "timestamp.json, and a ticket renewed", header: good },
    { ...refusal, what: "404: no file of a repository", by: "Causeway", server: ours },
    { ...refusal, what: "404 and no body", by: "bare node:http", server: bare },
    { ...refusal, what: "503 by limit_req", by: "nginx 1.22", server: nginxServer },
    { ...refusal, what: "503 by http-request deny", by: "HAProxy 2.6", server: haproxy },
  ];
}

function refusingHaproxy(port: number): readonly string[] {
  return [
    "global",
    "  nbthread 1",
    "defaults",
    "  mode http",
    "  timeout client 10s",
    "frontend all",
    `  bind 127.0.0.1:${port}`,
    "  http-request deny deny_status 503",
  ];
}
