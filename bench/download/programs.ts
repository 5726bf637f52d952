import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import { type BenchRepository, metalink, patchUrl } from "./repository.ts";

/** One program with its options: how to make it fetch the patch. */
export interface Program {
  readonly name: string;
  /** The command line; it works in `folder`, and leaves the patch there as `out`. */
  readonly command: (
    repository: BenchRepository,
    routes: readonly string[],
    folder: string,
  ) => readonly string[];
}

const tuned = [
  "--timeout=3",
  "--connect-timeout=3",
  "--max-tries=3",
  "--retry-wait=1",
  "--lowest-speed-limit=200K",
  "-k1M",
  "-x4",
  "-s16",
];
const quiet = ["--no-conf", "--quiet", "--summary-interval=0"];

export const causeway: Program = {
  name: "Causeway",
  command: (repository, routes, folder) => [
    process.execPath,
    join(root, "packages/cli/bin/causeway.js"),
    "get",
    repository.product,
    `--trust=${repository.trust}`,
    ...routes.map((route) => `--route=${route}`),
    `--state=${join(folder, "state")}`,
    `--output=${join(folder, "out")}`,
    "--json",
    "--quiet",
  ],
};

export const aria2: Program = aria2With("aria2, default", []);
export const aria2Tuned: Program = aria2With("aria2, tuned", tuned);
/** For a fair chance at resuming: what it knows is saved each second, not each minute. */
export const aria2Saving: Program = aria2With("aria2, tuned, saving each second", [
  ...tuned,
  "--auto-save-interval=1",
]);

export const aria2Metalink: Program = {
  name: "aria2, tuned, Metalink with 1 MiB pieces",
  command: (repository, routes, folder) => {
    const file = join(folder, "patch.meta4");
    writeFileSync(file, metalink(repository, urlsOf(repository, routes)));
    return ["aria2c", ...quiet, ...tuned, "-c", "-d", folder, "-M", file];
  },
};

/** It knows one route only. */
export const curl: Program = {
  name: "curl, one route",
  command: (repository, routes, folder) => {
    const [url = ""] = urlsOf(repository, routes);
    return ["curl", "-sS", "-C", "-", "-o", join(folder, "out"), url];
  },
};

function aria2With(name: string, options: readonly string[]): Program {
  return {
    name,
    command: (repository, routes, folder) => {
      const urls = urlsOf(repository, routes);
      return ["aria2c", ...quiet, ...options, "-c", "-d", folder, "-o", "out", ...urls];
    },
  };
}

function urlsOf(repository: BenchRepository, routes: readonly string[]): readonly string[] {
  return routes.map((route) => patchUrl(repository, route));
}
