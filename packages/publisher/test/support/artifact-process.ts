import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import type { Sha256 } from "@causeway/kernel";
import { buildArtifacts } from "../../src/artifacts/build.ts";
import { frameOf, rangeOf, segmentsOf } from "./apply-delta.ts";

// A process of its own, so that its memory can be measured:
//   build FILE OUTDIR OLDFILE OLDSHA256      prints what was built
//   apply DELTA OLDFILE NEWLENGTH            prints the SHA-256 of what the delta makes

const [verb, first = "", second = "", third = "", fourth = ""] = process.argv.slice(2);
const result = verb === "build" ? await build() : apply();
const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ result, peakMiB: megabytes }));

async function build(): Promise<unknown> {
  const olds = third === "" ? [] : [{ name: "old", file: third, sha256: fourth as Sha256 }];
  return await buildArtifacts({ file: first, outDir: second, olds });
}

function apply(): string {
  const whole = createHash("sha256");
  const lengths = { old: statSync(second).size, new: Number(third) };
  for (const segment of segmentsOf(first, lengths)) {
    const bytes = zstdDecompressSync(frameOf(first, segment), {
      dictionary: rangeOf(second, segment.oldOffset, segment.oldLength),
      chunkSize: segment.newLength,
      maxOutputLength: segment.newLength,
    });
    whole.update(bytes);
  }
  return whole.digest("hex");
}
