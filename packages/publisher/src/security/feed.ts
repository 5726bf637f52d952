import { hash } from "node:crypto";
import { readPatchPath } from "@causeway/kernel";
import { escaped, plainText } from "./markup.ts";
import type { Osv } from "./osv.ts";
import { pagePathOf } from "./patch-pages.ts";
import type { PublicPatch } from "./public-patch.ts";
import type { Publication } from "./publication.ts";
import { treePathOf } from "./web-routes.ts";

const entriesMax = 50;
const nameMax = 200;

/** The newest patches, by when they were released. */
function newestPatches(patches: readonly PublicPatch[]): readonly PublicPatch[] {
  return patches
    .toSorted((a, b) => (a.record.releasedAt < b.record.releasedAt ? 1 : -1))
    .slice(0, entriesMax);
}

/**
 * The newest patches as an Atom feed (RFC 4287). Links are relative: the feed is the same on every
 * route. Times are those that were signed.
 * @param seed names the repository, whatever route it is read from
 * @returns undefined while there are no patches: a feed needs a time
 */
export async function feedOf(
  publication: Publication,
  seed: string,
): Promise<Uint8Array | undefined> {
  const entries = await Promise.all(
    newestPatches(publication.patches).map(async (patch) => {
      return entryOf(publication, patch, await publication.osvsOf(patch), seed);
    }),
  );
  const updated = entries
    .map((entry) => entry.updated)
    .toSorted()
    .at(-1);
  if (updated === undefined) return undefined;
  const name = escaped(plainText(publication.name, nameMax));
  const parts = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n',
    `<id>${uuidOf(seed)}</id>\n<title>Security patches of ${name}</title>\n`,
    `<updated>${updated}</updated>\n<author><name>${name}</name></author>\n`,
    '<link rel="self" href="feed.atom"/>\n<link rel="alternate" href="index.html"/>\n',
    ...entries.map(({ text }) => text),
    "</feed>\n",
  ];
  return Buffer.from(parts.join(""));
}

function entryOf(
  publication: Publication,
  patch: PublicPatch,
  osvs: readonly Osv[],
  seed: string,
): { readonly updated: string; readonly text: string } {
  const { record, target } = patch;
  const name = plainText(publication.productName(record.product), nameMax);
  const platform = record.platform === "any" ? "" : ` for ${record.platform}`;
  const title = `${name} ${record.version}${platform} (${record.severity})`;
  const times = [record.releasedAt, ...osvs.map(({ modified }) => secondOf(modified))];
  const updated = times.toSorted().at(-1) ?? record.releasedAt;
  const lines = [
    ...osvs.map(({ id, summary }) => (summary === "" ? id : `${id}: ${summary}`)),
    `${readPatchPath(target.path).file}, ${target.length} bytes, SHA-256 ${target.sha256}`,
  ];
  const enclosure =
    `<link rel="enclosure" type="application/octet-stream" length="${target.length}" ` +
    `href="../${escaped(treePathOf(patch))}"/>\n`;
  const parts = [
    `<entry>\n<id>${uuidOf(`${seed} ${target.path}`)}</id>\n<title>${escaped(title)}</title>\n`,
    `<updated>${updated}</updated>\n<published>${record.releasedAt}</published>\n`,
    `<link rel="alternate" href="index.html#${escaped(record.product)}"/>\n${enclosure}`,
    `<link rel="related" type="application/metalink4+xml" `,
    `href="${escaped(pagePathOf(patch, ".meta4"))}"/>\n`,
    `<content type="text">${escaped(lines.join("\n"))}</content>\n</entry>\n`,
  ];
  return { updated, text: parts.join("") };
}

/** Without fractions of a second, so that times can be compared as text. */
function secondOf(time: string): string {
  return `${time.slice(0, 19)}Z`;
}

/** A UUID of version 8 (RFC 9562) that follows from the text. */
function uuidOf(text: string): string {
  const digits = hash("sha256", text, "hex");
  const [a, b, c, d] = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(13, 16),
    digits.slice(17, 20),
  ];
  return `urn:uuid:${a}-${b}-8${c}-a${d}-${digits.slice(20, 32)}`;
}
