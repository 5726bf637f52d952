import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../src/index.ts";
import { temporaryFolder } from "../support/vendor.ts";

test("what public pages say of the vendor is checked before anything is published", async (t) => {
  const path = join(await temporaryFolder(t), "causeway.yaml");
  const read = async (security: string): ReturnType<typeof readConfig> => {
    await writeFile(path, `name: C\nsecurity: { ${security} }\n`);
    return readConfig(path);
  };
  const contact = "contact: [mailto:a@c.example]";
  const expires = "expires: 2027-06-01T00:00:00Z";
  const { security } = await read(`${contact}, ${expires}, namespace: https://c.example`);
  assert.deepEqual(security, {
    contact: ["mailto:a@c.example"],
    expires: "2027-06-01T00:00:00Z",
    policy: undefined,
    languages: undefined,
    namespace: "https://c.example",
  });
  const wrong = [
    contact,
    expires,
    `contact: ["javascript:alert(1)"], ${expires}`,
    `contact: ["mailto:a@c.example\\nPolicy: x"], ${expires}`,
    `${contact}, expires: 2027-06-01`,
    `${contact}, expires: 2027-02-30T00:00:00Z`,
    "namespace: c.example",
    'namespace: "https://["',
    "policy: http://c.example/",
    'languages: "en\\nx"',
    "contacts: []",
  ];
  for (const each of wrong) {
    await assert.rejects(read(each), { code: "CONFIG_MALFORMED", message: /yaml:2:\d+: / }, each);
  }
});
