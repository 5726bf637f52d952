import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  AnnouncementError,
  announcementCodes,
  type CausewayError,
  HostError,
  hostCodes,
  Interrupted,
  NameError,
  NoRouteDelivered,
  nameCodes,
  RouteError,
  routeCodes,
  TrustError,
  trustCodes,
  UsageError,
  usageCodes,
} from "@causeway/kernel";
import { CarrierError, carrierCodes } from "@causeway/publisher";
import { root } from "./checkout.ts";
import { withoutComments } from "./tidy/code.ts";
import { readTree } from "./tidy/tree.ts";

const errorsFile = "packages/kernel/src/errors.ts";
const carrierErrorFile = "packages/publisher/src/publish/carrier-error.ts";

/** One error of each code, as the classes make it. */
const errors: readonly CausewayError[] = [
  ...routeCodes.map((code) => new RouteError(code, "https://a.example/", "failed")),
  new NoRouteDelivered("patch", []),
  ...trustCodes.map((code) => new TrustError(code, "timestamp", "failed")),
  ...hostCodes.map((code) => new HostError(code, "failed")),
  ...usageCodes.map((code) => new UsageError(code, "failed")),
  ...announcementCodes.map((code) => new AnnouncementError(code, "failed")),
  ...nameCodes.map((code) => new NameError(code, "failed")),
  new Interrupted(),
  ...carrierCodes.map((code) => new CarrierError(code, "failed")),
];
const codes = errors.map((error) => error.code);

interface Row {
  readonly code: string;
  readonly cells: readonly string[];
}

const rows: readonly Row[] = readFileSync(join(root, "docs/errors.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const match = /^\| `([A-Z_]+)` \|(.*)\|$/.exec(line);
    if (match === null) return [];
    return [{ code: match[1] ?? "", cells: (match[2] ?? "").split("|").map((c) => c.trim()) }];
  });

test("no code is outside the lists that this test reads", () => {
  const files = [errorsFile, carrierErrorFile].map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  const text = withoutComments(files.join("\n"));
  const written = [...text.matchAll(/"([A-Z]+(?:_[A-Z]+)*)"/g)].map((match) => match[1] ?? "");
  assert.deepEqual([...new Set(written)].toSorted(), codes.toSorted());
});

test("docs/errors.md lists every code once, and no other", () => {
  assert.deepEqual(rows.map((row) => row.code).toSorted(), codes.toSorted());
});

test("docs/errors.md says of each code what happened, who has to act, and what to do", () => {
  for (const { code, cells } of rows) {
    assert.equal(cells.length, 3, `${code} has ${cells.length + 1} cells`);
    const [cause, blame, advice] = cells;
    assert.match(cause ?? "", /\.$/, `${code}: the cause is a sentence`);
    assert.match(advice ?? "", /\.$/, `${code}: the advice is a sentence`);
    assert.equal(blame, errors.find((error) => error.code === code)?.blame, code);
  }
});

test("every code is raised somewhere", () => {
  const sources = [...readTree(root)].filter(([path]) => {
    return (
      /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && ![errorsFile, carrierErrorFile].includes(path)
    );
  });
  const raised = sources.map(([, text]) => withoutComments(text)).join("\n");
  const shown: Readonly<Record<string, string>> = {
    ROUTE_ALL_FAILED: "new NoRouteDelivered(",
    INTERRUPTED: "new Interrupted(",
  };
  const unused = codes.filter((code) => !raised.includes(shown[code] ?? `"${code}"`));
  assert.deepEqual(
    unused,
    [],
    "remove these from where they are declared, and from docs/errors.md",
  );
});

test("no package invents a code of its own", () => {
  const known = new Set(codes);
  const complaints: string[] = [];
  for (const [path, text] of readTree(root)) {
    if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(path)) continue;
    const family = /"((?:ROUTE|PROXY|TRUST|HOST|USAGE|CONFIG|KEY|TLS|CARRIER|NAME)_[A-Z_]+)"/g;
    for (const [, code = ""] of withoutComments(text).matchAll(family)) {
      if (!known.has(code)) complaints.push(`${path}: ${code}`);
    }
  }
  assert.deepEqual(complaints, []);
});
