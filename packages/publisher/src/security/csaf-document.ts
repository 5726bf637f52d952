import type { JsonInput } from "@causeway/kernel";
import { readPatchPath, severities } from "@causeway/kernel";
import { plainText } from "./markup.ts";
import type { Osv } from "./osv.ts";
import type { PublicPatch } from "./public-patch.ts";
import type { Publication } from "./publication.ts";

/** Who speaks in CSAF documents. */
export interface CsafPublisher {
  readonly name: string;
  /** The vendor's own URL, normalised. */
  readonly namespace: string;
}

/** What an advisory's CSAF document is called, and when it was made and changed. */
export interface CsafTracking {
  readonly id: string;
  /** RFC 3339, UTC, whole seconds: the first is when it came out, the last when it changed last. */
  readonly revisions: readonly [string, ...string[]];
}

/**
 * The revisions follow from what is signed: when the advisory came out and was changed, and when
 * patches for it were released.
 */
export function csafTracking(osv: Osv, patches: readonly PublicPatch[]): CsafTracking {
  const [published, modified] = [osv.published, osv.modified].map(
    (time) => `${time.slice(0, 19)}Z`,
  );
  const first = [published ?? "", modified ?? ""].toSorted()[0] ?? "";
  const later = [modified ?? "", ...patches.map(({ record }) => record.releasedAt)];
  const times = new Set(later.toSorted().filter((time) => time > first));
  return { id: osv.id, revisions: [first, ...times] };
}

/** CSAF 2.0, section 5.1. */
export function csafFileName(id: string): string {
  return `${id.toLowerCase().replaceAll(/[^+\-a-z0-9]+/g, "_")}.json`;
}

/**
 * The advisory as a CSAF 2.0 document of the profile "security advisory". It names no route: a
 * document may change only with its version, and routes change without.
 */
export function csafDocument(
  osv: Osv,
  tracking: CsafTracking,
  patches: readonly PublicPatch[],
  publication: Publication,
  publisher: CsafPublisher,
): JsonInput {
  const title = osv.summary === "" ? osv.id : osv.summary;
  const severity = severities.find((each) =>
    patches.some(({ record }) => record.severity === each),
  );
  const references = osv.references.map(({ type, url }) => {
    return { category: "external", summary: type === "" ? url : type, url };
  });
  return {
    document: {
      ...(severity !== undefined && { aggregate_severity: { text: severity } }),
      category: "csaf_security_advisory",
      csaf_version: "2.0",
      distribution: { tlp: { label: "WHITE", url: "https://www.first.org/tlp/" } },
      lang: "en",
      notes: [{ category: "summary", text: title, title: "Summary" }, ...withdrawal(osv)],
      publisher: { category: "vendor", ...publisher },
      ...(references.length > 0 && { references }),
      title,
      tracking: encodeTracking(tracking),
    },
    product_tree: { branches: [productBranch(patches, publication)] },
    vulnerabilities: vulnerabilitiesOf(osv, title, patches, publisher),
  };
}

function withdrawal({ withdrawn }: Osv): readonly JsonInput[] {
  if (withdrawn === undefined) return [];
  const text = `This advisory was withdrawn at ${withdrawn}.`;
  return [{ category: "general", text, title: "Withdrawn" }];
}

/** Versions grow with the time: `1.<seconds since the first>.0`. */
function encodeTracking({ id, revisions }: CsafTracking): JsonInput {
  const [first] = revisions;
  const history = revisions.map((date) => {
    const seconds = (Date.parse(date) - Date.parse(first)) / 1000;
    const summary = date === first ? "First version." : "Advisory or patches changed.";
    return { date, number: `1.${seconds}.0`, summary };
  });
  const last = history.at(-1);
  return {
    current_release_date: last?.date ?? first,
    generator: { engine: { name: "Causeway" } },
    id,
    initial_release_date: first,
    revision_history: history,
    status: "final",
    version: last?.number ?? "1.0.0",
  };
}

function productIdOf({ record }: PublicPatch): string {
  return `${record.product}:${record.version}:${record.platform}`;
}

function productBranch(patches: readonly PublicPatch[], publication: Publication): JsonInput {
  const products = Map.groupBy(patches, ({ record }) => record.product);
  return {
    category: "vendor",
    name: plainText(publication.name, 200),
    branches: [...products].map(([product, ofProduct]) => {
      const name = plainText(publication.productName(product), 200);
      const versions = Map.groupBy(ofProduct, ({ record }) => record.version);
      return {
        category: "product_name",
        name,
        branches: [...versions].map(([version, ofVersion]) => ({
          category: "product_version",
          name: version,
          branches: ofVersion.map((patch) => ({
            category: "architecture",
            name: patch.record.platform,
            product: productOf(patch, `${name} ${version} for ${patch.record.platform}`),
          })),
        })),
      };
    }),
  };
}

function productOf(patch: PublicPatch, name: string): JsonInput {
  const { path, sha256 } = patch.target;
  const file = {
    file_hashes: [{ algorithm: "sha256", value: sha256 }],
    filename: readPatchPath(path).file,
  };
  const helper = { hashes: [file] };
  return { name, product_id: productIdOf(patch), product_identification_helper: helper };
}

/** One for each CVE among the advisory's names; one without when there is none. */
function vulnerabilitiesOf(
  osv: Osv,
  title: string,
  patches: readonly PublicPatch[],
  publisher: CsafPublisher,
): JsonInput {
  const names = [...new Set([osv.id, ...osv.aliases])];
  const isCve = (name: string): boolean => /^CVE-\d{4}-\d{4,}$/.test(name);
  const ids = names
    .filter((name) => !isCve(name))
    .map((text) => {
      return { system_name: plainText(publisher.name, 200), text };
    });
  const productIds = patches.map(productIdOf);
  const impacts = Map.groupBy(patches, ({ record }) => record.severity);
  const common = {
    ...(ids.length > 0 && { ids }),
    notes: [{ category: "description", text: osv.details === "" ? title : osv.details }],
    product_status: { fixed: productIds },
    threats: [...impacts].map(([details, ofSeverity]) => {
      return { category: "impact", details, product_ids: ofSeverity.map(productIdOf) };
    }),
    title,
  };
  const cves = names.filter(isCve);
  return cves.length === 0 ? [common] : cves.map((cve) => ({ cve, ...common }));
}
