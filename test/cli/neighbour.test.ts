import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Network, noNetworkHere } from "../../packages/neighbour/test/support/network.ts";
import { checkout, commandLine } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

const options = { skip: noNetworkHere ?? false, timeout: 120_000 };
const dead = "http://10.78.1.250:8000";
const bytes = programBytes(600_000);

let folder: string;
let vendor: TestVendor;
let network: Network;
before(async () => {
  if (noNetworkHere !== undefined) return;
  folder = mkdtempSync(path.join(tmpdir(), "causeway-neighbours-"));
  vendor = await TestVendor.make(folder);
  await vendor.release("1.0", bytes);
  await vendor.run("bundle", "create", stick(), "--dir", vendor.dir);
  network = new Network("cli");
  for (const [at, name] of ["a", "b", "c"].entries()) network.join(name, `10.78.1.${at + 1}/24`);
});
after(() => {
  network?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function stick(): string {
  return path.join(folder, "contoso.causeway");
}

/** `causeway ARGS` for a machine of the network. */
function causewayOn(...args: readonly string[]): readonly string[] {
  const { file, args: words, env } = commandLine(args);
  const settings = Object.entries({ ...env, http_proxy: dead, https_proxy: dead });
  return [
    "env",
    "-i",
    "-C",
    checkout,
    ...settings.map(([key, value]) => `${key}=${value}`),
    file,
    ...words,
  ];
}

test("a patch goes from machine to machine while everything else is dead", options, async () => {
  const state = (name: string): string => path.join(folder, `state-${name}`);
  await vendor.run("bundle", "apply", stick(), "--state", state("a"), "--trust", vendor.root);
  const serving = causewayOn("neighbour", "--state", state("a"), "--port", "8100");
  const neighbour = await network.start("a", ...serving);
  assert.match(neighbour.first, /held to neighbours, at port 8100/);

  const output = path.join(folder, "reader-b");
  const get = ["get", "reader", "--state", state("b"), "--trust", vendor.root, "--route", dead];
  const said = await network.run(
    "b",
    ...causewayOn(...get, "--neighbours", "-o", output, "--json"),
  );
  const got = JSON.parse(said) as { readonly routes: readonly { url: string; state: string }[] };
  assert.deepEqual(readFileSync(output), bytes);
  assert.equal(got.routes.find(({ url }) => url === "http://10.78.1.1:8100/")?.state, "ok");
  await neighbour.end("SIGINT");
  assert.match(await neighbour.over, /serving/);
});
