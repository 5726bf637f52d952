import { spawnSync } from "node:child_process";

/** A metric as Prometheus' own reader of OpenMetrics finds it. */
export interface ReadMetric {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

// Debian's own interpreter: another one does not see Debian's packages.
const python = "/usr/bin/python3";
const read = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([
  {"name": f.name, "type": f.type, "unit": f.unit, "samples": [
    {"name": s.name, "labels": s.labels, "value": s.value} for s in f.samples]}
  for f in text_string_to_metric_families(sys.stdin.read())]))
`;

/** For `skip`: why metrics cannot be read here, or false. */
export function noReader(): string | false {
  const { status } = spawnSync(python, ["-c", "import prometheus_client"]);
  return status === 0 ? false : "no python3-prometheus-client here";
}

/** @throws {Error} with what the reader says, when it does not take the text */
export function readMetrics(text: string): readonly ReadMetric[] {
  const { status, stdout, stderr } = spawnSync(python, ["-c", read], {
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as readonly ReadMetric[];
}

/** The value of one sample. */
export function valueOf(
  metrics: readonly ReadMetric[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const samples = metrics.flatMap((metric) => metric.samples);
  return samples.find((sample) => {
    const isAsked = Object.entries(labels).every(
      ([label, value]) => sample.labels[label] === value,
    );
    return sample.name === name && isAsked;
  })?.value;
}
