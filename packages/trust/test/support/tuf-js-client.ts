import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fetcher, Updater } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import type { TestRoute } from "./test-client.ts";
import { now, type TestRepository } from "./test-repository.ts";

/** tuf-js on the same repository, at the same time of day: the other side of the differential test. */
export class TufJsClient implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "causeway-tuf-js-"));
  readonly #fetcher: Fetcher;

  constructor(repository: TestRepository, route: TestRoute = (path) => repository.fetch(path)) {
    writeFileSync(join(this.#folder, "root.json"), repository.firstRoot);
    this.#fetcher = {
      downloadFile: () => Promise.reject(new Error("no target is downloaded")),
      downloadBytes: (url, lengthMax) => {
        const bytes = route(url.slice("http://route/".length));
        if (bytes === undefined) return Promise.reject(new DownloadHTTPError("missing", 404));
        if (bytes.length > lengthMax) return Promise.reject(new Error("too long"));
        return Promise.resolve(Buffer.from(bytes));
      },
    };
  }

  /** Refreshes, then looks all `paths` up. Rejects as tuf-js does. */
  async find(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
    const updater = this.#updater();
    await updater.refresh();
    const found: (string | undefined)[] = [];
    for (const path of paths) {
      const target = await updater.getTargetInfo(path).catch(() => undefined);
      found.push(target?.hashes["sha256"]);
    }
    return found;
  }

  /** Refreshes, then looks `path` up; false also when it refuses something. */
  async isFound(path: string): Promise<boolean> {
    const updater = this.#updater();
    try {
      await updater.refresh();
      return (await updater.getTargetInfo(path)) !== undefined;
    } catch {
      return false;
    }
  }

  /** Versions of the top-level roles that it stored. */
  versions(): Record<string, number> {
    const roles = ["root", "timestamp", "snapshot", "targets"];
    const names = readdirSync(this.#folder);
    const stored = roles.filter((role) => names.includes(`${role}.json`));
    return Object.fromEntries(
      stored.map((role) => {
        const text = readFileSync(join(this.#folder, `${role}.json`), "utf8");
        return [role, (JSON.parse(text) as { signed: { version: number } }).signed.version];
      }),
    );
  }

  #updater(): Updater {
    const updater = new Updater({
      metadataDir: this.#folder,
      metadataBaseUrl: "http://route/metadata",
      fetcher: this.#fetcher,
      config: { maxDelegations: 64 },
    });
    // tuf-js takes no time from outside; this is the field that holds it.
    const { trustedSet } = updater as unknown as { trustedSet: { referenceTime: Date } };
    trustedSet.referenceTime = new Date(now);
    return updater;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
