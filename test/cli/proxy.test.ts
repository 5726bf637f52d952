import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { causewayJson, folderFor, serveTree } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

/** A proxy to which every name is the server at `origin`. */
async function startProxy(
  t: TestContext,
  origin: string,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer(({ url = "", headers }, response) => {
    asked.push(`${headers["proxy-authorization"]} ${new URL(url).origin}`);
    const to = new URL(new URL(url).pathname, origin);
    const range = headers.range;
    const options = { headers: { ...(range !== undefined && { range }) }, agent: false };
    http
      .get(to, options, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      })
      .on("error", () => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://me:s3cret@127.0.0.1:${port}`, asked };
}

test("a patch comes over the proxy that the environment names, and around it", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const bytes = programBytes(300_000);
  await vendor.release("1.0", bytes);
  const served = await serveTree(t, vendor.tree);
  const proxy = await startProxy(t, served.url);
  const env = { HTTP_PROXY: proxy.url };
  const route = "http://updates.contoso.example/";
  const get = ["get", "reader", "--trust", vendor.root, "--state", "state", "-o", "out", "--route"];
  const got = await causewayJson([...get, route], { cwd: folder, env });
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(await readFile(path.join(folder, "out")), bytes);
  const credentials = `Basic ${Buffer.from("me:s3cret").toString("base64")}`;
  assert.deepEqual([...new Set(proxy.asked)], [`${credentials} ${new URL(route).origin}`]);

  proxy.asked.length = 0;
  const direct = await causewayJson([...get, served.url], { cwd: folder, env });
  assert.equal(direct.code, 0, "loopback is the machine's own");
  assert.deepEqual(proxy.asked, []);
});

test("what is no proxy is told before anything is asked, without its password", async (t) => {
  const folder = folderFor(t);
  const env = { HTTPS_PROXY: "socks5://me:s3cret@proxy.example:1080" };
  const args = ["get", "reader", "--route", "https://updates.contoso.example/", "--state", "state"];
  const { code, json } = await causewayJson(args, { cwd: folder, env });
  assert.equal(code, 2);
  assert.match(JSON.stringify(json), /USAGE_ARGUMENT.*socks5:\/\/proxy\.example:1080/);
  assert.doesNotMatch(JSON.stringify(json), /s3cret/);
});
