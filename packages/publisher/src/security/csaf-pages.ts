import { hash } from "node:crypto";
import type { JsonInput, RouteEntry } from "@causeway/kernel";
import {
  type CsafPublisher,
  type CsafTracking,
  csafDocument,
  csafFileName,
  csafTracking,
} from "./csaf-document.ts";
import type { PublicPatch } from "./public-patch.ts";
import type { Publication } from "./publication.ts";
import type { Page, PageSource } from "./write-pages.ts";

const folder = "csaf/white";
const feedName = "csaf-feed-tlp-white.json";
const schema = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json";

/** An advisory of which there is a document, with the patches that fix it. */
interface Subject {
  readonly id: string;
  readonly patches: readonly PublicPatch[];
}

/**
 * CSAF 2.0: a document for each advisory that a patch fixes, with the lists by which programs find
 * them. None without a name for the vendor that stays.
 */
export function csafPages(
  publication: Publication,
  listed: readonly RouteEntry[],
): readonly PageSource[] {
  const namespace = publication.security.namespace ?? firstHttpsOrigin(listed);
  const subjects = subjectsOf(publication);
  if (namespace === undefined || subjects.length === 0) return [];
  const publisher = { name: publication.name, namespace: new URL(namespace).href };
  return [
    ...subjects.map((subject) => documentPages(publication, publisher, subject)),
    listPages(publication, publisher, subjects),
  ];
}

/** Its URL, where a https route has it; for the `CSAF` line of security.txt. */
export function providerMetadataUrl({ routes }: Pick<Publication, "routes">): string | undefined {
  const base = routes.map((route) => route.base).find((url) => url.startsWith("https:"));
  return base && `${base}security/csaf/provider-metadata.json`;
}

/** In the list's order, retired or not: a name must not change with what serves today. */
function firstHttpsOrigin(listed: readonly RouteEntry[]): string | undefined {
  const urls = listed.filter(({ kind }) => kind === "origin").flatMap((route) => route.urls);
  const url = urls.find((each) => each.startsWith("https:"));
  return url && new URL(url).origin;
}

function subjectsOf(publication: Publication): readonly Subject[] {
  const patches = new Map<string, PublicPatch[]>();
  for (const patch of publication.patches) {
    for (const id of patch.record.advisories) {
      const known = patches.get(id);
      if (known === undefined) patches.set(id, [patch]);
      else known.push(patch);
    }
  }
  // Of ids that differ in letters' case or signs only, a file name has room for one.
  const names = new Set<string>();
  return [...publication.advisories.keys()].toSorted().flatMap((id): Subject[] => {
    const fixes = patches.get(id);
    const name = csafFileName(id);
    if (fixes === undefined || names.has(name)) return [];
    names.add(name);
    return [{ id, patches: fixes }];
  });
}

function inputsOf(publication: Publication, publisher: CsafPublisher, subject: Subject): JsonInput {
  const { id, patches } = subject;
  return {
    sha256: publication.advisories.get(id)?.sha256 ?? "",
    publisher: { ...publisher },
    patches: patches.map(({ target, record }) => {
      const { path, sha256 } = target;
      const { releasedAt, severity, product } = record;
      return [path, sha256, releasedAt, severity, publication.productName(product)];
    }),
  };
}

function documentPages(
  publication: Publication,
  publisher: CsafPublisher,
  subject: Subject,
): PageSource {
  const { id, patches } = subject;
  return {
    key: `csaf ${id}`,
    inputs: inputsOf(publication, publisher, subject),
    make: async () => {
      const osv = await publication.osv(id);
      const tracking = csafTracking(osv, patches);
      const document = csafDocument(osv, tracking, patches, publication, publisher);
      const path = `${folder}/${pathOf(tracking)}`;
      const bytes = jsonBytes(document);
      const sums = (["sha256", "sha512"] as const).map((name): Page => {
        const line = `${hash(name, bytes, "hex")}  ${csafFileName(id)}\n`;
        return { path: `${path}.${name}`, bytes: Buffer.from(line) };
      });
      return [{ path, bytes }, ...sums];
    },
  };
}

function pathOf({ id, revisions }: CsafTracking): string {
  return `${revisions[0].slice(0, 4)}/${csafFileName(id)}`;
}

/** Two spaces: people read these too. */
function jsonBytes(value: JsonInput): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

interface Line extends CsafTracking {
  readonly path: string;
  readonly title: string;
}

function listPages(
  publication: Publication,
  publisher: CsafPublisher,
  subjects: readonly Subject[],
): PageSource {
  const metadataUrl = providerMetadataUrl(publication);
  return {
    key: "csaf",
    inputs: {
      metadataUrl: metadataUrl ?? "",
      subjects: subjects.map((subject) => inputsOf(publication, publisher, subject)),
    },
    make: async () => {
      const lines: Line[] = [];
      for (const { id, patches } of subjects) {
        const osv = await publication.osv(id);
        const tracking = csafTracking(osv, patches);
        const title = osv.summary === "" ? id : osv.summary;
        lines.push({ ...tracking, path: pathOf(tracking), title });
      }
      const changes = lines.toSorted((a, b) => (lastOf(a) < lastOf(b) ? 1 : -1));
      const pages: Page[] = [
        textPage(
          "index.txt",
          lines.map(({ path }) => path),
        ),
        textPage(
          "changes.csv",
          changes.map((line) => `"${line.path}","${lastOf(line)}"`),
        ),
      ];
      if (metadataUrl === undefined) return pages;
      const [newest] = changes;
      const updated = newest === undefined ? "" : lastOf(newest);
      const base = new URL("white/", metadataUrl).href;
      const metadata = providerMetadata(metadataUrl, base, publisher, updated);
      return [
        ...pages,
        { path: "csaf/provider-metadata.json", bytes: jsonBytes(metadata) },
        { path: `${folder}/${feedName}`, bytes: jsonBytes(rolieFeed(base, changes, updated)) },
      ];
    },
  };
}

function lastOf({ revisions }: CsafTracking): string {
  return revisions.at(-1) ?? revisions[0];
}

function textPage(name: string, lines: readonly string[]): Page {
  return {
    path: `${folder}/${name}`,
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join("")),
  };
}

/**
 * CSAF 2.0, section 7.1.7. The role is that of a publisher: what a provider must meet beyond it,
 * as a security.txt on its main site, is the vendor's to do.
 */
function providerMetadata(
  url: string,
  base: string,
  publisher: CsafPublisher,
  updated: string,
): JsonInput {
  const feed = { summary: "All advisories.", tlp_label: "WHITE", url: base + feedName };
  return {
    canonical_url: url,
    distributions: [{ directory_url: base }, { rolie: { feeds: [feed] } }],
    last_updated: updated,
    list_on_CSAF_aggregators: true,
    metadata_version: "2.0",
    mirror_on_CSAF_aggregators: true,
    publisher: { category: "vendor", ...publisher },
    role: "csaf_publisher",
  };
}

/** The documents as a ROLIE feed (RFC 8322, as CSAF 2.0 section 7.1.15 has it in JSON). */
function rolieFeed(base: string, lines: readonly Line[], updated: string): JsonInput {
  return {
    feed: {
      id: "csaf-feed-tlp-white",
      title: "All advisories (TLP:WHITE)",
      link: [{ rel: "self", href: base + feedName }],
      category: [{ scheme: "urn:ietf:params:rolie:category:information-type", term: "csaf" }],
      updated,
      entry: lines.map((line) => {
        const href = base + line.path;
        const sums = ["sha256", "sha512"].map((name) => ({ rel: "hash", href: `${href}.${name}` }));
        return {
          id: line.id,
          title: line.title,
          link: [{ rel: "self", href }, ...sums],
          published: line.revisions[0],
          updated: lastOf(line),
          content: { type: "application/json", src: href },
          format: { schema, version: "2.0" },
        };
      }),
    },
  };
}
