import { join } from "node:path";
import { serverConnections } from "../../packages/origin/src/edge/edge-limits.ts";
import { writeHaproxyEdge } from "../../packages/origin/src/edge/write-edge.ts";
import { freePort } from "../../test/support/listening.ts";
import { handMadeHaproxy, stickTableHaproxy } from "./haproxy.ts";
import { nginx, nginxLimits, nginxLines } from "./nginx.ts";
import { origin } from "./origin.ts";
import { PinnedServer } from "./pinned.ts";
import type { Site } from "./site.ts";

/** Something that stands between a flood and the files. */
export interface Front {
  readonly name: string;
  /** The header that shows a pass. */
  readonly pass: (token: string) => string;
  /** How many private entrances it has; absent: none. */
  readonly entrances?: number;
  /**
   * Starts what it is made of, all on the servers' core.
   * @param entrances free ports for them
   * @returns the port for everybody
   */
  readonly start: (
    site: Site,
    stack: AsyncDisposableStack,
    entrances: readonly number[],
  ) => Promise<number>;
}

const bearer = (token: string): string => `Authorization: Bearer ${token}`;
const cookie = (token: string): string => `Cookie: pass=${token}`;
const program = (name: string): readonly string[] => {
  return [process.execPath, join(import.meta.dirname, name)];
};
const paths = ({ patch, large }: Site): readonly string[] => {
  return [patch.path, large.path, "/metadata/timestamp.json", "/security/"];
};

export const unprotected: Front = {
  name: "nothing",
  pass: bearer,
  start: (site, stack) => {
    return listening(stack, (port) => {
      return [...program("floor-process.ts"), "http", port, site.tree.tree, ...paths(site)];
    });
  },
};

const puzzle: Front = {
  name: "puzzle",
  pass: cookie,
  start: (site, stack) => {
    const { key, audience, tree } = site;
    return listening(stack, (port) => {
      const pass = [JSON.stringify(key), audience];
      return [...program("puzzle-process.ts"), port, tree.tree, ...pass, ...paths(site)];
    });
  },
};

const limitedNginx: Front = {
  name: "nginx limits",
  pass: bearer,
  start: ({ tree }, stack) => {
    return listening(stack, (port) => {
      return nginx(tree, "limited.conf", nginxLines(tree, Number(port), nginxLimits));
    });
  },
};

/** An HAProxy in front of an nginx without limits. */
function haproxyFront(
  name: string,
  linesOf: (port: number, nginxPort: number, site: Site) => readonly string[],
): Front {
  return {
    name,
    pass: bearer,
    start: async (site, stack) => {
      const { tree } = site;
      const nginxPort = await listening(stack, (port) => {
        return nginx(tree, "behind.conf", nginxLines(tree, Number(port), []));
      });
      return listening(stack, (port) => {
        const file = tree.config("haproxy.cfg", linesOf(Number(port), nginxPort, site));
        return ["haproxy", "-db", "-f", file];
      });
    },
  };
}

const serve: Front = { name: "causeway serve", pass: bearer, start: startOrigin };

const serveWithEntrances: Front = {
  name: "causeway serve --entrances",
  pass: bearer,
  entrances: 8,
  start: startOrigin,
};

const edge: Front = {
  name: "causeway edge haproxy",
  pass: bearer,
  start: async (site, stack) => {
    const { tree, audience, keysFile } = site;
    const originPort = await startOrigin(site, stack, []);
    const port = await freePort();
    const out = join(tree.folder, "edge.cfg");
    const plan = {
      title: "bench",
      name: "edge-1",
      listen: [{ host: "127.0.0.1", port }],
      origins: [{ host: "127.0.0.1", port: originPort }],
      files: [],
      originConnections: serverConnections.origin,
      fileConnections: serverConnections.nginx,
      peers: [],
      behind: [],
      audience,
      control: join(tree.folder, "edge.sock"),
      user: undefined,
    };
    const keys = { keyFile: keysFile, revokedKeys: [] };
    await writeHaproxyEdge({ ...plan, ...keys, alternates: [] }, out, tree.folder);
    stack.use(await PinnedServer.start(["haproxy", "-db", "-f", out], port));
    return port;
  },
};

/** Each beside its peers: what does nothing, what others do, what a master would do, and ours. */
export const fronts: readonly Front[] = [
  unprotected,
  limitedNginx,
  haproxyFront("HAProxy stick tables", stickTableHaproxy),
  puzzle,
  haproxyFront("HAProxy by hand", (port, nginxPort, { key }) => {
    return handMadeHaproxy(port, nginxPort, key);
  }),
  serve,
  serveWithEntrances,
  edge,
];

function startOrigin(
  site: Site,
  stack: AsyncDisposableStack,
  entrances: readonly number[],
): Promise<number> {
  const { tree, keysFile, audience } = site;
  const own = entrances.length === 0 ? [] : ["--entrances", entrances.join(",")];
  return listening(stack, (port) => {
    return origin(tree, Number(port), ["--ticket-keys", keysFile, "--route", audience, ...own]);
  });
}

async function listening(
  stack: AsyncDisposableStack,
  command: (port: string) => readonly string[],
): Promise<number> {
  const port = await freePort();
  stack.use(await PinnedServer.start(command(String(port)), port));
  return port;
}
