import { readPatchPath } from "@causeway/kernel";
import { metalinkOf } from "./metalink.ts";
import type { Pieces } from "./pieces.ts";
import type { PublicPatch } from "./public-patch.ts";
import { torrentOf } from "./torrent.ts";
import type { WebRoute } from "./web-routes.ts";
import type { Page, PageSource } from "./write-pages.ts";

/** How one patch is had by programs that know nothing of Causeway. */
export function patchPages(
  patch: PublicPatch,
  routes: readonly WebRoute[],
  publisher: string,
  readPieces: (patch: PublicPatch) => Promise<Pieces>,
): PageSource {
  const { path, length, sha256 } = patch.target;
  const { releasedAt } = patch.record;
  return {
    key: `patch ${path}`,
    inputs: { path, length, sha256, releasedAt, publisher, routes: routes.map(routeInputs) },
    make: async () => {
      const pieces = await readPieces(patch);
      return [
        { path: pagePathOf(patch, ".meta4"), bytes: metalinkOf(patch, pieces, routes, publisher) },
        { path: pagePathOf(patch, ".torrent"), bytes: torrentOf(patch, pieces, routes) },
        sumsOf(patch),
      ];
    },
  };
}

function routeInputs({ base, priority, country = "" }: WebRoute): readonly (string | number)[] {
  return [base, priority, country];
}

/** For `sha256sum -c` in the folder in which the patch lies under its own name. */
function sumsOf({ target }: PublicPatch): Page {
  const { file } = readPatchPath(target.path);
  const folder = target.path.slice(0, -file.length);
  return { path: `${folder}SHA256SUMS`, bytes: Buffer.from(`${target.sha256}  ${file}\n`) };
}

/** Below `security/`, in a folder that the patch has for itself. */
export function pagePathOf({ target }: PublicPatch, suffix: string): string {
  const { file } = readPatchPath(target.path);
  // No route serves a name with a dot in front.
  const name = file.replace(/^\.+/, "") || "patch";
  return `${target.path.slice(0, -file.length)}${name}${suffix}`;
}
