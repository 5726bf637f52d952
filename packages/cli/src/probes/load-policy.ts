import { readFile, stat } from "node:fs/promises";
import {
  type ProbePolicy,
  type ProbePolicyValue,
  policyFrom,
  probesSchemaText,
} from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import { durationMs, YamlReader } from "@causeway/publisher";

const policyBytesMax = 64 * 1024;
const reader = new YamlReader<ProbePolicyValue>(probesSchemaText);

/** @throws {UsageError} `CONFIG_MISSING`, or `CONFIG_MALFORMED` naming line and column */
export async function loadPolicy(file: string): Promise<ProbePolicy> {
  const yaml = reader.read(await textOf(file), file);
  const policy = policyFrom(yaml.value, durationMs);
  if (policy.drain.failures <= policy.drain.rounds) return policy;
  const { failures, rounds } = policy.drain;
  throw yaml.error(["drain"], `${failures} failures cannot be among ${rounds} rounds`);
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= policyBytesMax) return await readFile(file, "utf8");
  } catch (cause) {
    const message = `cannot read ${file}; docs/probes.md tells how to write one.`;
    throw new UsageError("CONFIG_MISSING", message, { cause });
  }
  throw new UsageError("CONFIG_MALFORMED", `${file} is longer than any policy of probes.`);
}
