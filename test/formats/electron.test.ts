import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { GenericProvider } from "electron-updater/out/providers/GenericProvider.js";
import { FormatsVendor, noise } from "./support/vendor.ts";
import { origin, temporaryFolder } from "./support/web.ts";

type Args = ConstructorParameters<typeof GenericProvider>;
type Platform = Args[2]["platform"];

/** The updater's own provider, with `fetch` in the place of Electron's requests. */
function provider(url: string, platform: Platform): GenericProvider {
  const request = async (options: {
    readonly protocol: string;
    readonly hostname: string;
    readonly port: string;
    readonly path: string;
  }): Promise<string> => {
    const { protocol, hostname, port, path } = options;
    const answer = await fetch(`${protocol}//${hostname}:${port}${path}`);
    assert.equal(answer.status, 200, path);
    return answer.text();
  };
  const updater = { channel: null, isAddNoCacheQuery: true } as unknown as Args[1];
  const runtime = { isUseMultipleRangeRequest: false, platform, executor: { request } };
  return new GenericProvider({ provider: "generic", url }, updater, runtime as unknown as Args[2]);
}

test("electron-updater finds the newest version on any one route, and its bytes are right", async (t) => {
  const vendor = await FormatsVendor.make(temporaryFolder(t));
  const setup = { platform: "win32-x64", name: "Reader-Setup.exe" };
  const bytes = noise(100_000);
  await vendor.add(noise(90_000), { ...setup, version: "1.9.0" });
  await vendor.add(bytes, { ...setup, version: "1.10.0" });
  await vendor.add(noise(10), { ...setup, version: "2.0" }); // no version for the updater
  await vendor.add(noise(20), { platform: "darwin-arm64", version: "1.10.0" });
  await vendor.add(noise(30), { platform: `linux-${process.arch}`, version: "1.10.0" });
  await vendor.publish();
  for (const base of [await origin(t, vendor.tree), await origin(t, vendor.tree)]) {
    const windows = provider(`${base}security/electron/reader/win32-x64`, "win32");
    const info = await windows.getLatestVersion();
    assert.equal(info.version, "1.10.0");
    const [file] = windows.resolveFiles(info);
    assert.ok(file !== undefined);
    assert.ok(file.url.href.startsWith(`${base}targets/patches/reader/1.10.0/win32-x64/`));
    assert.match(file.url.pathname, /\.exe$/);
    const got = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    assert.ok(got.equals(bytes));
    assert.equal(file.info.sha512, createHash("sha512").update(got).digest("base64"));
    assert.equal(file.info.size, got.length);
    const systems = { darwin: "darwin-arm64", linux: `linux-${process.arch}` } as const;
    for (const [system, platform] of Object.entries(systems)) {
      const other = provider(`${base}security/electron/reader/${platform}`, system as Platform);
      assert.equal((await other.getLatestVersion()).version, "1.10.0");
    }
  }
});
