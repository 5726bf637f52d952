import assert from "node:assert/strict";
import { test } from "node:test";
import { root } from "./checkout.ts";
import { importsOf } from "./tidy/code.ts";
import { dependenciesHaveReasons } from "./tidy/dependencies.ts";
import {
  exportsHaveNames,
  filesAreShort,
  filesSayWhatTheyAre,
  noFileIsEmpty,
  nothingIsLeftForLater,
  packagesHaveAFace,
  testsAreFound,
} from "./tidy/files.ts";
import { type Rule, readTree } from "./tidy/tree.ts";
import {
  importsStayInsideTheWalls,
  manifestsMatchImports,
  simulatedCodeTakesPorts,
  testsDoNotReachUp,
} from "./tidy/walls.ts";

/** Each rule, beside files that break it in different ways and files that look like it. */
interface Case {
  readonly rule: Rule;
  readonly broken: Readonly<Record<string, string>>;
  readonly fine: Readonly<Record<string, string>>;
}

// In one piece these would make this file break the rules that it tests.
const marker = "TO".concat("DO");
const unnamed = "export def".concat("ault 1;");
const renamed = "export { a as def".concat("ault };");

const checkout = readTree(root);

const cases: Readonly<Record<string, Case>> = {
  "imports run downwards only": {
    rule: importsStayInsideTheWalls,
    broken: {
      "packages/kernel/src/a.ts": 'import { x } from "node:fs";',
      "packages/kernel/src/b.ts": 'import type { X } from "@causeway/trust";',
      "packages/trust/src/a.ts": 'export type { X } from "@causeway/client";',
      "packages/trust/src/b.ts": 'import {\n  x,\n} from "node:fs/promises";',
      "packages/trust/src/c.ts": 'const x = await import("@causeway/publisher");',
      "packages/client/src/a.ts": 'import { x } from "node:timers";',
      "packages/client/src/b.ts": 'import "undici";',
      "packages/client/src/c.ts": 'import { x } from "../../trust/src/x.ts";',
      "packages/client/src/d.ts": 'type X = import("@causeway/origin").X;',
      "packages/origin/src/a.ts": 'export * from "@causeway/publisher";',
      "packages/origin/src/c.ts": 'import { openClient } from "@causeway/client/node";',
      "packages/publisher/src/a.ts": 'import { x } from "fs";',
      "packages/origin/src/b.ts": 'import { x } from "causeway/main";\nimport "@causeway/cli";',
      "packages/newcomer/src/a.ts": "export const x = 1;",
    },
    fine: {
      "packages/kernel/src/a.ts": '// import { x } from "node:fs";\nimport { x } from "./b.ts";',
      "packages/trust/src/a.ts": 'import { createHash } from "node:crypto";',
      "packages/client/src/node/a.ts": 'import { x } from "node:fs";\nimport { y } from "../y.ts";',
      "packages/origin/src/a.ts": 'import { x } from "@causeway/client/internal/host-error";',
      "packages/cli/src/a.ts": 'import { x } from "commander";\nimport "@causeway/origin";',
    },
  },
  "a package's tests do not reach above it": {
    rule: testsDoNotReachUp,
    broken: {
      "packages/trust/test/a.test.ts": 'import { x } from "@causeway/publisher";',
      "packages/kernel/test/a.test.ts": 'import { x } from "../../trust/test/support/x.ts";',
    },
    fine: {
      "packages/client/test/a.test.ts": 'import { x } from "@causeway/trust";\nimport "tuf-js";',
      "packages/client/test/b.test.ts": 'import { x } from "../../trust/test/support/x.ts";',
    },
  },
  "simulated code takes ports": {
    rule: simulatedCodeTakesPorts,
    broken: {
      "packages/kernel/src/a.ts": "const now = Date.now();",
      "packages/trust/src/a.ts": "const now = new Date();",
      "packages/client/src/a.ts": "setTimeout(stop, 10);",
      "packages/client/src/b.ts": "const at = Date();",
      "packages/client/src/c.ts": "const x = Math.random();",
      "packages/client/src/d.ts": "AbortSignal.timeout(5);",
      "packages/client/src/e.ts": 'const { subtle } = globalThis["crypto"];',
      "packages/trust/src/b.ts": 'import { randomBytes } from "node:crypto";',
    },
    fine: {
      "packages/kernel/src/a.ts": "const at = new Date(now); // not Date.now()",
      "packages/client/src/a.ts": "await clock.sleep(10);",
      "packages/client/src/node/clock.ts": "return Date.now();",
      "packages/cli/src/a.ts": "setTimeout(stop, 10);",
    },
  },
  "files are short": {
    rule: filesAreShort,
    broken: { "packages/cli/test/a.test.ts": "x();\n".repeat(401) },
    fine: { "packages/cli/src/a.ts": "x();\n".repeat(400), "README.md": "x\n".repeat(900) },
  },
  "no test is written that no runner finds": {
    rule: testsAreFound,
    broken: {
      "packages/client/src/a.test.ts": 'import { test } from "node:test";',
      "tools/tidy/a.test.ts": "",
      "packages/client/test/tests-of-a.ts": "",
      "packages/client/test/a.tests.ts": "",
      "test/integration/a.spec.ts": "",
      "packages/client/src/b.ts": 'import { test } from "node:test";',
    },
    fine: {
      "packages/client/test/deep/a.test.ts": "",
      "packages/client/test/support/store-contract.ts": 'import { test } from "node:test";',
      "test/packaging/a.slow.test.ts": "",
      "tools/a.test.ts": "",
      "examples/own-app/a.test.ts": "",
    },
  },
  "nothing is left for later": {
    rule: nothingIsLeftForLater,
    broken: { "packages/cli/src/a.ts": `// ${marker}: bounds`, "tools/a.ts": `/* ${marker} */` },
    fine: { "packages/cli/src/a.ts": `const ${marker}S = 1;` },
  },
  "exports have names": {
    rule: exportsHaveNames,
    broken: {
      "tools/a.ts": unnamed,
      "tools/b.ts": renamed,
    },
    fine: { "tools/a.ts": `// ${unnamed}\nexport const a = 1;` },
  },
  "files say what they are": {
    rule: filesSayWhatTheyAre,
    broken: { "packages/cli/src/utils.ts": "", "packages/cli/test/support/helpers.ts": "" },
    fine: { "packages/cli/src/release-types.ts": "" },
  },
  "no file is empty": {
    rule: noFileIsEmpty,
    broken: { "packages/cli/src/a.ts": "", "packages/cli/src/b.ts": "/** Soon. */\n" },
    fine: { "packages/cli/src/a.ts": "export {};" },
  },
};

for (const [name, { rule, broken, fine }] of Object.entries(cases)) {
  test(`${name}, in this checkout`, () => {
    assert.deepEqual(rule(checkout), []);
  });

  test(`${name}: each breach is seen, and nothing else`, () => {
    for (const [path, text] of Object.entries(broken)) {
      const complaints = rule(new Map([[path, text]]));
      assert.equal(complaints.length > 0, true, `${path}: ${text}`);
      assert.match(complaints[0] ?? "", new RegExp(`^${path}`));
    }
    assert.deepEqual(rule(new Map(Object.entries(fine))), []);
  });
}

test("every package has a face, in this checkout", () => {
  assert.deepEqual(packagesHaveAFace(checkout), []);
});

test("every package has a face: a missing or talkative one is seen", () => {
  const manifest = '{"exports": {".": {"causeway-source": "./src/index.ts"}}}';
  const whole = new Map([
    ["packages/a/README.md", "# a"],
    ["packages/a/tsconfig.build.json", "{}"],
    ["packages/a/package.json", manifest],
    ["packages/a/src/index.ts", '// Public.\nexport * from "./b.ts";\nexport { c } from "./c.ts";'],
  ]);
  assert.deepEqual(packagesHaveAFace(whole), []);
  for (const path of whole.keys()) {
    const lacking = new Map(whole);
    lacking.delete(path);
    assert.equal(packagesHaveAFace(lacking).length, 1, path);
  }
  const talkative = new Map(whole).set("packages/a/src/index.ts", "export const a = 1;");
  assert.equal(packagesHaveAFace(talkative).length, 1);
});

test("manifests match imports, in this checkout", () => {
  assert.deepEqual(manifestsMatchImports(checkout), []);
});

test("manifests match imports: a missing and a spare name are seen", () => {
  const tree = new Map([
    ["packages/trust/src/a.ts", 'import { x } from "@causeway/kernel";'],
    ["packages/trust/package.json", '{"dependencies": {"@causeway/kernel": "0.1.0"}}'],
    ["packages/trust/tsconfig.build.json", '{"references": [{"path": "../kernel/x.json"}]}'],
  ]);
  assert.deepEqual(manifestsMatchImports(tree), []);
  assert.equal(manifestsMatchImports(new Map(tree).set("packages/trust/src/a.ts", "")).length, 2);
  const bare = new Map(tree).set("packages/trust/package.json", "{}");
  assert.equal(manifestsMatchImports(bare).length, 1);
});

test("dependencies have reasons, in this checkout", () => {
  assert.deepEqual(dependenciesHaveReasons(checkout), []);
});

test("dependencies have reasons: one without, and one that is gone, are seen", () => {
  const page = (...names: readonly string[]): string => {
    const rows = names.map((name) => `| ${name} | cli | it saves us work |`);
    return ["## Dependencies", "| dependency | used by | why |", "|---|---|---|", ...rows].join(
      "\n",
    );
  };
  const tree = new Map([
    ["package.json", '{"devDependencies": {"knip": "6", "@types/node": "24"}}'],
    ["packages/cli/package.json", '{"dependencies": {"commander": "15", "@causeway/client": "1"}}'],
    ["ARCHITECTURE.md", `${page("commander", "@types/node, knip (dev)")}\n\n## Not yet\n`],
  ]);
  assert.deepEqual(dependenciesHaveReasons(tree), []);
  const lacking = new Map(tree).set("ARCHITECTURE.md", page("commander", "knip (dev)"));
  assert.equal(dependenciesHaveReasons(lacking).length, 1);
  const spare = new Map(tree).set("packages/cli/package.json", "{}");
  assert.equal(dependenciesHaveReasons(spare).length, 1);
});

test("imports are found in whichever way they are written", () => {
  const code = [
    'import a from "one";',
    'import type { B } from "two";',
    'import {\n  c,\n  type D,\n} from "three";',
    'export * as e from "four";',
    'import "five";',
    'const f = await import("six");',
    'type G = import("seven").G;',
    'const h = createRequire(import.meta.url); h("not seen"); require("eight");',
    '/** import { x } from "nine"; */',
    'const url = "https://ten//eleven"; // import("twelve")',
  ].join("\n");
  const expected = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
  assert.deepEqual(importsOf(code).toSorted(), expected.toSorted());
});
