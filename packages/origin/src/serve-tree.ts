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

/** The server of one worker, put together; a shield goes between the rules and the files. */
export function serveTree({ tree: root, duplicates, limits }: ServedTree, log: Log): HttpServer {
  const calm = throttledLog(log, limits.logLinesPerSecondMax);
  const linkOf = (path: string): string | undefined => {
    if (duplicates.length === 0) return undefined;
    return duplicates.map((base) => `<${base}${path}>; rel=duplicate`).join(", ");
  };
  const tree = new Tree(root, linkOf, limits);
  setInterval(() => tree.forgetOld(), forgetMs).unref();
  const files = fileHandler(tree, duplicates, calm);
  return new HttpServer(requestRules(files, limits.headerCountMax), limits, calm);
}
