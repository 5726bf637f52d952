import type { Rule } from "./tree.ts";

const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** What others wrote is here for a reason, and ARCHITECTURE.md has it. */
export const dependenciesHaveReasons: Rule = (tree) => {
  const complaints: string[] = [];
  const reasons = reasonsIn(tree.get("ARCHITECTURE.md") ?? "");
  const used = new Set<string>();
  for (const [path, text] of tree) {
    if (!/^(?:packages\/[^/]+\/)?package\.json$/.test(path)) continue;
    for (const name of foreignIn(text)) {
      used.add(name);
      if (!reasons.has(name)) complaints.push(`${path}: ${name} has no line in ARCHITECTURE.md`);
    }
  }
  for (const name of reasons) {
    if (!used.has(name)) complaints.push(`ARCHITECTURE.md: nobody depends on ${name} any more`);
  }
  return complaints;
};

/** The names in the first column of the section's table, without `(dev)` and the like. */
function reasonsIn(page: string): ReadonlySet<string> {
  const section = page.split(/^## /m).find((each) => each.startsWith("Dependencies\n")) ?? "";
  const rows = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, names = ""]) => names);
  const names = rows.slice(1).flatMap((row) => row.replace(/ \(\w+\)$/, "").split(", "));
  return new Set(names);
}

function foreignIn(manifest: string): readonly string[] {
  const document = JSON.parse(manifest) as Readonly<Record<string, object | undefined>>;
  const names = kinds.flatMap((kind) => Object.keys(document[kind] ?? {}));
  return names.filter((name) => !name.startsWith("@causeway/"));
}
