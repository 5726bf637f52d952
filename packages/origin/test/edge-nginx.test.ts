import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NginxPlan } from "../src/edge/nginx-plan.ts";
import { exchange, firstAnswer, missing, startNginx, type TestNginx } from "./support/engines.ts";
import { type Answer, ask, head, statusOf } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";
import { noise, TestRepository } from "./support/repository.ts";

const skip = missing("nginx");

async function nginxOf(
  t: TestContext,
  plan: Partial<NginxPlan> = {},
): Promise<{ repository: TestRepository; nginx: TestNginx }> {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  return { repository, nginx: await startNginx(t, { tree: repository.tree, ...plan }) };
}

test("nginx says of each file what our origin says, but for Repr-Digest", { skip }, async (t) => {
  const duplicates = ["https://a.example/up$uri/", "https://b.example/"];
  const origin = await testOrigin(t, { duplicates });
  const { repository } = origin;
  const nginx = await startNginx(t, { tree: repository.tree, duplicates });
  const bytes = noise(100_000);
  const target = repository.addTarget(bytes, "patch.zst");
  const files: Readonly<Record<string, string>> = {
    "metadata/timestamp.json": "{}",
    "metadata/1.root.json": "{}",
    "metadata/deep/12.bin-a.json": "{}",
    "metadata/.12.json": "{}",
    "metadata/012.x.json": "{}",
    "targets/plain.txt": "text",
    "targets/x/page.html": "<p>",
    "security/index.html": "<p>",
    "security/feed.atom": "<feed/>",
    "security/app.js": "1",
  };
  for (const [path, text] of Object.entries(files)) repository.write(path, Buffer.from(text));
  const asked = [...Object.keys(files), target, "security/", "metadata/none.json"];
  const same = [
    "cache-control",
    "content-type",
    "content-length",
    "accept-ranges",
    "access-control-allow-origin",
    "link",
    "last-modified",
    "x-content-type-options",
  ];
  for (const path of asked) {
    const [ours, theirs] = await Promise.all([ask(origin.url + path), ask(nginx.url + path)]);
    assert.equal(theirs.status, ours.status, path);
    assert.ok(theirs.body.equals(ours.body), path);
    for (const name of same)
      assert.equal(theirs.headers[name], ours.headers[name], `${path} ${name}`);
    assert.equal(theirs.headers["repr-digest"], undefined);
    if (theirs.status === 200) assert.match(theirs.headers.etag ?? "", /^"[0-9a-f-]+"$/, path);
  }
  const hash = createHash("sha256")
    .update((await ask(nginx.url + target)).body)
    .digest("hex");
  assert.ok(target.includes(hash));
});

test("nginx answers ranges and conditions, and a new timestamp at once", { skip }, async (t) => {
  const { nginx, repository } = await nginxOf(t);
  const bytes = noise(100_000);
  const url = nginx.url + repository.addTarget(bytes);
  const at = (headers: Readonly<Record<string, string>>): Promise<Answer> => ask(url, { headers });
  const etag = (await ask(url)).headers.etag ?? "";
  assert.equal((await at({ "If-None-Match": etag })).status, 304);
  const part = await at({ Range: "bytes=10-19", "If-Range": etag });
  assert.equal(part.status, 206);
  assert.ok(part.body.equals(bytes.subarray(10, 20)));
  assert.equal((await at({ Range: "bytes=10-19", "If-Range": '"other"' })).status, 200);
  assert.equal((await at({ Range: "bytes=0-1,5-6" })).status, 200, "several ranges are the whole");
  assert.equal((await at({ Range: "bytes=100000-" })).status, 416);
  const timestamp = `${nginx.url}metadata/timestamp.json`;
  const old = await ask(timestamp);
  repository.write("metadata/timestamp.json", Buffer.from('{"new":1}'));
  const now = await ask(timestamp, { headers: { "If-None-Match": old.headers.etag ?? "" } });
  assert.equal(now.status, 200);
  assert.equal(now.body.toString(), '{"new":1}');
});

test("nginx serves nothing beyond the three folders, and no link out of them", {
  skip,
}, async (t) => {
  const { nginx, repository } = await nginxOf(t);
  writeFileSync(join(repository.tree, "secret.txt"), "secret");
  repository.write("targets/sub/file", Buffer.from("x"));
  writeFileSync(join(repository.tree, "targets", ".hidden"), "secret");
  mkdirSync(join(repository.tree, "targets", "dir"));
  symlinkSync("/etc/hostname", join(repository.tree, "targets", "link"));
  symlinkSync("/etc", join(repository.tree, "targets", "linked"));
  const paths = [
    "/",
    "/secret.txt",
    "/metadata",
    "/metadata/",
    "/targets/dir",
    "/targets/dir/",
    "/targets/sub",
    "/targets/.hidden",
    "/targets/link",
    "/targets/linked/hostname",
    "/targets/../secret.txt",
    "/targets/%2e%2e/secret.txt",
    "/targets/..%2fsecret.txt",
    "/targets//sub/file",
    "/targets/sub/file/",
    "/targets/sub/file%00",
    "/targets/sub/file%0d%0aX:y",
    "/etc/passwd",
  ];
  const texts = new Set<string>();
  for (const path of paths) {
    const answer = await exchange(nginx.port, head(`GET ${path} HTTP/1.1`));
    const status = statusOf(answer);
    // What is no request at all never gets as far as a path.
    assert.ok(status === 404 || (status === 400 && path.includes("%00")), `${path}: ${status}`);
    if (status === 404) texts.add(answer.slice(answer.indexOf("\r\n\r\n")));
    assert.doesNotMatch(answer, /secret|nginx\/|X:y/i);
  }
  assert.deepEqual([...texts], ["\r\n\r\nThere is no such file here.\n"]);
});

test("nginx refuses methods, bodies and large heads", { skip }, async (t) => {
  const { nginx } = await nginxOf(t);
  const line = "GET /metadata/timestamp.json HTTP/1.1";
  const cases: readonly (readonly [string, number])[] = [
    [head("POST /metadata/timestamp.json HTTP/1.1", ["Content-Length: 0"]), 405],
    [head("DELETE /metadata/timestamp.json HTTP/1.1"), 405],
    [head("OPTIONS /metadata/timestamp.json HTTP/1.1"), 405],
    [`${head(line, ["Content-Length: 1"])}x`, 413],
    [head(line, ["Content-Length: 999"]), 413],
    [`${head(line, ["Transfer-Encoding: chunked"])}0\r\n\r\n`, 413],
    [head(line, [`A: ${"b".repeat(9_000)}`]), 400],
    [head(line, ["Host: other"]), 400],
  ];
  for (const [text, status] of cases) {
    const answer = await firstAnswer(nginx.port, text);
    assert.equal(statusOf(answer), status, text.slice(0, 80));
    if (status === 405) assert.match(answer, /^Allow: GET, HEAD\r$/m);
  }
});

test("alone, nginx bounds what one address asks; behind an edge it does not", {
  skip,
}, async (t) => {
  const { nginx } = await nginxOf(t);
  const behind = await nginxOf(t, { behind: ["127.0.0.1"] });
  const flood = (url: string): Promise<readonly Answer[]> => {
    return Promise.all(
      Array.from({ length: 40 }, async () => {
        const answers: Answer[] = [];
        for (let request = 0; request < 20; request++) {
          answers.push(await ask(`${url}metadata/timestamp.json`));
        }
        return answers;
      }),
    ).then((all) => all.flat());
  };
  const refused = (await flood(nginx.url)).filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0);
  for (const { status, headers, body } of refused) {
    assert.equal(status, 429);
    assert.ok(Number(headers["retry-after"]) >= 5);
    assert.match(body.toString(), /^Too many requests/);
  }
  assert.ok(new Set(refused.map(({ headers }) => headers["retry-after"])).size > 1);
  assert.ok((await flood(behind.nginx.url)).every(({ status }) => status === 200));
});

test("copies of a tree with equal times are one route", { skip }, async (t) => {
  const copies = [await nginxOf(t), await nginxOf(t)];
  const tags = new Set<string | undefined>();
  for (const { nginx, repository } of copies) {
    const file = join(repository.tree, "metadata", "timestamp.json");
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    tags.add((await ask(`${nginx.url}metadata/timestamp.json`)).headers.etag);
  }
  assert.equal(tags.size, 1);
});
