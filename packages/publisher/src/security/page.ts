import { compareVersions, readPatchPath } from "@causeway/kernel";
import { escaped, plainText } from "./markup.ts";
import type { Osv } from "./osv.ts";
import { pagePathOf } from "./patch-pages.ts";
import type { PublicPatch } from "./public-patch.ts";
import type { Publication } from "./publication.ts";
import { treePathOf, type WebRoute } from "./web-routes.ts";

const patchesMax = 100; // a page that a phone shows at once
const routesMax = 8;
const nameMax = 200;

const style =
  ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}" +
  "body{max-width:60rem;margin:0 auto;padding:1rem}" +
  "h1,h2{line-height:1.2}h2{margin-top:2rem}h3{margin-bottom:0}ul{padding-left:1.2rem}" +
  "code{overflow-wrap:anywhere;font-size:.85em}" +
  ".critical,.high{font-weight:bold}.critical{color:light-dark(#b00020,#ff8a80)}";

/** The newest version of one product, for each platform. */
interface Newest {
  readonly patches: readonly PublicPatch[];
  readonly releasedAt: string;
}

/**
 * The public page: which patches there are, and how to get each over every route. No script, and
 * nothing from elsewhere. It says nothing of how the routes are defended.
 */
export async function pageOf(publication: Publication): Promise<Uint8Array> {
  const { name, routes, patches } = publication;
  const sections: string[] = [];
  let shown = 0;
  const products = newestOf(patches);
  for (const newest of products) {
    if (shown > 0 && shown + newest.patches.length > patchesMax) break;
    shown += newest.patches.length;
    sections.push(await sectionOf(publication, newest));
  }
  const title = `Security patches of ${escaped(plainText(name, nameMax))}`;
  const others = products.length - sections.length;
  return Buffer.from(
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
      '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ' +
      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n" +
      '<meta name="viewport" content="width=device-width">\n' +
      `<title>${title}</title>\n` +
      '<link rel="alternate" type="application/atom+xml" href="feed.atom">\n' +
      `<style>${style}</style>\n</head>\n<body>\n<main>\n<h1>${title}</h1>\n` +
      addresses(routes) +
      (patches.length === 0 ? "<p>No patch has been published yet.</p>\n" : "") +
      sections.join("") +
      (others > 0
        ? `<p>${others} more products have patches; this page has the newest.</p>\n`
        : "") +
      (patches.length === 0 ? "" : checking) +
      "</main>\n</body>\n</html>\n",
  );
}

const checking =
  "<h2>Check what you loaded</h2>\n" +
  "<p>Put <code>SHA256SUMS</code> beside the file and run <code>sha256sum -c SHA256SUMS</code>; on " +
  "Windows, compare with <code>Get-FileHash FILE</code>. A Metalink or torrent loads from all " +
  'addresses, and checks each piece. News of patches: <a href="feed.atom">Atom feed</a>.</p>\n';

function addresses(routes: readonly WebRoute[]): string {
  if (routes.length === 0) return "";
  const items = routes.slice(0, routesMax).map(({ base }) => {
    return `<li><a href="${escaped(base)}security/">${escaped(shortName(base))}</a></li>\n`;
  });
  return (
    "<p>If an address is slow or silent, use another. Each has this page and the same files:</p>\n" +
    `<ul>\n${items.join("")}</ul>\n`
  );
}

/** By when the newest version of each product was released, the last one first. */
function newestOf(patches: readonly PublicPatch[]): readonly Newest[] {
  const byProduct = new Map<string, PublicPatch[]>();
  for (const patch of patches) {
    const { product, version } = patch.record;
    const [known] = byProduct.get(product) ?? [];
    const order = known === undefined ? 1 : compareVersions(version, known.record.version);
    if (order > 0) byProduct.set(product, [patch]);
    else if (order === 0) byProduct.get(product)?.push(patch);
  }
  const all = [...byProduct.values()].map((newest): Newest => {
    const times = newest.map(({ record }) => record.releasedAt).toSorted();
    return { patches: newest, releasedAt: times.at(-1) ?? "" };
  });
  return all.toSorted((a, b) => (a.releasedAt < b.releasedAt ? 1 : -1));
}

async function sectionOf(publication: Publication, { patches }: Newest): Promise<string> {
  const [first] = patches;
  if (first === undefined) return "";
  const { product, version } = first.record;
  const name = escaped(plainText(publication.productName(product), nameMax));
  const osvs = new Map<string, Osv>();
  for (const patch of patches) {
    for (const osv of await publication.osvsOf(patch)) osvs.set(osv.id, osv);
  }
  const advisories = [...osvs.values()].map((osv) => {
    const id = escaped(osv.id);
    const summary = osv.summary === "" ? "" : `: ${escaped(osv.summary)}`;
    return `<li><a href="osv/${id}.json">${id}</a>${summary}</li>\n`;
  });
  return (
    `<section aria-labelledby="${escaped(product)}">\n` +
    `<h2 id="${escaped(product)}">${name} ${escaped(version)}</h2>\n` +
    (advisories.length === 0 ? "" : `<ul>\n${advisories.join("")}</ul>\n`) +
    `${patches.map((patch) => patchItem(patch, publication.routes)).join("")}</section>\n`
  );
}

function patchItem(patch: PublicPatch, routes: readonly WebRoute[]): string {
  const { target, record } = patch;
  const { severity, releasedAt, platform } = record;
  const { file } = readPatchPath(target.path);
  const folder = target.path.slice(0, -file.length);
  const where = treePathOf(patch);
  const elsewhere = routes.slice(0, routesMax).map(({ base }) => {
    return `<a href="${escaped(base + where)}" download="${escaped(file)}">${escaped(shortName(base))}</a>`;
  });
  const kinds = [
    `<a href="${escaped(pagePathOf(patch, ".meta4"))}">Metalink</a>`,
    `<a href="${escaped(pagePathOf(patch, ".torrent"))}">torrent</a>`,
    `<a href="${escaped(folder)}SHA256SUMS">SHA256SUMS</a>`,
  ];
  return (
    `<h3>${platform === "any" ? "All platforms" : escaped(platform)}</h3>\n` +
    `<p><span class="${severity}">Severity: ${severity}</span>. Released ` +
    `<time datetime="${releasedAt}">${releasedAt.slice(0, 10)}</time>, ${sizeOf(target.length)}.<br>\n` +
    `<a href="../${escaped(where)}" download="${escaped(file)}">Download ${escaped(file)}</a>` +
    `${elsewhere.length === 0 ? "" : `, or from ${elsewhere.join(", ")}`}.<br>\n` +
    `${kinds.join(", ")}.<br>\nSHA-256 <code>${target.sha256}</code></p>\n`
  );
}

function sizeOf(bytes: number): string {
  return bytes < 100_000 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Host and path of a URL as people read it. */
function shortName(base: string): string {
  return base.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
