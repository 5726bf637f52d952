import { dirname, join, relative } from "node:path";
import { withoutComments } from "./tidy/code.ts";

/** A module's declarations as tsc emits them, by the names under which they can be had. */
interface Module {
  readonly declarations: ReadonlyMap<string, string>;
  /** Local name to where it comes from. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** Exported name to where it comes from, for `export { … } from`. */
  readonly handedOn: ReadonlyMap<string, Origin>;
  readonly starsFrom: readonly string[];
}

interface Origin {
  readonly specifier: string;
  readonly name: string;
}

/**
 * What the entry modules offer, with every declaration of the package that it mentions, and
 * without what only stands in the same file. Comments and private parts are left out: a better
 * sentence is no change of the interface.
 * @param read the text of a `.d.ts` file by its path
 */
export function publicTypes(
  folder: string,
  entries: readonly string[],
  read: (file: string) => string,
): string {
  const modules = new Map<string, Module>();
  const moduleAt = (file: string): Module => {
    const known = modules.get(file) ?? parseModule(read(file));
    modules.set(file, known);
    return known;
  };
  const shown = new Map<string, string>();
  const show = (file: string, name: string): void => {
    const module = moduleAt(file);
    const key = `${relative(folder, file).replace(/\.d\.ts$/, "")}: ${name}`;
    if (shown.has(key)) return;
    const declaration = module.declarations.get(name);
    if (declaration === undefined) {
      const origin = originOf(module, file, name, moduleAt);
      if (origin?.specifier.startsWith(".")) show(target(file, origin), origin.name);
      return;
    }
    shown.set(key, declaration);
    for (const [word] of declaration.matchAll(/\b[A-Za-z_$][\w$]*/g)) {
      if (word !== name && (module.declarations.has(word) || module.imports.has(word))) {
        show(file, word);
      }
    }
  };
  const offered = entries.map((entry) => {
    const names = namesOf(entry, moduleAt).toSorted();
    for (const name of names) show(entry, name);
    return `${relative(folder, entry)} exports ${names.join(", ")}\n`;
  });
  const sorted = [...shown].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...offered, ...sorted.map(([key, text]) => `// ${key}\n${text}`)].join("\n");
}

function namesOf(file: string, moduleAt: (file: string) => Module): readonly string[] {
  const { declarations, handedOn, starsFrom } = moduleAt(file);
  const own = [...declarations].filter(([, text]) => text.startsWith("export "));
  const stars = starsFrom.flatMap((specifier) => {
    return namesOf(target(file, { specifier, name: "*" }), moduleAt);
  });
  return [...new Set([...own.map(([name]) => name), ...handedOn.keys(), ...stars])];
}

function originOf(
  module: Module,
  file: string,
  name: string,
  moduleAt: (file: string) => Module,
): Origin | undefined {
  const star = module.starsFrom
    .map((specifier) => ({ specifier, name }))
    .find((origin) => namesOf(target(file, origin), moduleAt).includes(name));
  return module.handedOn.get(name) ?? module.imports.get(name) ?? star;
}

function target(file: string, { specifier }: Origin): string {
  return join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts"));
}

function parseModule(text: string): Module {
  const declarations = new Map<string, string>();
  const imports = new Map<string, Origin>();
  const handedOn = new Map<string, Origin>();
  const starsFrom: string[] = [];
  for (const statement of statementsOf(text)) {
    const star = /^export (?:type )?\* from "([^"]+)"/.exec(statement);
    const list = /^(import|export) (?:type )?\{([^}]*)\} from "([^"]+)"/.exec(statement);
    const named =
      /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|const|let|function|enum) ([\w$]+)/.exec(
        statement,
      );
    if (star !== null) starsFrom.push(star[1] ?? "");
    else if (list !== null) {
      const into = list[1] === "import" ? imports : handedOn;
      for (const item of (list[2] ?? "").split(",")) {
        const [name, as] = item
          .trim()
          .replace(/^type /, "")
          .split(" as ");
        if (name) into.set(as ?? name, { specifier: list[3] ?? "", name });
      }
    } else if (named !== null) {
      const name = named[1] ?? "";
      declarations.set(name, (declarations.get(name) ?? "") + statement); // overloads
    } else if (statement.trim() !== "export {};") {
      throw new Error(`a statement that public-types.ts does not know: ${statement}`);
    }
  }
  return { declarations, imports, handedOn, starsFrom };
}

function statementsOf(text: string): readonly string[] {
  const lines = withoutComments(text).split("\n");
  const kept = lines.filter((line) => !/^\s*(?:#private;|private .*;)?$/.test(line));
  const parts = `${kept.join("\n")}\n`.split(
    /^(?=(?:export|import|declare|interface|type|abstract)\b)/m,
  );
  return parts.filter((part) => part.trim() !== "");
}
