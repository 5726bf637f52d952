import * as mandatory from "@secvisogram/csaf-validator-lib/mandatoryTests.js";
import { csaf_2_0_strict as strictSchema } from "@secvisogram/csaf-validator-lib/schemaTests.js";
import validate from "@secvisogram/csaf-validator-lib/validate.js";

type Validate = (
  tests: readonly unknown[],
  document: unknown,
) => Promise<{ readonly tests: readonly { readonly isValid: boolean; readonly name: string }[] }>;

const tests: readonly unknown[] = [...Object.values(mandatory as object), strictSchema];

/** The names of the mandatory tests (CSAF 2.0, section 6.1) that the document fails. */
export async function csafFaults(document: unknown): Promise<readonly string[]> {
  const results = (await (validate as Validate)(tests, document)).tests;
  return results.filter(({ isValid }) => !isValid).map(({ name }) => name);
}
