import { TestRepository } from "../packages/trust/test/support/test-repository.ts";
import { type Spread, spreadHead, spreadOf, spreadRule } from "./spread.ts";
import { PeerWalk, Walk } from "./walk.ts";

export const title = "the trust core beside tuf-js, where roles and bins grow";

const runs = 11;
const peerRuns = 5;
const secondsMax = 30; // of all runs of one row
const peerSecondsMax = 20; // of one run, as the last size lets expect of a quadratic peer

const entryCounts = [250, 500, 1_000, 2_000, 4_000, 10_000];
const bitLengths = [6, 8, 9, 10, 11, 12];

export async function run(): Promise<string> {
  return [
    "All from memory: no network, no disk for ours; tuf-js keeps what it reads in a folder.",
    "tuf-js is not run at sizes where one run would take over 20 s.",
    "",
    "First check: a refresh with nothing known but the pinned root, and one lookup, where one",
    "delegated role lists all targets.",
    "",
    ...(await table("targets in one role", entryCounts, compareFirstCheck)),
    "",
    "Start: everything is kept already and still the newest; what is kept is verified anew, the",
    "timestamp is fetched, and a target is looked up in its bin.",
    "",
    ...(await table(
      "bins",
      bitLengths.map((bits) => 2 ** bits),
      compareStart,
    )),
  ].join("\n");
}

/** Ours, and the peer's unless it would take too long. */
type Compare = (
  size: number,
  withPeer: boolean,
) => Promise<{ readonly ours: Spread; readonly peer: Spread | undefined }>;

async function table(
  what: string,
  sizes: readonly number[],
  compare: Compare,
): Promise<readonly string[]> {
  const rows: string[] = [];
  let peerSeconds = 0; // for a size of 1, if it is quadratic
  for (const size of sizes) {
    const { ours, peer } = await compare(size, peerSeconds * size ** 2 < peerSecondsMax);
    rows.push(`| ${size} | Causeway | ${ours.cells} | |`);
    if (peer === undefined) continue;
    peerSeconds = peer.median / size ** 2;
    const ratio = (peer.median / ours.median).toFixed(peer.median < ours.median * 10 ? 1 : 0);
    rows.push(`| ${size} | tuf-js 6.0.2 | ${peer.cells} | ${ratio} |`);
  }
  return [
    `| ${what} | by | ${spreadHead} | times ours |`,
    `| ---: | --- | ${spreadRule} | ---: |`,
    ...rows,
  ];
}

async function compareFirstCheck(size: number, withPeer: boolean): ReturnType<Compare> {
  const repository = new TestRepository();
  repository.delegate("targets", "patches", { paths: ["patches/*"] });
  const { targets } = repository.role("patches");
  for (let at = 0; at < size; at++) {
    const sha256 = at.toString(16).padStart(64, "0");
    targets[`patches/reader-${at}.bin`] = { length: 1_000_000 + at, hashes: { sha256 } };
  }
  repository.publish("patches", "targets", "snapshot", "timestamp");
  const files = filesOf(repository);
  const path = `patches/reader-${size >> 1}.bin`;
  const ours = await spreadOf(runs, secondsMax, () => {
    const client = new Walk(files, repository.firstRoot, Date.now());
    client.refresh();
    client.find(path);
  });
  if (!withPeer) return { ours, peer: undefined };
  const peer = await spreadOf(peerRuns, secondsMax, async () => {
    using client = new PeerWalk(files, repository.firstRoot);
    await client.refresh();
    await client.find(path);
  });
  return { ours, peer };
}

async function compareStart(size: number, withPeer: boolean): ReturnType<Compare> {
  const repository = new TestRepository();
  repository.delegateToBins("targets", Math.log2(size), "bin");
  const path = "patches/reader.bin";
  const bins = [...repository.roles.keys()].filter((role) => role !== "targets");
  // Whatever the bin that speaks for it: the others are not looked into.
  for (const bin of bins) repository.addTarget(path, "reader", bin);
  repository.publish(...bins, "targets", "snapshot", "timestamp");
  const files = filesOf(repository);
  const client = new Walk(files, repository.firstRoot, Date.now());
  client.refresh();
  client.find(path);
  const ours = await spreadOf(runs, secondsMax, () => {
    client.restart();
    client.refresh();
    client.find(path);
  });
  if (!withPeer) return { ours, peer: undefined };
  using peerClient = new PeerWalk(files, repository.firstRoot);
  await peerClient.refresh();
  await peerClient.find(path);
  const peer = await spreadOf(peerRuns, secondsMax, async () => {
    peerClient.restart();
    await peerClient.refresh();
    await peerClient.find(path);
  });
  return { ours, peer };
}

/** What a route has below `metadata/`. */
function filesOf({ published }: TestRepository): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [role, versions] of published) {
    for (const [at, bytes] of versions.entries()) {
      files.set(`${role === "timestamp" ? "" : `${at + 1}.`}${role}.json`, bytes);
    }
  }
  return files;
}
