import assert from "node:assert/strict";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../src/index.ts";
import { TestVendor, temporaryFolder } from "./support/vendor.ts";

async function failureOf(t: test.TestContext, yaml: string): Promise<string> {
  const path = join(await temporaryFolder(t), "causeway.yaml");
  await writeFile(path, yaml);
  const error = await readConfig(path).then(
    () => assert.fail("the configuration was taken"),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof Error && "code" in error);
  assert.equal(error.code, "CONFIG_MALFORMED");
  return error.message.replace(path, "causeway.yaml");
}

test("an unknown key names its line and column and the nearest known key", async (t) => {
  assert.equal(
    await failureOf(t, "name: Contoso\nrouts:\n  - id: a\n"),
    'causeway.yaml:2:1: "routs" is not known here; did you mean routes?',
  );
  assert.match(
    await failureOf(t, "name: C\nroutes:\n  - id: a\n    uri: https://a.example/\n    url: x\n"),
    /^causeway\.yaml:4:5: "uri" is not known here; did you mean url\?$/,
  );
  assert.match(await failureOf(t, "name: C\nzzzzzzzzzz: 1\n"), /:2:1: .*known are name, products/);
});

test("a wrong value names its line and column", async (t) => {
  assert.match(
    await failureOf(t, "name: C\nexpiry:\n  timestamp: 3 days\n"),
    /^causeway\.yaml:3:14: expiry\.timestamp /,
  );
  assert.match(
    await failureOf(t, "name: C\ncarriers:\n  - id: a\n    kind: ftp\n    path: x\n"),
    /^causeway\.yaml:4:11: carriers\.0\.kind must be one of folder, s3, rsync\.$/,
  );
  assert.match(await failureOf(t, "products: []\n"), /must have required property 'name'/);
  assert.match(await failureOf(t, ""), /^causeway\.yaml:1:1: /);
});

test("a carrier in the vendor folder, around it, or in another's place is refused", async (t) => {
  const vendor = await TestVendor.make(t);
  await symlink(vendor.dir, join(vendor.parent, "link"));
  const inside = ["repository", "repository/targets", "keys", ".work", ".", vendor.dir];
  for (const path of [...inside, "..", "/"]) {
    const yaml = `name: C\ncarriers:\n  - { id: a, kind: folder, path: "${path}" }\n`;
    await vendor.configure(yaml);
    await assert.rejects(
      readConfig(vendor.path("causeway.yaml")),
      /:3:\d+: .*beside the vendor/,
      path,
    );
  }
  const web = (id: string, path: string): string => `{ id: ${id}, kind: folder, path: ${path} }`;
  const twice = (other: string): string => {
    return `name: C\ncarriers: [${web("a", "../web")}, ${web("b", other)}]\n`;
  };
  await vendor.configure(twice("../link/../web"));
  await assert.rejects(readConfig(vendor.path("causeway.yaml")), /another carrier writes to/);
  await vendor.configure(twice("../vendor-web")); // only the name starts like the folder's
  assert.equal((await readConfig(vendor.path("causeway.yaml"))).carriers.length, 2);
});

test("broken YAML names the line", async (t) => {
  assert.match(await failureOf(t, "name: Contoso\nroutes: [\n"), /^causeway\.yaml:3:1: /);
  assert.match(await failureOf(t, "name: a\n\tproducts: []\n"), /^causeway\.yaml:2:1: /);
  assert.match(await failureOf(t, "name: a\nname: b\n"), /^causeway\.yaml:2:1: Map keys must be/);
  assert.match(await failureOf(t, "name: !bomb a\n"), /^causeway\.yaml:1:7: Unresolved tag/);
});

test("an alias bomb is refused quickly", async (t) => {
  const levels = Array.from({ length: 30 }, (_, at) => {
    return `a${at + 1}: &a${at + 1} [${Array.from({ length: 9 }, () => `*a${at}`).join(",")}]`;
  });
  const bomb = `a0: &a0 [x,x]\n${levels.join("\n")}\nname: *a30\n`;
  const before = performance.now();
  assert.match(await failureOf(t, bomb), /too many aliases/);
  assert.ok(performance.now() - before < 1000);
});

test("a file that is larger than any configuration is not parsed", async (t) => {
  const path = join(await temporaryFolder(t), "causeway.yaml");
  await writeFile(path, `name: ${"x".repeat(5_000_000)}`);
  await assert.rejects(readConfig(path), { code: "HOST_CORRUPT_STATE" });
});

test("the window to look in is from a minute to a week", async (t) => {
  for (const poll of ["0m", "8d", "10080h", "90s", "soon"]) {
    assert.match(await failureOf(t, `name: C\npoll: ${poll}\n`), /^causeway\.yaml:2:7: /);
  }
  const path = join(await temporaryFolder(t), "causeway.yaml");
  for (const [poll, seconds] of [
    ["1m", 60],
    ["7d", 604_800],
  ] as const) {
    await writeFile(path, `name: C\npoll: ${poll}\n`);
    assert.equal((await readConfig(path)).pollSeconds, seconds);
  }
});

test("routes are normal URLs without credentials, and named once", async (t) => {
  const route = (url: string): string => `name: C\nroutes:\n  - { id: a, url: "${url}" }\n`;
  for (const url of ["ftp://a.example/", "https://u:p@a.example/", "https://a.example/?x", "a"]) {
    assert.match(
      await failureOf(t, route(url)),
      /^causeway\.yaml:3:\d+: .*: a route's url is http/,
    );
  }
  const twice = `${route("https://a.example/")}  - { id: a, url: "https://b.example/" }\n`;
  assert.match(await failureOf(t, twice), /^causeway\.yaml:4:11: the route a is there twice/);
  const path = join(await temporaryFolder(t), "causeway.yaml");
  const more =
    '  - { id: b, url: ["https://b.example", "http://[2001:db8::1]/", "https://B.example/"],' +
    " kind: mirror, capacity: 125000000, state: draining }\n";
  await writeFile(path, route("https://A.example/updates") + more);
  const config = await readConfig(path);
  const defaults = { priority: 1, weight: 100 };
  assert.deepEqual(config.routes, [
    { id: "a", urls: ["https://a.example/updates/"], kind: "origin", ...defaults, state: "active" },
    {
      id: "b",
      urls: ["https://b.example/", "http://[2001:db8::1]/"],
      kind: "mirror",
      ...defaults,
      capacity: 125_000_000,
      state: "draining",
    },
  ]);
});

test("a route with no URL or too many, or in no known state, is refused", async (t) => {
  const route = (rest: string): string => `name: C\nroutes:\n  - { id: a, ${rest} }\n`;
  const many = Array.from({ length: 5 }, (_, at) => `https://${at}.example/`).join(", ");
  for (const rest of ["url: []", `url: [${many}]`, "url: https://a/, state: sealed"]) {
    assert.match(await failureOf(t, route(rest)), /^causeway\.yaml:3:/, rest);
  }
});

test("a list of over 10,000 routes is refused, and one of so many is read", async (t) => {
  const routes = Array.from({ length: 10_000 }, (_, at) => {
    return `  - { id: r${at}, url: "https://r${at}.example/" }\n`;
  });
  const path = join(await temporaryFolder(t), "causeway.yaml");
  await writeFile(path, `name: C\nroutes:\n${routes.join("")}`);
  assert.equal((await readConfig(path)).routes.length, 10_000);
  const more = `name: C\nroutes:\n${routes.join("")}  - { id: x, url: "https://x.example/" }\n`;
  assert.match(await failureOf(t, more), /^causeway\.yaml:3:3: routes .*10000 items/);
});

test("durations and carriers are read, with defaults for what is left out", async (t) => {
  const path = join(await temporaryFolder(t), "causeway.yaml");
  const carriers = "carriers: [{ id: web, kind: folder, path: ../web }]";
  await writeFile(path, `name: C\nexpiry: { timestamp: 24h }\n${carriers}\n`);
  const config = await readConfig(path);
  assert.equal(config.expiryMs.timestamp, 86_400_000);
  assert.equal(config.expiryMs.root, 365 * 86_400_000);
  const web = join(path, "..", "..", "web");
  assert.deepEqual(config.carriers, [{ id: "web", kind: "folder", path: web }]);
});

test("each kind of carrier has keys of its own, and no way into an option or another place", async (t) => {
  const at = (rest: string): string => `name: C\ncarriers:\n  - { id: a, ${rest} }\n`;
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["kind: s3", /:3:5: the carrier a of the kind s3 needs bucket\.$/],
    ["kind: folder", /needs path\.$/],
    ["kind: rsync", /needs to\.$/],
    ["kind: s3, bucket: abc, path: x", /path is not for the kind s3; known there are bucket, /],
    ["kind: folder, path: ../x, bucket: abc", /bucket is not for the kind folder; .* are path\.$/],
    ["kind: s3, bucket: A", /a bucket's name has 3 to 63 of/],
    ["kind: s3, bucket: abc, prefix: a/../b", /a prefix has no \. or \.\. in it\.$/],
    ["kind: s3, bucket: abc, endpoint: s3.example", /an endpoint is http or https/],
    ["kind: s3, bucket: abc, endpoint: 'https://a:b@s3.example'", /without credentials/],
    ["kind: rsync, to: host", /to is a host and a whole path on it/],
    ["kind: rsync, to: 'host:updates'", /a whole path/],
    ["kind: rsync, to: 'host:/'", /a whole path/],
    ["kind: rsync, to: 'host:/srv/../etc'", /a whole path/],
    ["kind: rsync, to: 'host::/module'", /a whole path/],
    ["kind: rsync, to: '-oProxyCommand=x:/srv'", /a whole path/],
    ["kind: rsync, to: '-l@host:/srv'", /a whole path/],
    ["kind: rsync, to: 'host:/srv', ssh: '-v'", /a program and its arguments/],
    ["kind: rsync, to: 'host:/srv', ssh: 'ssh -o \"a b\"'", /without quotes/],
  ];
  for (const [rest, message] of wrong) assert.match(await failureOf(t, at(rest)), message, rest);
  const twice = "carriers: [{ id: a, kind: s3, bucket: abc }, { id: b, kind: s3, bucket: abc }]";
  assert.match(await failureOf(t, `name: C\n${twice}\n`), /another carrier writes to s3:\/\/abc/);
});

test("buckets and hosts are read, with defaults for what is left out", async (t) => {
  const path = join(await temporaryFolder(t), "causeway.yaml");
  const lines = [
    "{ id: a, kind: s3, bucket: abc }",
    "{ id: b, kind: s3, bucket: abc, prefix: /x//y, endpoint: 'https://s3.example', region: eu }",
    "{ id: c, kind: rsync, to: 'me@host:/srv/www/' }",
    "{ id: d, kind: rsync, to: '[::1]:/srv', ssh: 'ssh  -p 22 -i k' }",
  ];
  await writeFile(path, `name: C\ncarriers:\n${lines.map((line) => `  - ${line}\n`).join("")}`);
  const none = { endpoint: undefined, region: undefined, profile: undefined };
  const s3 = { kind: "s3", bucket: "abc", ...none } as const;
  assert.deepEqual((await readConfig(path)).carriers, [
    { ...s3, id: "a", prefix: "", pathStyle: false },
    {
      ...s3,
      id: "b",
      prefix: "x/y/",
      endpoint: "https://s3.example",
      region: "eu",
      pathStyle: true,
    },
    { id: "c", kind: "rsync", host: "me@host", path: "/srv/www", ssh: ["ssh"] },
    { id: "d", kind: "rsync", host: "[::1]", path: "/srv", ssh: ["ssh", "-p", "22", "-i", "k"] },
  ]);
});

test("init's own causeway.yaml is read back, and its schema lies beside it", async (t) => {
  const vendor = await TestVendor.make(t, { name: 'Con "toso": [x] #', products: ["reader"] });
  const config = await readConfig(vendor.path("causeway.yaml"));
  assert.equal(config.name, 'Con "toso": [x] #');
  assert.deepEqual(config.products, [{ id: "reader", name: "reader" }]);
  const schema: unknown = JSON.parse(await readFile(vendor.path("causeway.schema.json"), "utf8"));
  assert.ok(typeof schema === "object" && schema !== null && "properties" in schema);
});

test("a folder without causeway.yaml says how to make one", async (t) => {
  const missing = join(await temporaryFolder(t), "causeway.yaml");
  await assert.rejects(readConfig(missing), { code: "CONFIG_MISSING", message: /causeway init/ });
});

test("what a pattern asks for is told in words, and an empty file too", async (t) => {
  assert.match(
    await failureOf(t, "name: A\nexpiry: { timestamp: 1s }\n"),
    /:2:22: expiry\.timestamp is wrong; write minutes, hours or days, as 90m, 24h or 365d\.$/,
  );
  assert.match(
    await failureOf(t, "name: A\nproducts:\n  - id: Reader\n"),
    / 64 of a-z 0-9 \. _ -,/,
  );
  assert.match(await failureOf(t, ""), /:1:1: write keys here, as name: Contoso\.$/);
});
