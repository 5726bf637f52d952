import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causewayJson, ended, folderFor, serve, start } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

const routes = `
routes:
  - { id: far, url: "https://far.example/updates", priority: 2 }
  - { id: primary, url: "https://updates.example" }
  - { id: stick, url: "file:///media/stick/", private: true }
  - { id: alternate, url: "https://alternate.example/" }
`;

test("a busy route has told its clients of the others, the best first", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const config = path.join(dir, "causeway.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^routes: \[\]$/m, routes));

  const { url } = await serve(t, "--dir", dir, "--route", "primary");
  const answer = await fetch(`${url}metadata/timestamp.json`);
  await answer.arrayBuffer();
  assert.equal(
    answer.headers.get("Link"),
    "<https://alternate.example/metadata/timestamp.json>; rel=duplicate, " +
      "<https://far.example/updates/metadata/timestamp.json>; rel=duplicate",
  );

  const unknown = await causewayJson(["serve", "--dir", dir, "--route", "primry", "--port", "0"]);
  assert.equal(unknown.code, 2);
  assert.match(JSON.stringify(unknown.json), /no route primry; it has: far, primary, stick/);

  appendFileSync(config, "mirrors: []\n");
  const mistaken = await causewayJson(["serve", "--dir", dir, "--port", "0"]);
  assert.match(JSON.stringify(mistaken.json), /CONFIG_MALFORMED/);
});

test("serving the folder around the repository is told, and where health is asked for", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const at = [
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--admin-port",
    "0",
    "--workers",
    "1",
    "--edge",
    "off",
  ];
  const server = start(["serve", "--repository", dir, ...at]);
  t.after(() => server.kill("SIGKILL"));
  const end = ended(server);
  server.stderr?.on("data", (text: string) => {
    if (text.includes("only this machine")) server.kill("SIGTERM");
  });
  const { stdout, stderr } = await end;
  assert.match(stdout, / at http:\S+, health and metrics at http:\S+; Ctrl-C ends it\n$/);
  const warning = `there is no metadata/timestamp.json in ${dir}: did you mean ${path.join(dir, "repository")}?`;
  assert.ok(stderr.includes(`warning: ${warning}`), stderr);
  assert.match(stderr, /^warning: only this machine reaches 127\.0\.0\.1; .*--trust-edge 127\.0/m);
  const all = await causewayJson(["serve", "--repository", dir, "--trust-edge", "0.0.0.0/0"]);
  assert.equal(all.code, 2);
  assert.match(JSON.stringify(all.json), /too many to be edges/);
});

test("an address that cannot be listened on is a matter of configuration", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const { url } = await serve(t, "--dir", dir);
  const taken = ["--host", "127.0.0.1", "--port", new URL(url).port];
  const foreign = ["--host", "192.0.2.1", "--port", "0"];
  for (const address of [taken, foreign]) {
    const { code, json } = await causewayJson(["serve", "--dir", dir, ...address]);
    assert.match(JSON.stringify(json), /"HOST_ADDRESS".*cannot listen on/);
    assert.equal(code, 2);
  }
});
