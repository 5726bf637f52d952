/** A metric of OpenMetrics 1.0 with all its samples. */
export interface MetricFamily {
  /** Without the suffix of its samples; it ends in the unit, if there is one. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit?: "bytes" | "seconds";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number | Histogram;
}

/** How many values fell into each bucket: one for each bound, and one beyond the last. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** A gauge without labels. */
export function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: "gauge", help, samples: [{ value }] };
}

/** A counter without labels. */
export function counter(name: string, help: string, value: number): MetricFamily {
  return { name, type: "counter", help, samples: [{ value }] };
}

/** The text that a scraper reads. */
export function openMetricsText(families: readonly MetricFamily[]): string {
  return `${[...families.flatMap(linesOf), "# EOF"].join("\n")}\n`;
}

function linesOf({ name, type, unit, help, samples }: MetricFamily): readonly string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...samples.flatMap(({ labels = {}, value }) => {
      if (typeof value === "object") return histogramLines(name, labels, value);
      return `${name}${type === "counter" ? "_total" : ""}${labelText(labels)} ${value}`;
    }),
  ];
}

function histogramLines(
  name: string,
  labels: NonNullable<Sample["labels"]>,
  { bounds, buckets, sum }: Histogram,
): readonly string[] {
  let count = 0;
  const lines = buckets.map((values, at) => {
    count += values;
    return `${name}_bucket${labelText({ ...labels, le: bounds[at] ?? "+Inf" })} ${count}`;
  });
  const text = labelText(labels);
  return [...lines, `${name}_count${text} ${count}`, `${name}_sum${text} ${sum}`];
}

function labelText(labels: NonNullable<Sample["labels"]>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replace(/["\\\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
