import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { UsageError } from "@causeway/kernel";
import { descriptorLog, startOrigin } from "@causeway/origin";
import { aborted } from "../interrupt.ts";
import { vendorRoutes } from "../vendor-routes.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface ServeOptions {
  readonly dir?: string;
  readonly repository?: string;
  readonly route?: string;
  readonly host: string;
  readonly port: number;
  readonly adminPort?: number;
  readonly workers?: number;
}

const stopGraceMs = 10_000;

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
    .option("--route <id>", "which route of causeway.yaml this is; clients are told the others")
    .option("--host <host>", "the address to listen on", "0.0.0.0")
    .option(
      "--port <port>",
      "the port to listen on; 0 takes a free one",
      wholeNumber(0, 65_535),
      8080,
    )
    .option("--admin-port <port>", "health and metrics, on 127.0.0.1", wholeNumber(0, 65_535))
    .option("--workers <n>", "processes that share the port", wholeNumber(1, 256))
    .action(async (options: ServeOptions) => {
      if (options.dir !== undefined && options.repository !== undefined) {
        throw new UsageError("USAGE_ARGUMENT", "give --dir or --repository, not both.");
      }
      if (options.route !== undefined && options.repository !== undefined) {
        throw new UsageError("USAGE_ARGUMENT", "--route needs --dir: a bare tree names no routes.");
      }
      const dir = options.dir ?? ".";
      const tree = options.repository ?? path.join(dir, "repository");
      if (!(await isFolder(tree))) {
        throw new UsageError(
          "USAGE_ARGUMENT",
          `there is no folder ${path.resolve(tree)} to serve.`,
        );
      }
      const duplicates =
        options.repository === undefined ? (await vendorRoutes(dir, options.route)).others : [];
      const origin = await startOrigin({
        tree,
        host: options.host,
        port: options.port,
        workers: options.workers ?? availableParallelism(),
        log: descriptorLog(process.stderr.fd),
        duplicates,
        ...(options.adminPort !== undefined && { adminPort: options.adminPort }),
      });
      terminal.result(
        { url: origin.url, adminUrl: origin.adminUrl ?? null },
        `serving ${path.resolve(tree)} at ${origin.url}${admin(origin.adminUrl)}; Ctrl-C ends it`,
      );
      if (!existsSync(path.join(tree, "metadata", "timestamp.json"))) {
        const near = path.join(tree, "repository");
        const hint = existsSync(near) ? `did you mean ${near}?` : "publish to it.";
        terminal.warn(`there is no metadata/timestamp.json in ${tree}: ${hint}`);
      }
      await aborted(signal);
      await origin.close(stopGraceMs);
    });
};

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isDirectory() === true;
}

function admin(url: string | undefined): string {
  return url === undefined ? "" : `, health and metrics at ${url}`;
}
