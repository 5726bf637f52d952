import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { writeEdgeFiles } from "../src/edge/edge-files.ts";
import { endpointText, parseEndpoint, parseNetwork } from "../src/edge/endpoint.ts";
import { commentText, haproxyWord, nginxWord } from "../src/edge/engine-words.ts";
import { haproxyConfig } from "../src/edge/haproxy-config.ts";
import { keyMapLines } from "../src/edge/key-map.ts";
import { nginxConfig } from "../src/edge/nginx-config.ts";
import { engineFolder, judged, missing, startNginx } from "./support/engines.ts";
import { ask } from "./support/http.ts";
import { TestRepository } from "./support/repository.ts";
import { key, secondKey } from "./support/tokens.ts";

const hostile = `it's "a" \\ \${HOME} $uri %[src] #x; } {{ %% é \u202e`;

test("addresses are taken as the engines write them, and nothing else is", () => {
  for (const text of ["10.0.0.1:80", "[fd00::1]:8080", "origin-1.internal:65535"]) {
    assert.equal(endpointText(parseEndpoint(text)), text);
  }
  const wrong = [
    "",
    "10.0.0.1",
    "10.0.0.1:0",
    "10.0.0.1:65536",
    "10.0.0.1:80 check",
    "10.0.0.1:80\nuser root",
    "300.1.1.1:80",
    "[::g]:80",
    "fd00::1:80",
    "a b:80",
    "a'b:80",
    "-a:80",
    "unix@/x:80",
    "a.b.:1",
  ];
  for (const text of wrong) {
    assert.throws(() => parseEndpoint(text), { code: "USAGE_ARGUMENT" }, text);
  }
  for (const text of ["10.0.0.0/8", "::1", "fd00::/128"]) assert.equal(parseNetwork(text), text);
  for (const text of ["", "10.0.0.0/33", "10.0.0/8", "::/129", "all", "1.1.1.1 or TRUE"]) {
    assert.throws(() => parseNetwork(text), { code: "USAGE_ARGUMENT" }, text);
  }
});

test("no endpoint has a character that means something in a configuration", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      try {
        assert.match(endpointText(parseEndpoint(text)), /^[\w.[\]:-]+$/);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "USAGE_ARGUMENT");
      }
    }),
  );
});

test("a word stays one word, and a control character is refused", () => {
  const printable = fc
    .string({ unit: "grapheme", maxLength: 30 })
    .filter((text) => !/\p{Cc}/u.test(text));
  fc.assert(
    fc.property(printable, (text) => {
      const strong = haproxyWord(text, "it");
      // Read as a shell reads it: that is where HAProxy has its strong quotes from.
      assert.equal(
        strong.replaceAll("'\\''", "\u0000").slice(1, -1).replaceAll("\u0000", "'"),
        text,
      );
      const inner = nginxWord(text, "it").slice(1, -1);
      assert.doesNotMatch(inner.replace(/\\./gs, ""), /["\\]/);
    }),
  );
  for (const text of ["a\nb", "a\rb", "a\u0000b", "\u0085"]) {
    assert.throws(() => haproxyWord(text, "it"), { code: "USAGE_NAME" });
    assert.throws(() => nginxWord(text, "it"), { code: "USAGE_NAME" });
  }
  assert.match(commentText("a\nuser root\u2028b"), /^[\x20-\x7e]+$/);
});

test("HAProxy accepts hostile names, and takes them for names", {
  skip: missing("haproxy"),
}, async (t) => {
  const folder = join(engineFolder(t), hostile);
  mkdirSync(folder);
  const endpoint = { host: "127.0.0.1", port: 18_080 };
  const plan = {
    title: `Contoso\nglobal\n  user root ${hostile}`,
    name: "edge-1",
    listen: [endpoint, { host: "::1", port: 18_080 }],
    origins: [endpoint, { socket: join(folder, "w 0") }],
    files: [endpoint],
    originConnections: 512,
    fileConnections: 4_096,
    connectionsMax: 20_000,
    peers: [
      { name: "edge-1", endpoint },
      { name: "edge-2", endpoint: { host: "::1", port: 19_001 } },
    ],
    behind: ["10.0.0.0/8", "fd00::/8"],
    audience: "primary",
    control: join(folder, "con'trol"),
    user: undefined,
  };
  await writeEdgeFiles(folder, { keys: [key, secondKey], alternates: [`https://a.example/'"<>/`] });
  for (const place of [undefined, folder]) {
    const file = join(place === undefined ? folder : engineFolder(t), "haproxy.cfg");
    writeFileSync(file, haproxyConfig({ ...plan, folder: place }));
    const { ok, text } = judged("haproxy", file);
    assert.ok(ok, text);
  }
  assert.throws(() => haproxyConfig({ ...plan, folder: "/a\n  user root" }), {
    code: "USAGE_NAME",
  });
  assert.throws(() => haproxyConfig({ ...plan, folder, audience: "a } or TRUE" }), /audience/);
});

test("nginx serves a tree of a hostile name, and says so of hostile routes", {
  skip: missing("nginx"),
}, async (t) => {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const tree = join(engineFolder(t), hostile);
  mkdirSync(join(tree, "metadata"), { recursive: true });
  writeFileSync(join(tree, "metadata", "timestamp.json"), "hostile");
  const title = `Contoso\n}\nuser root; ${hostile}`;
  const duplicates = ["https://a.example/$uri/;'\\{}/"];
  const nginx = await startNginx(t, { tree, title, duplicates });
  const answer = await ask(`${nginx.url}metadata/timestamp.json`);
  assert.equal(answer.body.toString(), "hostile");
  assert.equal(
    answer.headers["link"],
    "<https://a.example/$uri/;'\\{}/metadata/timestamp.json>; rel=duplicate",
  );
  const plan = { title, tree, duplicates, listen: [], behind: [], pidFile: "/run/x" };
  assert.throws(() => nginxConfig({ ...plan, tree: "/a\n}" }), { code: "USAGE_NAME" });
});

test("a line of the key map is two words", () => {
  for (const line of keyMapLines([key, secondKey])) assert.match(line, /^[\w-]+ [\w-]+$/);
});
