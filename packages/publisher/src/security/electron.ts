import { compareVersions, type Platform } from "@causeway/kernel";
import type { Pieces } from "./pieces.ts";
import type { PublicPatch } from "./public-patch.ts";
import { treePathOf } from "./web-routes.ts";
import type { PageSource } from "./write-pages.ts";

// What electron-updater takes for a version (semver.org, item 2 and the suggested expression).
const semver = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?$/;

/**
 * What the generic provider of electron-updater reads, for each product and platform: its URL is
 * `security/electron/PRODUCT/PLATFORM` of any one route, and the patch is named relative to that.
 */
export function electronPages(
  patches: readonly PublicPatch[],
  readPieces: (patch: PublicPatch) => Promise<Pieces>,
): readonly PageSource[] {
  const newest = new Map<string, PublicPatch>();
  for (const patch of patches) {
    const { product, platform, version } = patch.record;
    if (!semver.test(version)) continue;
    const folder = `electron/${product}/${platform}`;
    const last = newest.get(folder);
    if (last === undefined || compareVersions(version, last.record.version) > 0) {
      newest.set(folder, patch);
    }
  }
  return [...newest].map(([folder, patch]) => {
    const { path, length, sha256 } = patch.target;
    return {
      key: folder,
      inputs: { path, length, sha256, releasedAt: patch.record.releasedAt },
      make: async () => {
        const bytes = updateInfo(patch, (await readPieces(patch)).sha512);
        return channelFiles(patch.record.platform).map((name) => {
          return { path: `${folder}/${name}`, bytes };
        });
      },
    };
  });
}

/** As the updater asks for it: by operating system, and on Linux by processor. */
function channelFiles(platform: Platform): readonly string[] {
  const [system, processor] = platform.split("-");
  if (system === "win32") return ["latest.yml"];
  if (system === "darwin") return ["latest-mac.yml"];
  if (system === "linux") {
    return [processor === "x64" ? "latest-linux.yml" : `latest-linux-${processor}.yml`];
  }
  return ["latest.yml", "latest-mac.yml", "latest-linux.yml", "latest-linux-arm64.yml"];
}

function updateInfo(patch: PublicPatch, digest: Uint8Array): Uint8Array {
  const { record, target } = patch;
  const url = quoted(`../../../../${treePathOf(patch)}`);
  const sha512 = quoted(Buffer.from(digest).toString("base64"));
  const released = new Date(record.releasedAt).toISOString();
  return Buffer.from(
    `version: ${quoted(record.version)}\n` +
      `files:\n  - url: ${url}\n    sha512: ${sha512}\n    size: ${target.length}\n` +
      `path: ${url}\nsha512: ${sha512}\nreleaseDate: ${quoted(released)}\n`,
  );
}

/** YAML takes JSON's strings. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
