import { closeSync, createReadStream, openSync, readSync, statSync, writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { zstdDecompressSync } from "node:zlib";
import { decodeDeltaSegments, deltaTailLength } from "@causeway/kernel";
import { makeDelta } from "../../packages/publisher/src/artifacts/delta.ts";
import { Scan } from "../../packages/publisher/src/artifacts/scan.ts";

// What delta.bench.ts measures as a process of its own, beside other programs:
//   make OLD NEW DELTA       apply OLD DELTA NEWLENGTH OUT

const [verb, old = "", other = "", third = "", out = ""] = process.argv.slice(2);
if (verb === "make") await make(old, other, third);
else apply(old, other, Number(third), out);

async function make(oldFile: string, newFile: string, deltaFile: string): Promise<void> {
  const made = await makeDelta({
    target: { file: newFile, ...(await scan(newFile)) },
    old: { file: oldFile, scanned: await scan(oldFile) },
    file: deltaFile,
    lengthMax: Number.MAX_SAFE_INTEGER,
    workers: availableParallelism(),
    onBytes: () => undefined,
    signal: undefined,
  });
  if (typeof made === "string") throw new Error(made);
}

async function scan(file: string): Promise<ReturnType<Scan["finish"]>> {
  const result = new Scan();
  for await (const bytes of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    result.update(bytes as Uint8Array);
  }
  return result.finish();
}

/** Makes the new file, segment by segment. */
function apply(oldFile: string, deltaFile: string, newLength: number, outFile: string): void {
  const lengths = { old: statSync(oldFile).size, delta: statSync(deltaFile).size, new: newLength };
  const tailLength = Math.min(deltaTailLength, lengths.delta);
  const tail = range(deltaFile, lengths.delta - tailLength, tailLength);
  const made = openSync(outFile, "wx");
  for (const segment of decodeDeltaSegments(tail, lengths, "delta")) {
    const frame = range(deltaFile, segment.frameOffset, segment.frameLength);
    const bytes = zstdDecompressSync(frame, {
      dictionary: range(oldFile, segment.oldOffset, segment.oldLength),
      chunkSize: segment.newLength,
      maxOutputLength: segment.newLength,
    });
    writeSync(made, bytes);
  }
  closeSync(made);
}

function range(file: string, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, "r");
  readSync(descriptor, bytes, 0, length, offset);
  closeSync(descriptor);
  return bytes;
}
