import { matchesGlob } from "node:path";
import { testGlobs } from "../test-files.ts";
import { importsOf, withoutComments } from "./code.ts";
import { codeOf, packageOf, type Rule } from "./tree.ts";

const linesMax = 400;

/** A file is one thing; what needs more lines than this is two. */
export const filesAreShort: Rule = (tree) => {
  return [...codeOf(tree)].flatMap(([path, text]) => {
    const lines = text.split("\n").length - 1;
    return lines > linesMax ? [`${path}: has ${lines} lines, over ${linesMax}; split it`] : [];
  });
};

/** No test is written that no runner finds. */
export const testsAreFound: Rule = (tree) => {
  const complaints: string[] = [];
  for (const [path, text] of codeOf(tree)) {
    const isTest = path.endsWith(".test.ts");
    const isSupport = path.includes("/support/");
    if (isTest && !testGlobs.some((glob) => matchesGlob(path, glob))) {
      complaints.push(`${path}: is outside the globs of tools/test-files.ts`);
    }
    if (isTest || isSupport) continue;
    if (/[._-](?:tests?|spec)\.[cm]?[jt]s$/.test(path)) {
      complaints.push(`${path}: a test file's name ends in .test.ts`);
    } else if (/^(?:packages\/[^/]+\/)?test\//.test(path)) {
      complaints.push(`${path}: call it *.test.ts, or move it to support/`);
    } else if (path.startsWith("packages/") && importsOf(text).includes("node:test")) {
      complaints.push(`${path}: imports node:test, and no runner runs it`);
    }
  }
  return complaints;
};

/** What is left to do stands in an issue, where somebody sees it. */
export const nothingIsLeftForLater: Rule = (tree) => {
  const marker = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
  return [...codeOf(tree)].flatMap(([path, text]) => {
    return text.split("\n").flatMap((line, index) => {
      return marker.test(line) ? [`${path}:${index + 1}: do it, or write an issue`] : [];
    });
  });
};

/** One name for one thing, whoever imports it. */
export const exportsHaveNames: Rule = (tree) => {
  const unnamed = /^\s*export\s+default\b|\bas\s+default\b|\bexport\s*=/m;
  return [...codeOf(tree)].flatMap(([path, text]) => {
    return unnamed.test(withoutComments(text)) ? [`${path}: has a default export; name it`] : [];
  });
};

/** A name that says what is inside. */
export const filesSayWhatTheyAre: Rule = (tree) => {
  const vague = /\/(?:utils?|common|helpers?|misc|shared|types)\.[cm]?[jt]s$/;
  return [...codeOf(tree)].flatMap(([path]) => {
    return vague.test(path) ? [`${path}: name it after what it holds`] : [];
  });
};

/** Every source file gives something to somebody. */
export const noFileIsEmpty: Rule = (tree) => {
  return [...codeOf(tree)].flatMap(([path, text]) => {
    return withoutComments(text).trim() === "" ? [`${path}: holds no code; delete it`] : [];
  });
};

/** A package explains itself, and its entry only says what is public. */
export const packagesHaveAFace: Rule = (tree) => {
  const complaints: string[] = [];
  const names = new Set([...tree.keys()].map(packageOf).filter((name) => name !== undefined));
  for (const name of names) {
    const folder = `packages/${name}`;
    for (const file of ["README.md", "package.json", "tsconfig.build.json"]) {
      if (!tree.has(`${folder}/${file}`)) complaints.push(`${folder}: has no ${file}`);
    }
    for (const entry of entriesOf(tree.get(`${folder}/package.json`) ?? "{}")) {
      const text = tree.get(`${folder}/${entry}`);
      if (text === undefined) complaints.push(`${folder}: exports ${entry}, which is not there`);
      else if (entry.endsWith("/index.ts") && !onlyExports(text)) {
        complaints.push(`${folder}/${entry}: only exports; move the rest to a file with a name`);
      }
    }
  }
  return complaints;
};

/** The source files that package.json offers to importers. */
function entriesOf(manifest: string): readonly string[] {
  const found = manifest.matchAll(/"causeway-source":\s*"\.\/([^"]+)"/g);
  return [...found].map((match) => match[1] ?? "");
}

function onlyExports(text: string): boolean {
  const rest = withoutComments(text).replace(
    /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+"[^"]+";$/gm,
    "",
  );
  return rest.trim() === "";
}
