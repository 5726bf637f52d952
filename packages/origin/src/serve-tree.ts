import { fileHandler } from "./file-handler.ts";
import { HttpServer } from "./http-server.ts";
import type { OriginLimits } from "./limits.ts";
import type { Lanes, ListenOptions } from "./listen.ts";
import { type Log, throttledLog } from "./log.ts";
import { requestRules } from "./request-rules.ts";
import { TlsListener } from "./tls/tls-listener.ts";
import type { TlsMaterial } from "./tls/tls-material.ts";
import { Tree } from "./tree.ts";

const forgetMs = 10_000;

export interface ServedTree {
  /** A real path. */
  readonly tree: string;
  /** Base URLs of other routes, each ending in `/`. */
  readonly duplicates: readonly string[];
  readonly limits: OriginLimits;
}

/** The server of one worker. */
export interface TreeServer extends Pick<HttpServer, "stop" | "counts"> {
  /** `tls` is needed for the lane of that name. @returns the ports. @throws {HostError} */
  listen(lanes: Lanes<ListenOptions>, tls: TlsMaterial | undefined): Promise<Lanes<number>>;
  /** Uses another certificate, or another key for sessions, from now on. */
  renewTls(material: TlsMaterial): void;
}

/** Puts the server of one worker together; a shield goes between the rules and the files. */
export function serveTree({ tree: root, duplicates, limits }: ServedTree, log: Log): TreeServer {
  const calm = throttledLog(log, limits.logLinesPerSecondMax);
  const linkOf = (path: string): string | undefined => {
    if (duplicates.length === 0) return undefined;
    return duplicates.map((base) => `<${base}${path}>; rel=duplicate`).join(", ");
  };
  const tree = new Tree(root, linkOf, limits);
  const files = fileHandler(tree, duplicates, calm);
  const server = new HttpServer(requestRules(files, limits.headerCountMax), limits, calm);
  const forgetting = setInterval(() => tree.forgetOld(), forgetMs).unref();
  let secure: TlsListener | undefined;
  let newest: TlsMaterial | undefined; // may come before the listener is there
  return {
    listen: async ({ plain, tls }, material) => {
      const port = plain && (await server.listen(plain));
      if (tls === undefined || material === undefined) return { plain: port };
      const socketsMax = plain === undefined ? limits.connectionsMax : limits.tlsConnectionsMax;
      secure = new TlsListener({ ...limits, socketsMax }, newest ?? material, server);
      return { plain: port, tls: await secure.listen(tls) };
    },
    renewTls: (material) => {
      newest = material;
      secure?.renew(material);
    },
    counts: () => ({ ...server.counts(), ...secure?.counts() }),
    stop: async (graceMs) => {
      await Promise.all([server.stop(graceMs), secure?.stop()]);
      clearInterval(forgetting);
      tree.close();
    },
  };
}
