import {
  type ProbePolicy,
  type ProbePolicyValue,
  policyFrom,
  probesSchemaText,
} from "@causeway/control";
import { YamlReader } from "@causeway/publisher";
import { boundedText } from "../bounded-text.ts";

const written = { max: 64 * 1024, what: "policy of probes", told: "docs/probes.md" };
const reader = new YamlReader<ProbePolicyValue>(probesSchemaText);

/** @throws {UsageError} `CONFIG_MISSING`, or `CONFIG_MALFORMED` naming line and column */
export async function loadPolicy(file: string): Promise<ProbePolicy> {
  const yaml = reader.read(await boundedText(file, written), file);
  const policy = policyFrom(yaml.value);
  if (policy.drain.failures <= policy.drain.rounds) return policy;
  const { failures, rounds } = policy.drain;
  throw yaml.error(["drain"], `${failures} failures cannot be among ${rounds} rounds`);
}
