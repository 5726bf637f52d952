import path from "node:path";
import { nginxConfig, parseEndpoint, parseNetwork, writeConfig } from "@causeway/origin";
import type { Command } from "commander";
import { vendorRoutes } from "../vendor-routes.ts";
import { addVerb, type Context, collect } from "../verb.ts";

interface NginxOptions {
  readonly dir: string;
  readonly route?: string;
  readonly listen?: readonly string[];
  readonly behind?: readonly string[];
  readonly pidFile: string;
  readonly out?: string;
}

/** `causeway edge nginx`: a configuration that serves the static tree. */
export function addNginx(edge: Command, { terminal }: Context): void {
  addVerb(
    edge,
    "nginx",
    "Write an nginx that serves the repository's static tree.",
    "causeway edge nginx --dir vendor --behind 10.0.0.0/24 --out edge/nginx.conf",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--route <id>", "which route of causeway.yaml this is; clients are told the others")
    .option("--listen <address>", "where it listens (default: 0.0.0.0:8080); repeat", collect)
    .option("--behind <network>", "the edges in front, who judge clients; repeat", collect)
    .option("--pid-file <file>", "where it writes its number", "/run/causeway-nginx.pid")
    .option("--out <file>", "where to write it (default: standard output)")
    .action(async (options: NginxOptions) => {
      const { dir, route, out, pidFile } = options;
      const vendor = await vendorRoutes(dir, route);
      const config = nginxConfig({
        title: vendor.name,
        listen: (options.listen ?? ["0.0.0.0:8080"]).map(parseEndpoint),
        tree: path.resolve(dir, "repository"),
        duplicates: vendor.others,
        behind: (options.behind ?? []).map(parseNetwork),
        pidFile: path.resolve(pidFile),
      });
      if (out !== undefined) await writeConfig(out, config);
      const told = { engine: "nginx", file: out ?? null, config };
      terminal.result(told, out === undefined ? config.trimEnd() : `wrote ${out}`);
    });
}
