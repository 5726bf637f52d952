import { dirname, join } from "node:path";
import { root } from "../../tools/checkout.ts";
import type { Command, Place, Tool } from "./tool.ts";

const cli = join(root, "packages/cli/bin/causeway.js");
const product = "bench-patch";

/** Tools that fetch what they lack over HTTP. */
export const routeTools: readonly Tool[] = [
  {
    name: "Causeway, get --have",
    transfers: "requests",
    prepare: (place) => [
      causeway("init", vendorOf(place), "--name", "Bench", "--product", product, "--dev"),
      ...release(place, place.pair.old, "1.0.0"),
    ],
    make: (place) => release(place, place.pair.new, "1.0.1"),
    apply: (place, out) => {
      return causeway(
        "get",
        product,
        `--trust=${join(vendorOf(place), "repository/metadata/1.root.json")}`,
        `--route=${place.url}vendor/repository/`,
        `--state=${join(dirname(out), "state")}`,
        `--have=${place.pair.old}`,
        `--output=${out}`,
      );
    },
  },
  zsyncWith("zsync", [], "new"),
  zsyncWith("zsync of zsyncmake -z", ["-z"], "new.gz"),
  {
    name: "casync",
    transfers: "requests",
    make: (place) => {
      const [store, index] = [join(place.folder, "store"), join(place.folder, "new.caibx")];
      return [["casync", "make", `--store=${store}`, index, place.pair.new]];
    },
    apply: (place, out) => {
      const options = [`--store=${place.url}store`, `--seed=${place.pair.old}`];
      return ["casync", "extract", ...options, `${place.url}new.caibx`, out];
    },
  },
];

/** It leaves what -z compresses beside the file that it is given. */
function zsyncWith(name: string, flags: readonly string[], served: string): Tool {
  return {
    name,
    transfers: "requests",
    prepare: (place) => [["ln", "-s", place.pair.new, join(place.folder, "new")]],
    make: (place) => {
      const [file, control] = [join(place.folder, "new"), join(place.folder, "new.zsync")];
      return [["zsyncmake", ...flags, "-o", control, "-u", served, file]];
    },
    apply: (place, out) => {
      return ["zsync", "-q", "-i", place.pair.old, "-o", out, `${place.url}new.zsync`];
    },
  };
}

function vendorOf({ folder }: Place): string {
  return join(folder, "vendor");
}

function release(place: Place, file: string, version: string): readonly Command[] {
  const vendor = ["--dir", vendorOf(place)];
  const options = ["--product", product, "--version", version, "--name", "patch.bin"];
  return [causeway("add", file, ...options, ...vendor), causeway("publish", ...vendor)];
}

function causeway(...words: readonly string[]): Command {
  return [process.execPath, cli, ...words, "--quiet"];
}
