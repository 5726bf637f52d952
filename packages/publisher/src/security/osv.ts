import { plainText } from "./markup.ts";

/** What is read of an advisory in OSV JSON. All of it comes from people: escape what is shown. */
export interface Osv {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly modified: string;
  readonly published: string;
  readonly withdrawn: string | undefined;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly details: string;
  readonly severity: readonly { readonly type: string; readonly score: string }[];
  readonly references: readonly { readonly type: string; readonly url: string }[];
}

const itemsMax = 100; // of each list
const summaryMax = 300;
const detailsMax = 20_000;

/** Reads what has the right form, and leaves out what has not. */
export function readOsv(bytes: Uint8Array): Osv {
  const value = objectOf(JSON.parse(Buffer.from(bytes).toString("utf8")));
  const modified = timeOf(value["modified"]) ?? "1970-01-01T00:00:00Z";
  return {
    id: textOf(value["id"], 100),
    modified,
    published: timeOf(value["published"]) ?? modified,
    withdrawn: timeOf(value["withdrawn"]),
    aliases: listOf(value["aliases"])
      .map((alias) => textOf(alias, 100))
      .filter(Boolean),
    summary: textOf(value["summary"], summaryMax).replaceAll(/\s+/g, " "),
    details: textOf(value["details"], detailsMax),
    severity: listOf(value["severity"])
      .map(objectOf)
      .map(({ type, score }) => {
        return { type: textOf(type, 20), score: textOf(score, 200) };
      }),
    references: listOf(value["references"]).flatMap((each) => {
      const { type, url } = objectOf(each);
      const href = webUrlOf(url);
      return href === undefined ? [] : [{ type: textOf(type, 20), url: href }];
    }),
  };
}

/** An http or https URL as it is written, or undefined: `javascript:` is one nobody may follow. */
function webUrlOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 2000 || !URL.canParse(value)) return undefined;
  const { protocol, href } = new URL(value);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, itemsMax) : [];
}

function textOf(value: unknown, lengthMax: number): string {
  return typeof value === "string" ? plainText(value, lengthMax).trim() : "";
}

function timeOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value);
  return isTime && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
