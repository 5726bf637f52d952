import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { root } from "../../tools/checkout.ts";
import { packInto, userEnvironment } from "../../tools/pack.ts";
import { layOutShipped, shippedFolder } from "../../tools/shipped.ts";

const packages = readdirSync(join(root, "packages")).filter((name) => !isPrivate(name));
const folder = mkdtempSync(join(tmpdir(), "causeway-pack-"));
const project = join(folder, "project");
let tarballs: readonly string[] = [];

/** True for a package that is never published. */
function isPrivate(name: string): boolean {
  const text = readFileSync(join(root, "packages", name, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly private?: boolean }).private === true;
}

function run(file: string, args: readonly string[]): string {
  const options = {
    cwd: project,
    env: userEnvironment(),
    stdio: "pipe",
    encoding: "utf8",
  } as const;
  return execFileSync(file, args, options);
}

function contentsOf(tarball: string): readonly string[] {
  const names = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trimEnd().split("\n");
  return names.map((name) => name.replace(/^package\//, ""));
}

before(() => {
  if (process.env["CAUSEWAY_TEST_SHIPPED"] === undefined) layOutShipped(); // `npm test` has
  const packed = join(shippedFolder, "tarballs");
  tarballs = readdirSync(packed).map((name) => join(packed, name));
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"private": true, "type": "module"}\n');
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("a tarball holds what was built, its face and its licence, and nothing else", () => {
  assert.equal(tarballs.length, packages.length);
  for (const tarball of tarballs) {
    const names = contentsOf(tarball);
    for (const needed of ["package.json", "README.md", "LICENSE"]) {
      assert.equal(names.includes(needed), true, `${basename(tarball)} lacks ${needed}`);
    }
    const rest = names.filter((name) => !/^(?:package\.json|README\.md|LICENSE)$/.test(name));
    for (const name of rest) {
      assert.match(name, /^(?:bin\/[a-z-]+\.js|dist\/.+\.(?:js|d\.ts)|schema\/[a-z.]+\.json)$/);
    }
  }
});

test("what an earlier build left behind does not travel", () => {
  mkdirSync(join(root, "packages/kernel/dist"), { recursive: true });
  writeFileSync(join(root, "packages/kernel/dist/deleted-long-ago.js"), "");
  const [tarball = ""] = packInto(join(folder, "kernel"), ["kernel"]);
  const names = contentsOf(tarball);
  assert.ok(names.includes("dist/index.js"));
  assert.equal(names.includes("dist/deleted-long-ago.js"), false);
});

test("the installed command tells its version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8")) as {
    version: string;
  };
  const printed = run(join(project, "node_modules/.bin/causeway"), ["--version"]);
  assert.match(printed, new RegExp(`\\b${version.replaceAll(".", "\\.")}\\b`));
});

// Every poll of every machine of a fleet pays for each file: 157 of ours took a fifth of the start
// before they were bundled. Now there are 20; the room is for what commands may come to share.
const filesLoadedMax = 30;

test("to get a patch, the installed command loads few files, and nothing of other commands", () => {
  const hooks = `
    import { writeFileSync } from "node:fs";
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    process.on("exit", () => writeFileSync("loaded.json", JSON.stringify(urls)));
  `;
  writeFileSync(join(project, "hooks.js"), hooks);
  const causeway = join(project, "node_modules/causeway/bin/causeway.js");
  run(process.execPath, ["--import", "./hooks.js", causeway, "get", "--help"]);
  const urls = JSON.parse(readFileSync(join(project, "loaded.json"), "utf8")) as string[];
  const named = urls.map((url) => /\/node_modules\/(@causeway\/[a-z]+|causeway)\//.exec(url)?.[1]);
  const ours = named.filter((name) => name !== undefined);
  const needed = ["@causeway/client", "@causeway/kernel", "@causeway/trust", "causeway"];
  assert.deepEqual([...new Set(ours)].toSorted(), needed);
  assert.ok(ours.length <= filesLoadedMax, urls.join("\n"));
});

// It starts servers by the command's own file, which its bundles have to find.
test("the installed command plays its demo", () => {
  writeFileSync(join(project, "demo.bin"), randomBytes(300_000));
  const causeway = join(project, "node_modules/.bin/causeway");
  const shown = JSON.parse(run(causeway, ["demo", "--file", "demo.bin", "--json"])) as object;
  assert.equal((shown as { readonly length: number }).length, 300_000);
});

test("the installed SDK can be imported and used", () => {
  const program = `
    import { openClient } from "@causeway/client/node";
    const client = await openClient({ routes: ["file:///none/"], stateFolder: "sdk-state" });
    const asked = client.check("reader", { platform: "any" });
    process.stdout.write(await asked.then(() => "patched", ({ code }) => code));
  `;
  const printed = run(process.execPath, ["--input-type=module", "--eval", program]);
  assert.equal(printed, "USAGE_TRUST_MISSING");
});

// The way that needs all that is not plain code: the schema, the threads of `add`.
test("the installed command publishes a patch and gets it", () => {
  const causeway = join(project, "node_modules/.bin/causeway");
  const bytes = Buffer.alloc(1_000_000, "some text of a program that is patched, and ");
  const repository = publishReader("vendor", bytes);
  const trust = ["--trust", join(repository, "metadata/1.root.json"), "--state", "state"];
  const route = ["--route", pathToFileURL(`${repository}/`).href];
  const printed = run(causeway, ["get", "reader", ...trust, ...route, "-o", "got.bin", "--json"]);
  assert.equal((JSON.parse(printed) as { length: number }).length, bytes.length);
  assert.equal(readFileSync(join(project, "got.bin")).equals(bytes), true);
});

/** A vendor with one patch, made with the installed command. @returns what its carrier has */
function publishReader(vendor: string, bytes: Uint8Array): string {
  const causeway = join(project, "node_modules/.bin/causeway");
  writeFileSync(join(project, "reader.bin"), bytes);
  run(causeway, ["init", vendor, "--name", "Contoso", "--dev", "--quiet"]);
  const at = ["--dir", vendor, "--quiet"];
  run(causeway, ["add", "reader.bin", "--product", "reader", "--version", "2.0.0", ...at]);
  const config = join(project, vendor, "causeway.yaml");
  const carrier = `carriers: [{ id: web, kind: folder, path: ../${vendor}-web }]`;
  writeFileSync(config, readFileSync(config, "utf8").replace("carriers: []", carrier));
  run(causeway, ["publish", ...at]);
  return join(project, `${vendor}-web`);
}

// As the main process of an Electron application: one file, minified, and no node_modules near it.
for (const [format, name] of [
  ["cjs", "main.cjs"],
  ["esm", "main.mjs"],
] as const) {
  test(`an application that is bundled into one file gets its patch: ${name}`, () => {
    const bytes = randomBytes(300_000);
    const repository = publishReader(`vendor-${format}`, bytes);
    const app = join(folder, `app-${format}`);
    const program = `
      import { nextPoll } from "@causeway/client";
      import { openClient } from "@causeway/client/node";
      async function main([trust, ...routes]) {
        const client = await openClient({ trust, routes, stateFolder: "state" });
        const { length } = await client.get("reader", { output: "got.bin" });
        client.close();
        process.stdout.write(JSON.stringify({ length, polls: typeof nextPoll }));
      }
      void main(process.argv.slice(2));
    `;
    buildSync({
      stdin: { contents: program, resolveDir: project },
      outfile: join(app, name),
      bundle: true,
      minify: true,
      platform: "node",
      format,
    });
    assert.deepEqual(readdirSync(app), [name]);
    const trust = join(repository, "metadata/1.root.json");
    const route = pathToFileURL(`${repository}/`).href;
    const options = { cwd: app, env: userEnvironment(), encoding: "utf8" } as const;
    const printed = execFileSync(process.execPath, [name, trust, route], options);
    assert.deepEqual(JSON.parse(printed), { length: bytes.length, polls: "function" });
    assert.equal(readFileSync(join(app, "got.bin")).equals(bytes), true);
  });
}

test("the installed origin serves from worker processes", () => {
  mkdirSync(join(project, "tree/metadata"), { recursive: true });
  writeFileSync(join(project, "tree/metadata/timestamp.json"), "{}");
  const program = `
    import { get } from "node:http";
    import { startOrigin } from "@causeway/origin";
    const listen = { host: "127.0.0.1", port: 0, workers: 2 };
    const origin = await startOrigin({ tree: "tree", ...listen, log: () => {} });
    const answer = await new Promise((resolve, reject) => {
      get(new URL("metadata/timestamp.json", origin.url), resolve).on("error", reject);
    });
    answer.resume();
    await origin.close(1000);
    process.stdout.write(String(answer.statusCode));
  `;
  assert.equal(run(process.execPath, ["--input-type=module", "--eval", program]), "200");
});

test("every entry of every installed package can be imported", () => {
  for (const name of packages) {
    const manifest = JSON.parse(
      readFileSync(join(root, "packages", name, "package.json"), "utf8"),
    ) as { name: string; exports: Readonly<Record<string, unknown>> };
    for (const entry of Object.keys(manifest.exports)) {
      const specifier = entry === "." ? manifest.name : `${manifest.name}/${entry.slice(2)}`;
      const program = `await import(${JSON.stringify(specifier)});`;
      run(process.execPath, ["--input-type=module", "--eval", program]);
    }
  }
});

test("an application in strict TypeScript compiles against the installed SDK", () => {
  const program =
    'import * as sdk from "@causeway/client";\nimport * as node from "@causeway/client/node";\n' +
    "export const names = [sdk, node].flatMap((entry) => Object.keys(entry));\n";
  writeFileSync(join(project, "app.ts"), program);
  const options = {
    strict: true,
    module: "nodenext",
    target: "es2024",
    noEmit: true,
    skipLibCheck: false, // ours are what is checked
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const config = { compilerOptions: options, files: ["app.ts"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  assert.equal(run(process.execPath, [tsc, "-p", "tsconfig.json"]), "");
});
