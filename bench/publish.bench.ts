import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { cataloguePath, packPath, type TargetPath } from "@causeway/kernel";
import {
  Metadata,
  MetaFile,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from "@tufjs/models";
import { binOf, intoBins } from "../packages/publisher/src/documents/bins.ts";
import type { TargetEntry } from "../packages/publisher/src/documents/target-entry.ts";
import type { Documents } from "../packages/publisher/src/publish/tree.ts";
import { plainEntries, type Sample, sampleReleases } from "./sample-releases.ts";
import { metadataFiles, SampleVendor } from "./sample-repository.ts";
import { type Spread, spreadHead, spreadOf, spreadRule } from "./spread.ts";
import { PeerWalk, Walk } from "./walk.ts";

export const title = "signing 100,000 targets, and a client's first check of them";

const targetCount = 100_000;
const runs = 7;
const peerRuns = 3; // each takes seconds
const checkRuns = 21;
const secondsMax = 60; // of all runs of one row

export async function run(): Promise<string> {
  const vendor = await SampleVendor.make();
  const full = sampleReleases(targetCount, true);
  const lean = sampleReleases(targetCount, false);
  const plain = plainEntries(targetCount);
  const documents = await vendor.sign(full.entries);
  return [
    "From entries in memory to the bytes of all documents (256 bins of patches, 64 of artifacts,",
    "32 of products, snapshot, timestamp), one process, Ed25519. A full release is a patch with",
    "record, chunk index, pack, and two deltas with their indexes and their list; a lean one has",
    "neither pack nor deltas. Half an advisory to each, a catalogue to 25.",
    "",
    ...(await signingTable(vendor, full, documents, plain)),
    "",
    "First check by a machine that knows nothing but the pinned root: the metadata that the trust",
    "core reads until it has found one patch, every byte, from memory. *Product*: with what leads",
    "there from a product's name, its catalogue and that one's metadata, as `causeway get` does.",
    "Versions have three digits, as after years; headers of HTTP are not counted.",
    "Of all patches, the one whose check is the shortest, of median length, and the longest.",
    "",
    "| first check of | bytes, median | least | most | product, median | least | most |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    checkRow(full, documents),
    checkRow(lean, await vendor.sign(lean.entries)),
    ...(await smallerRows(vendor)),
    "",
    "Where the bytes of the longest are, for full releases:",
    "",
    ...longestTable(full, documents),
    "",
    "The same check in time: refresh, catalogue and patch, from memory; tuf-js keeps what it reads",
    "in a folder. And what no client of ours does: the pack's own entry, by a lookup.",
    "",
    `| first check of a product | ${spreadHead} |`,
    `| --- | ${spreadRule} |`,
    ...(await timeRows(full, documents)),
  ].join("\n");
}

async function signingTable(
  vendor: SampleVendor,
  full: Sample,
  documents: Documents,
  plain: readonly TargetEntry[],
): Promise<readonly string[]> {
  const row = (what: string, { length }: readonly TargetEntry[], spread: Spread): string => {
    return `| ${what} | ${length} | ${spread.cells} |`;
  };
  const files = await spreadOf(runs, secondsMax, () => vendor.sign(plain));
  const all = await spreadOf(runs, secondsMax, () => vendor.sign(full.entries));
  const [other] = plain;
  const more = [...full.entries, ...(other === undefined ? [] : [other])];
  const again = await spreadOf(runs, secondsMax, () => vendor.sign(more, documents));
  const peer = await spreadOf(peerRuns, secondsMax, () => peerSigning(plain));
  return [
    `| signing | targets | ${spreadHead} |`,
    `| --- | ---: | ${spreadRule} |`,
    row("Causeway, full releases, everything new", full.entries, all),
    row("Causeway, full releases, one patch more", more, again),
    row("Causeway, plain files, everything new", plain, files),
    row("@tufjs/models 5.0.2, plain files, everything new", plain, peer),
  ];
}

/** How large a catalogue may grow is a question of patches. */
async function smallerRows(vendor: SampleVendor): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const count of [10_000, 1_000, 100]) {
    const sample = sampleReleases(count, true);
    rows.push(checkRow(sample, await vendor.sign(sample.entries)));
  }
  return rows;
}

/** What a check of one patch reads. */
interface Check {
  readonly patch: number;
  readonly bytes: number;
  /** With the product's catalogue and its metadata. */
  readonly productBytes: number;
}

/** The sums for every patch, by the lengths of what a walk of the trust core reads. */
function checksOf({ releases, catalogueLengths }: Sample, documents: Documents): readonly Check[] {
  const lengthOf = (role: string): number => documents.delegated.get(role)?.bytes.length ?? 0;
  const [root] = documents.roots;
  const always = [root, documents.timestamp, documents.snapshot, documents.targets];
  const common = always.reduce((sum, document) => sum + (document?.bytes.length ?? 0), 0);
  return releases.map(({ target, record }, patch) => {
    const bytes = common + lengthOf("patches") + lengthOf(binOf(target.path));
    const bin = lengthOf("products") + lengthOf(binOf(cataloguePath(record.product)));
    const catalogue = catalogueLengths.get(record.product) ?? 0;
    return { patch, bytes, productBytes: bytes + bin + catalogue };
  });
}

function checkRow(sample: Sample, documents: Documents): string {
  const checks = checksOf(sample, documents);
  const cells = [...spreadBy(checks, "bytes"), ...spreadBy(checks, "productBytes")];
  for (const { patch, bytes, productBytes } of cells) {
    const walked = walk(sample, documents, patch);
    if (walked.patch === bytes && walked.product === productBytes) continue;
    throw new Error(`a walk reads ${walked.patch} and ${walked.product} bytes`);
  }
  const [a, b, c, d, e, f] = cells;
  const shown = [a?.bytes, b?.bytes, c?.bytes, d?.productBytes, e?.productBytes, f?.productBytes];
  const { releases, entries } = sample;
  const kind = releases[0]?.record.pack === undefined ? "lean" : "full";
  const what = `${entries.length} targets, ${releases.length} ${kind} releases`;
  return `| ${what} | ${shown.join(" | ")} |`;
}

/** The median, the least and the most. */
function spreadBy(checks: readonly Check[], what: "bytes" | "productBytes"): readonly Check[] {
  const sorted = checks.toSorted((a, b) => a[what] - b[what]);
  return [sorted.length >> 1, 0, -1].flatMap((at) => sorted.at(at) ?? []);
}

/** The trust core itself reads what the sums say. */
function walk(
  { releases, catalogueLengths }: Sample,
  documents: Documents,
  patch: number,
): { readonly patch: number; readonly product: number; readonly read: Walk["read"] } {
  const { target, record } = releases[patch] ?? {};
  if (target === undefined || record === undefined) throw new Error("there is no such patch");
  const pinned = documents.roots[0]?.bytes ?? new Uint8Array();
  const open = (): Walk => new Walk(metadataFiles(documents), pinned, Date.now());
  const alone = open();
  alone.refresh();
  alone.find(target.path);
  const both = open();
  both.refresh();
  both.find(cataloguePath(record.product));
  both.find(target.path);
  const catalogue = catalogueLengths.get(record.product) ?? 0;
  return {
    patch: pinned.length + alone.bytes,
    product: pinned.length + both.bytes + catalogue,
    read: new Map([["1.root.json", pinned.length], ...both.read, ["the catalogue", catalogue]]),
  };
}

function longestTable(sample: Sample, documents: Documents): readonly string[] {
  const longest = spreadBy(checksOf(sample, documents), "productBytes")[2];
  const { read } = walk(sample, documents, longest?.patch ?? 0);
  const rows = [...read].map(([name, length]) => `| ${name} | ${length} |`);
  return ["| file | bytes |", "| --- | ---: |", ...rows];
}

async function timeRows(sample: Sample, documents: Documents): Promise<readonly string[]> {
  const [median, , longest] = spreadBy(checksOf(sample, documents), "productBytes");
  const files = metadataFiles(documents);
  const pinned = documents.roots[0]?.bytes ?? new Uint8Array();
  const rows: string[] = [];
  const pathsOf = (check: Check | undefined): readonly TargetPath[] => {
    const { target, record } = sample.releases[check?.patch ?? 0] ?? {};
    return target && record ? [cataloguePath(record.product), target.path] : [];
  };
  for (const [which, paths] of [
    ["median", pathsOf(median)],
    ["longest", pathsOf(longest)],
    [
      "longest and its pack",
      pathsOf(longest)
        .flatMap((path) => [path, packPath(path)])
        .slice(2),
    ],
  ] as const) {
    const ours = await spreadOf(checkRuns, secondsMax, () => {
      const client = new Walk(files, pinned, Date.now());
      client.refresh();
      for (const path of paths) client.find(path);
    });
    const peer = await spreadOf(checkRuns, secondsMax, async () => {
      using client = new PeerWalk(files, pinned);
      await client.refresh();
      for (const path of paths) await client.find(path);
    });
    rows.push(`| ${which}, Causeway | ${ours.cells} |`);
    rows.push(`| ${which}, tuf-js 6.0.2 | ${peer.cells} |`);
  }
  return rows;
}

/** The same documents through @tufjs/models; expires and versions as ours. */
function peerSigning(entries: readonly TargetEntry[]): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const keyID = "0".repeat(64);
  const signer = (bytes: Buffer): Signature => {
    return new Signature({ keyID, sig: sign(null, bytes, privateKey).toString("hex") });
  };
  const common = { version: 1, specVersion: "1.0.34", expires: "2027-08-12T09:00:00Z" };
  const meta: Record<string, MetaFile> = {};
  for (const [name, bin] of intoBins(entries)) {
    const targets = new Targets(common);
    for (const { path, length, sha256 } of bin) {
      targets.addTarget(new TargetFile({ path, length, hashes: { sha256 } }));
    }
    bytesOf(new Metadata(targets), signer);
    meta[`${name}.json`] = new MetaFile({ version: 1 });
  }
  const snapshot = bytesOf(new Metadata(new Snapshot({ ...common, meta })), signer);
  const hashes = { sha256: createHash("sha256").update(snapshot).digest("hex") };
  const snapshotMeta = new MetaFile({ version: 1, length: snapshot.length, hashes });
  bytesOf(new Metadata(new Timestamp({ ...common, snapshotMeta })), signer);
}

function bytesOf(
  metadata: Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>,
  signer: (bytes: Buffer) => Signature,
): Buffer {
  metadata.sign(signer);
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}
