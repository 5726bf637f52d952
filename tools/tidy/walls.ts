import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { importsOf, withoutComments } from "./code.ts";
import { codeOf, packageOf, type Rule, type Tree } from "./tree.ts";

/** What the files of one package may import. Whatever is not listed is refused. */
interface Walls {
  /** Packages of ours, by folder, or one subpath of one. Imports run downwards only. */
  readonly packages: readonly string[];
  /** "any", or the built-in modules of Node.js by name. */
  readonly builtins: "any" | readonly string[];
  /** Whether packages of others may be used at all. */
  readonly foreign: boolean;
}

// node:crypto and node:zlib are used for their synchronous functions, which leave no trace in
// the event loop: a simulator on virtual time can run the code.
const pure = ["node:crypto", "node:zlib"] as const;

// How this machine fails, locks and syncs is the same for whoever runs on it; the rest of the
// client is not for the publisher, the origin and control.
const internal = "client/internal";

const walls: Readonly<Record<string, Walls>> = {
  kernel: { packages: [], builtins: [], foreign: false },
  trust: { packages: ["kernel"], builtins: pure, foreign: false },
  client: { packages: ["kernel", "trust"], builtins: pure, foreign: false },
  publisher: {
    packages: ["kernel", "trust", internal],
    builtins: "any",
    foreign: true,
  },
  origin: { packages: ["kernel", "trust", internal], builtins: "any", foreign: true },
  control: { packages: ["kernel", internal], builtins: "any", foreign: false },
  sim: { packages: ["kernel", "trust", "client"], builtins: "any", foreign: false },
  mirror: { packages: ["kernel", "trust", "client"], builtins: "any", foreign: false },
  neighbour: {
    packages: ["kernel", "trust", "client", "origin", "mirror"],
    builtins: "any",
    foreign: true,
  },
  cli: {
    packages: ["kernel", "client", "publisher", "origin", "mirror", "control", "neighbour"],
    builtins: "any",
    foreign: true,
  },
};

/** The adapters of the client's ports: the one place of the SDK that touches the machine. */
const adapters = "packages/client/src/node/";

/** Imports run downwards: cli > neighbour > control, origin, publisher, mirror > client > trust > kernel. */
export const importsStayInsideTheWalls: Rule = (tree) => {
  const complaints: string[] = [];
  for (const [path, text] of codeOf(tree)) {
    const name = packageOf(path);
    if (name === undefined || !path.startsWith(`packages/${name}/src/`)) continue;
    const own = walls[name];
    if (own === undefined) {
      complaints.push(`${path}: package ${name} is not in the table of tools/tidy/walls.ts`);
      continue;
    }
    for (const specifier of importsOf(text)) {
      const why = whyRefused(specifier, path, name, own);
      if (why !== undefined) complaints.push(`${path}: "${specifier}" ${why}`);
    }
  }
  return complaints;
};

function whyRefused(specifier: string, path: string, name: string, own: Walls): string | undefined {
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(path), specifier);
    if (target.startsWith(`packages/${name}/src/`)) return undefined;
    return "leaves the package; import it by its name";
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith("node:")) return `is written "node:${specifier}"`;
    if (own.builtins === "any" || path.startsWith(adapters)) return undefined;
    return own.builtins.includes(specifier) ? undefined : "is not for this layer; take a port";
  }
  const ours = /^@causeway\/(.+)/.exec(specifier)?.[1];
  if (ours === undefined) return own.foreign ? undefined : "is foreign; this package has none";
  const allowed = own.packages.some((each) => ours === each || ours.startsWith(`${each}/`));
  return allowed ? undefined : "runs against the direction of imports";
}

/** Tests of a package stand at its own height: what they import, the package might. */
export const testsDoNotReachUp: Rule = (tree) => {
  const complaints: string[] = [];
  for (const [path, text] of codeOf(tree)) {
    const name = packageOf(path);
    if (name === undefined || !path.startsWith(`packages/${name}/test/`)) continue;
    const below = (walls[name]?.packages ?? []).map((each) => each.split("/")[0]);
    const allowed = new Set([name, ...below]);
    for (const specifier of importsOf(text)) {
      const ours = specifier.startsWith(".")
        ? packageOf(posix.join(posix.dirname(path), specifier))
        : /^@causeway\/([^/]+)/.exec(specifier)?.[1];
      if (ours === undefined || allowed.has(ours)) continue;
      complaints.push(`${path}: "${specifier}" is above; such a test belongs in test/`);
    }
  }
  return complaints;
};

/** package.json and tsconfig.build.json say what the code says. */
export const manifestsMatchImports: Rule = (tree) => {
  const complaints: string[] = [];
  for (const name of Object.keys(walls)) {
    const folder = `packages/${name}`;
    const imported = ownImports(tree, name);
    const declared = ownNames(
      Object.keys(readJson(tree, `${folder}/package.json`, "dependencies")),
    );
    const references = Object.values(readJson(tree, `${folder}/tsconfig.build.json`, "references"));
    const built = references.map((reference) => {
      const path = (reference as { readonly path?: unknown }).path;
      return /^\.\.\/([^/]+)\//.exec(String(path))?.[1] ?? String(path);
    });
    compare(`${folder}/package.json`, declared, imported, complaints);
    compare(`${folder}/tsconfig.build.json`, built, imported, complaints);
  }
  return complaints;
};

function compare(
  file: string,
  says: readonly string[],
  imported: readonly string[],
  complaints: string[],
): void {
  for (const name of imported.filter((each) => !says.includes(each))) {
    complaints.push(`${file}: lacks ${name}, which src imports`);
  }
  for (const name of says.filter((each) => !imported.includes(each))) {
    complaints.push(`${file}: names ${name}, which src does not import`);
  }
}

function ownImports(tree: Tree, name: string): readonly string[] {
  const sources = [...codeOf(tree)].filter(([path]) => path.startsWith(`packages/${name}/src/`));
  return ownNames(sources.flatMap(([, text]) => importsOf(text)));
}

function ownNames(specifiers: readonly string[]): readonly string[] {
  const names = specifiers.map((specifier) => /^@causeway\/([^/]+)/.exec(specifier)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

function readJson(tree: Tree, path: string, member: string): object {
  const document: unknown = JSON.parse(tree.get(path) ?? "{}");
  const value = (document as Readonly<Record<string, unknown>>)[member];
  return typeof value === "object" && value !== null ? value : {};
}

const ambient = [
  [/\bDate\.now\b|\bnew Date\(\)|(?<!new )\bDate\(\)|\bperformance\.now\b/, "time: take the Clock"],
  [/\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, "a timer: take the Clock"],
  [/\bAbortSignal\.timeout\b/, "a timer: take the Clock"],
  [/\bMath\.random\b|\brandom(?:Bytes|UUID|Int|Fill)\b|\bgetRandomValues\b/, "take the Random"],
  [/\bcrypto\.subtle\b|\bsubtle\b/, "leaves the event loop: use node:crypto's synchronous half"],
] as const;

/**
 * Code that a simulator runs takes time and chance as ports. The linter knows globals better than
 * a pattern does (.oxlintrc.json refuses `fetch` and `process` too); this sees what it cannot.
 */
export const simulatedCodeTakesPorts: Rule = (tree) => {
  const complaints: string[] = [];
  for (const [path, text] of codeOf(tree)) {
    if (!/^packages\/(?:kernel|trust|client)\/src\//.test(path)) continue;
    if (path.startsWith(adapters)) continue;
    withoutComments(text)
      .split("\n")
      .forEach((line, index) => {
        for (const [pattern, advice] of ambient) {
          if (pattern.test(line)) complaints.push(`${path}:${index + 1}: ${advice}`);
        }
      });
  }
  return complaints;
};
