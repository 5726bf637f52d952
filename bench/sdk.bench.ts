import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packInto } from "../tools/pack.ts";
import { type Installed, install } from "./sdk/install.ts";
import { type Start, start } from "./sdk/start.ts";
import { Spread, spreadHead, spreadRule } from "./spread.ts";

export const title = "what the SDK adds to an application, beside its peers";

interface Candidate {
  readonly name: string;
  /** What an application imports. */
  readonly entry: string;
  readonly installed: Installed | string;
}

const peers: readonly (readonly [name: string, version: string, what: string])[] = [
  ["tuf-js", "6.0.2", "verifies the metadata of TUF, and fetches from one place"],
  ["@sigstore/tuf", "5.0.1", "does so with tuf-js, for the keys of Sigstore"],
  ["electron-updater", "6.8.10", "updates an Electron application; Electron is not counted"],
  [
    "webtorrent",
    "3.0.21",
    "fetches from peers and HTTP servers; its scripts would bring native code",
  ],
  ["node-downloader-helper", "2.1.11", "fetches over HTTP, and resumes; verifies nothing"],
];
const runs = 15;

export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  try {
    const tarballs = packInto(join(folder, "tarballs"), ["kernel", "trust", "client"]);
    const candidates: readonly Candidate[] = [
      {
        name: "@causeway/client",
        entry: "@causeway/client/node",
        installed: install(folder, tarballs),
      },
      ...peers.map(([name, version]) => ({
        name: `${name} ${version}`,
        entry: name,
        installed: install(folder, [`${name}@${version}`]),
      })),
    ];
    return [
      ...introduction,
      "",
      ...sizes(candidates),
      "",
      `To import it, ${runs} processes each, by turns:`,
      "",
      ...starts(folder, candidates),
    ].join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const introduction = [
  "Each is installed by npm into an empty folder, without scripts, and with what it depends on.",
  "Ours comes from tarballs as they would be published, with kernel and trust. No peer does the",
  "same work, and most do less:",
  "",
  ...peers.map(([name, , what]) => `- ${name}: ${what}.`),
];

function sizes(candidates: readonly Candidate[]): readonly string[] {
  const rows = candidates.map(({ name, installed }) => {
    if (typeof installed === "string") return `| ${name} | SKIPPED: ${installed} | | | |`;
    const { packages, files, jsBytes, bytes } = installed;
    const cells = [packages, files, jsBytes, bytes].map((count) => count.toLocaleString("en"));
    return `| ${name} | ${cells.join(" | ")} |`;
  });
  return [
    "| what | packages | files | bytes of .js, .mjs, .cjs | bytes of all |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
  ];
}

/** By turns, so that a busy moment of the machine meets all of them. */
function starts(folder: string, candidates: readonly Candidate[]): readonly string[] {
  const applications = [
    { name: "Node.js alone", folder, entry: undefined },
    ...candidates.flatMap(({ name, entry, installed }) => {
      return typeof installed === "string" ? [] : [{ name, folder: installed.folder, entry }];
    }),
  ];
  const started = applications.map(({ name }) => ({ name, results: [] as (Start | string)[] }));
  for (let count = 0; count < runs; count++) {
    for (const [at, application] of applications.entries()) {
      started[at]?.results.push(start(application.folder, application.entry));
    }
  }
  return [
    `| what | ${spreadHead} | resident, MiB, median |`,
    `| --- | ${spreadRule} | ---: |`,
    ...started.map(({ name, results }) => `| ${name} | ${startCells(results)} |`),
  ];
}

function startCells(results: readonly (Start | string)[]): string {
  const failed = results.find((result) => typeof result === "string");
  if (failed !== undefined) return `not imported: ${failed} | | | | `;
  const done = results.filter((result) => typeof result !== "string");
  const memory = new Spread(done.map(({ residentMiB }) => residentMiB)).median.toFixed(1);
  return `${new Spread(done.map(({ seconds }) => seconds)).cells} | ${memory}`;
}
