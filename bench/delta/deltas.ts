import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command, Place, Tool } from "./tool.ts";

const deltaOf = ({ folder }: Place): string => join(folder, "delta");

const ours: Command = [
  process.execPath,
  "--conditions=causeway-source",
  join(import.meta.dirname, "process.ts"),
];
const zstd: Command = ["zstd", "-q", "-f"];
const xdelta3: Command = ["xdelta3", "-f", "-B", "134217728"];

/** Tools that make one file, which takes the old one to the new. */
export const deltaTools: readonly Tool[] = [
  {
    name: "Causeway, the delta alone",
    transfers: "delta",
    make: (place) => [[...ours, "make", place.pair.old, place.pair.new, deltaOf(place)]],
    apply: (place, out) => {
      const length = String(statSync(place.pair.new).size);
      return [...ours, "apply", place.pair.old, deltaOf(place), length, out];
    },
  },
  zstdWith("zstd --patch-from", []),
  zstdWith("zstd --patch-from -19 --long=31", ["-19", "--long=31"]),
  {
    name: "xdelta3 -9, source window of the whole file",
    transfers: "delta",
    make: (place) => {
      return [[...xdelta3, "-e", "-9", "-s", place.pair.old, place.pair.new, deltaOf(place)]];
    },
    apply: (place, out) => [...xdelta3, "-d", "-s", place.pair.old, deltaOf(place), out],
  },
  {
    name: "bsdiff",
    transfers: "delta",
    make: (place) => [["bsdiff", place.pair.old, place.pair.new, deltaOf(place)]],
    apply: (place, out) => ["bspatch", place.pair.old, out, deltaOf(place)],
  },
];

function zstdWith(name: string, flags: readonly string[]): Tool {
  return {
    name,
    transfers: "delta",
    make: (place) => {
      const files = [`--patch-from=${place.pair.old}`, place.pair.new, "-o", deltaOf(place)];
      return [[...zstd, ...flags, ...files]];
    },
    apply: (place, out) => {
      const files = [`--patch-from=${place.pair.old}`, deltaOf(place), "-o", out];
      return [...zstd, "-d", "--long=31", ...files];
    },
  };
}
