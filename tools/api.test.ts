import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { root } from "./step.ts";
import { importsOf, withoutComments } from "./tidy/code.ts";

const entries = ["client/src/index", "client/src/node/index"];

// A change here is a change for every application that embeds the SDK. To accept it:
// npx node --test --test-update-snapshots tools/api.test.ts
test("the public types of the SDK are the ones that were last agreed on", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  emitDeclarations(folder);
  const files = reachable(
    folder,
    entries.map((entry) => join(folder, `${entry}.d.ts`)),
  );
  const text = files.map((file) => {
    const name = relative(join(folder, "client/src"), file);
    return `// ${name}\n${signaturesOf(readFileSync(file, "utf8"))}`;
  });
  assert.equal(files.length > entries.length, true, "the entries lead to further files");
  t.assert.fileSnapshot(text.join("\n"), join(import.meta.dirname, "client-api.snapshot.txt"), {
    serializers: [String],
  });
});

function emitDeclarations(folder: string): void {
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      composite: false,
      emitDeclarationOnly: true,
      rootDir: join(root, "packages"),
      outDir: folder,
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: entries.map((entry) => join(root, "packages", `${entry}.ts`)),
  };
  const path = join(folder, "tsconfig.json");
  writeFileSync(path, JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", path], { stdio: "pipe" });
}

/** The declarations that the entries lead to: their own, and those that these mention. */
function reachable(folder: string, from: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    for (const specifier of importsOf(readFileSync(file, "utf8"))) {
      if (!specifier.startsWith(".")) continue;
      visit(join(dirname(file), specifier.replace(/\.ts$/, ".d.ts")));
    }
  };
  from.forEach(visit);
  return [...found].filter((file) => !relative(folder, file).startsWith("..")).toSorted();
}

/** Without comments and private parts: a better sentence is no change of the interface. */
function signaturesOf(text: string): string {
  const lines = withoutComments(text).split("\n");
  return `${lines.filter((line) => !/^\s*(?:#private;|private .*;)?$/.test(line)).join("\n")}\n`;
}
