import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { hostile, ordinary } from "./support/advisories.ts";
import { csafFaults } from "./support/csaf-faults.ts";
import { skipWithout } from "./support/program.ts";
import { runPython, skipWithoutModule } from "./support/python.ts";
import { faultsBy } from "./support/schemas.ts";
import { FormatsVendor } from "./support/vendor.ts";
import { origin, temporaryFolder } from "./support/web.ts";

const config = `name: "Contoso <& Sons>"
products:
  - { id: reader, name: "Contoso <Reader>" }
  - { id: writer }
routes:
  - { id: main, url: "https://updates.contoso.example/" }
  - { id: far, url: "https://far.example/c/", priority: 2 }
  - { id: plain, url: "http://plain.contoso.example:8080/", priority: 3 }
security:
  contact: ["mailto:security@contoso.example"]
  expires: 2027-06-01T00:00:00Z
  languages: en, de
  policy: https://contoso.example/policy
`;

/** Two products, one of them with a hostile advisory. */
async function published(t: TestContext): Promise<FormatsVendor> {
  const folder = temporaryFolder(t);
  const vendor = await FormatsVendor.make(folder);
  vendor.configure(config);
  const advisory = (value: { readonly id: string }): string => {
    const file = path.join(folder, `${value.id}.json`);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };
  const bytes = (seed: number): Buffer => Buffer.alloc(40_000, `${seed} bytes`);
  await vendor.add(bytes(1));
  const fixes = { version: "1.1.0", severity: "critical", advisories: [advisory(ordinary)] };
  await vendor.add(bytes(2), { ...fixes, platform: "linux-x64" });
  await vendor.add(bytes(3), { ...fixes, platform: "win32-x64", name: "Setup.exe" });
  await vendor.add(bytes(4), {
    product: "writer",
    version: "2.0",
    advisories: [advisory(hostile), advisory(ordinary)],
    releasedAt: "2026-08-13T10:00:00Z",
  });
  await vendor.publish();
  return vendor;
}

test("pages of every format keep to their rules, whatever an advisory says", {
  skip: skipWithoutModule("feedparser") || skipWithoutModule("html5lib") || skipWithout("xmllint"),
}, async (t) => {
  const vendor = await published(t);
  const url = await origin(t, vendor.tree);
  await t.test("the page is strict HTML, small, and its links lead to what is there", async () => {
    const bytes = readFileSync(vendor.page("index.html"));
    runPython(
      "import html5lib, sys; html5lib.HTMLParser(strict=True).parse(sys.stdin.buffer.read()); print(1)",
      bytes,
    );
    assert.ok(bytes.length < 20 * 1024, `${bytes.length} bytes`);
    const text = bytes.toString();
    assert.doesNotMatch(text, /<script|\son\w+=|javascript:|[\u202a-\u202e\u2066-\u2069]/i);
    assert.match(text, /<h2 id="reader">Contoso &lt;Reader&gt; 1\.1\.0<\/h2>/);
    assert.match(text, /Severity: critical/);
    assert.ok(text.indexOf('id="writer"') < text.indexOf('id="reader"'), "the newest comes first");
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) => href);
    const local = links.filter((href) => !/^https?:/.test(href));
    assert.ok(local.length > 12 && links.some((href) => href.startsWith("https://far.example/c/")));
    for (const href of local) {
      const answer = await fetch(new URL(href, `${url}security/`));
      assert.equal(answer.status, 200, href);
      await answer.arrayBuffer();
    }
  });
  await t.test("the feed is Atom that its readers take", () => {
    assert.equal(spawnSync("xmllint", ["--noout", vendor.page("feed.atom")]).status, 0);
    const script =
      "import feedparser, json, sys; f = feedparser.parse(sys.stdin.buffer.read());" +
      "print(json.dumps({'bozo': int(f.bozo), 'title': f.feed.title, 'updated': f.feed.updated," +
      "'entries': [{'id': e.id, 'title': e.title, 'updated': e.updated} for e in f.entries]}))";
    const feed = runPython(script, readFileSync(vendor.page("feed.atom"))) as {
      readonly bozo: number;
      readonly title: string;
      readonly updated: string;
      readonly entries: readonly { readonly id: string; readonly title: string }[];
    };
    assert.equal(feed.bozo, 0);
    assert.match(feed.title, /Security patches of Contoso/);
    assert.equal(feed.updated, "2026-08-13T10:00:00Z");
    assert.equal(new Set(feed.entries.map(({ id }) => id)).size, 4);
    assert.equal(feed.entries[0]?.title, "writer 2.0 (medium)");
  });
  await t.test("every Metalink is well-formed XML", () => {
    const files = globSync("patches/**/*.meta4", { cwd: vendor.page("") });
    assert.equal(files.length, 4);
    const { status } = spawnSync("xmllint", ["--noout", ...files.map((file) => vendor.page(file))]);
    assert.equal(status, 0);
  });
  await t.test("advisories are served as they were written; OSV's schema takes a good one", () => {
    const bytes = readFileSync(vendor.page(`osv/${ordinary.id}.json`), "utf8");
    assert.equal(bytes, JSON.stringify(ordinary));
    assert.deepEqual(faultsBy("osv", JSON.parse(bytes)), []);
    assert.notDeepEqual(faultsBy("osv", { ...ordinary, id: 7 }), []);
  });
  await t.test("security.txt says whom to tell, and where CSAF documents are", () => {
    assert.equal(
      readFileSync(vendor.page("security.txt"), "utf8"),
      "Contact: mailto:security@contoso.example\nExpires: 2027-06-01T00:00:00Z\n" +
        "Preferred-Languages: en, de\nPolicy: https://contoso.example/policy\n" +
        "CSAF: https://updates.contoso.example/security/csaf/provider-metadata.json\n",
    );
  });
});

interface RolieFeed {
  readonly feed: { readonly entry: readonly { readonly content: { readonly src: string } }[] };
}

test("CSAF documents pass the tests that are mandatory, and are found by their lists", async (t) => {
  const vendor = await published(t);
  const white = vendor.page("csaf/white");
  const json = (file: string): unknown => JSON.parse(readFileSync(path.join(white, file), "utf8"));
  const listed = readFileSync(path.join(white, "index.txt"), "utf8").trimEnd().split("\n");
  assert.deepEqual(listed, ["2026/csw-2026-0666.json", "2026/x_csw-2026-0007.json"]);
  for (const file of listed) {
    assert.deepEqual(await csafFaults(json(file)), [], file);
    for (const sum of ["sha256", "sha512"]) {
      const wanted = createHash(sum)
        .update(readFileSync(path.join(white, file)))
        .digest("hex");
      const [found] = readFileSync(path.join(white, `${file}.${sum}`), "utf8").split(" ");
      assert.equal(found, wanted);
    }
  }
  const broken = { ...(json(listed[1] ?? "") as object), vulnerabilities: [{}] };
  assert.notDeepEqual(await csafFaults(broken), []);
  const metadata: unknown = json("../provider-metadata.json");
  assert.deepEqual(faultsBy("csaf-provider", metadata), []);
  assert.notDeepEqual(faultsBy("csaf-provider", {}), []);
  const base = "https://updates.contoso.example/security/csaf/white/";
  const { feed } = json("csaf-feed-tlp-white.json") as RolieFeed;
  const sources = feed.entry.map(({ content }) => content.src);
  assert.deepEqual(
    sources.toSorted(),
    listed.map((file) => base + file),
  );
  const changes = readFileSync(path.join(white, "changes.csv"), "utf8").trimEnd().split("\n");
  assert.equal(changes.length, 2);
  assert.match(changes[0] ?? "", /^"2026\/[a-z0-9_+-]+\.json","2026-08-13T10:00:00Z"$/);
});

test("the same input gives the same pages, whenever it is published", async (t) => {
  const vendor = await published(t);
  const digests = (): ReadonlyMap<string, string> => {
    const files = globSync("**/*", { cwd: vendor.page(""), withFileTypes: true });
    return new Map(
      files.flatMap((file): [string, string][] => {
        const name = path.join(file.parentPath, file.name);
        return file.isFile() ? [[name, readFileSync(name).toString("latin1")]] : [];
      }),
    );
  };
  const before = digests();
  assert.ok(before.size > 30);
  rmSync(vendor.page(""), { recursive: true });
  rmSync(path.join(vendor.dir, "pieces"), { recursive: true });
  assert.ok(!existsSync(vendor.page("index.html")));
  await vendor.publish({ now: () => Date.parse("2026-08-12T20:00:00Z") });
  assert.deepEqual(digests(), before);
});

test("without a name that stays there is no CSAF; without contacts, no security.txt", async (t) => {
  const vendor = await FormatsVendor.make(temporaryFolder(t));
  const advisory = path.join(vendor.folder, "a.json");
  mkdirSync(path.dirname(advisory), { recursive: true });
  writeFileSync(advisory, JSON.stringify(ordinary));
  await vendor.add(Buffer.from("patch"), { advisories: [advisory] });
  await vendor.publish();
  assert.ok(existsSync(vendor.page(`osv/${ordinary.id}.json`)));
  assert.ok(!existsSync(vendor.page("csaf/white/index.txt")));
  assert.ok(!existsSync(vendor.page("security.txt")));
  vendor.configure("name: C\nsecurity: { namespace: https://c.example }\n");
  await vendor.publish();
  assert.ok(existsSync(vendor.page("csaf/white/index.txt")));
  assert.ok(!existsSync(vendor.page("csaf/provider-metadata.json")), "no https route has it");
});
