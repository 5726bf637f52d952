import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causewayJson, folderFor, serve } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

const routes = `
routes:
  - { id: far, url: "https://far.example/updates", priority: 2 }
  - { id: primary, url: "https://updates.example" }
  - { id: stick, url: "file:///media/stick/" }
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
