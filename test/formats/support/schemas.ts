import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const folder = new URL("../schemas/", import.meta.url);

function read(name: string): { readonly $id: string } {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { readonly $id: string };
}

/** What the published schema says is wrong with the value; [] when nothing is. */
export function faultsBy(name: "osv" | "csaf-provider", value: unknown): readonly string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("uri", (text) => URL.canParse(text));
  ajv.addFormat("date-time", (text) => !Number.isNaN(Date.parse(text)));
  for (const version of ["2.0", "3.0", "3.1"]) {
    // Scores, of which our documents have none.
    ajv.addSchema(false, `https://www.first.org/cvss/cvss-v${version}.json`);
  }
  ajv.addSchema(read("csaf-2.0/csaf_json_schema.json"));
  const file = name === "osv" ? "osv/schema.json" : "csaf-2.0/provider_json_schema.json";
  const validate = ajv.compile(read(file));
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}
