import { fileHandler } from "./file-handler.ts";
import { HttpServer } from "./http-server.ts";
import type { OriginLimits } from "./limits.ts";
import { type Log, throttledLog } from "./log.ts";
import { requestRules } from "./request-rules.ts";
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
export type TreeServer = Pick<HttpServer, "listen" | "stop" | "counts">;

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
  return {
    listen: (options) => server.listen(options),
    counts: () => server.counts(),
    stop: async (graceMs) => {
      await server.stop(graceMs);
      clearInterval(forgetting);
      tree.close();
    },
  };
}
