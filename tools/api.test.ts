import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./checkout.ts";
import { publicTypes } from "./public-types.ts";

const entries = ["client/src/index", "client/src/node/index"];

// A change here is a change for every application that embeds the SDK. To accept it:
// npx node --test --test-update-snapshots tools/api.test.ts
test("the public types of the SDK are the ones that were last agreed on", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  emitDeclarations(folder);
  const files = entries.map((entry) => join(folder, `${entry}.d.ts`));
  const text = publicTypes(join(folder, "client/src"), files, (file) => readFileSync(file, "utf8"));
  assert.match(text, /createClient/);
  t.assert.fileSnapshot(text, join(import.meta.dirname, "client-api.snapshot.txt"), {
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

test("only what the entries lead to is public, and comments are not", () => {
  const files: Readonly<Record<string, string>> = {
    "/index.d.ts": 'export * from "./a.js";\nexport { type B, c as d } from "./b.js";\n',
    "/a.d.ts":
      'import type { Deep } from "./b.js";\n/** Said. */\nexport declare class A {\n' +
      "    #private;\n    private constructor();\n    deep(): Deep;\n}\n",
    "/b.d.ts":
      "export interface B {\n    readonly b: Hidden;\n}\ninterface Hidden {\n    x: 1;\n}\n" +
      "export type Deep = 1;\nexport declare const c: 2;\nexport type Unseen = 3;\nexport {};\n",
  };
  const text = publicTypes("/", ["/index.d.ts"], (file) => files[file] ?? "");
  assert.equal(
    text,
    [
      "index.d.ts exports A, B, d\n",
      "// a: A\nexport declare class A {\n    deep(): Deep;\n}\n",
      "// b: B\nexport interface B {\n    readonly b: Hidden;\n}\n",
      "// b: Deep\nexport type Deep = 1;\n",
      "// b: Hidden\ninterface Hidden {\n    x: 1;\n}\n",
      "// b: c\nexport declare const c: 2;\n",
    ].join("\n"),
  );
});
