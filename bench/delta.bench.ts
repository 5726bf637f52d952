import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../tools/checkout.ts";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { compare } from "./delta/compare.ts";
import { corpus } from "./delta/corpus.ts";
import { Server } from "./delta/server.ts";

export const title = "one version to the next: bytes and seconds, beside what others use";

const reason = "bench/delta";
const needed: readonly SystemPackage[] = [
  { name: "nginx-light", command: "nginx", reason },
  { name: "time", command: "time", reason },
];
const peers: readonly SystemPackage[] = [
  { name: "zstd", command: "zstd", reason },
  { name: "xdelta3", command: "xdelta3", reason },
  { name: "bsdiff", command: "bsdiff", reason },
  { name: "zsync", command: "zsync", reason },
  { name: "casync", command: "casync", reason },
];

export async function run(): Promise<string> {
  const missing = await installSystemPackages(needed);
  if (missing.length > 0) return `SKIPPED: ${missing.join("; ")}`;
  const missingPeers = await installSystemPackages(peers);
  // A user runs what was built, so that is what is measured.
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  try {
    const [served, own] = [join(folder, "served"), join(folder, "nginx")];
    for (const each of [served, own]) mkdirSync(each);
    await using server = await Server.start(served, own);
    const { pairs, skipped } = corpus(folder);
    const parts = [introduction.join("\n")];
    for (const each of [...missingPeers, ...skipped]) parts.push(`SKIPPED: ${each}`);
    for (const pair of pairs) parts.push(await compare(pair, served, server));
    parts.push(`Load at the end: ${loadavg()[0]?.toFixed(1)}.`);
    return parts.join("\n\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const introduction = [
  "*bytes*: of the delta; or, where there are requests, of all that nginx on loopback sent to one",
  "client that has the old file, without the heads of its answers ($body_bytes_sent). So zsync's",
  "holds the .zsync file and the boundaries of its parts; casync's the index and the compressed",
  "chunks that the old file lacks; and that of get --have all metadata, the chunk index, the list",
  "of deltas and the delta: its state folder is empty each time, it knows nothing but the pinned",
  "root. Bytes and requests are of the last run. Seconds are of the whole process, one run to",
  "make, up to five to apply, over loopback, where bytes cost next to nothing; memory is the",
  "largest resident set. To make, for get --have, is to add and to publish: chunks, pack, delta,",
  "signatures. get verifies and syncs what it made; the others do less. zsync and casync make",
  "their files without the old one: the same ones serve all older versions. *right*: how often",
  "the result was the new file, byte for byte. What takes over 100 s is cut off.",
];
