import { join } from "node:path";
import { HostError, hashedTargetPath, type ProductId } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import type { SecurityConfig } from "../config/security-config.ts";
import { sha256Of } from "../disk/digest.ts";
import { readFileUpTo } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { type Osv, readOsv } from "./osv.ts";
import { type PublicPatch, publicPatches } from "./public-patch.ts";
import { type WebRoute, webRoutesOf } from "./web-routes.ts";

const advisoryBytesMax = 1024 * 1024;
const shownMax = 20;

/** All that pages are made from: what is public, and how it is reached. */
export class Publication {
  readonly name: string;
  readonly patches: readonly PublicPatch[];
  readonly routes: readonly WebRoute[];
  readonly security: SecurityConfig;
  /** The signed files of advisories, by id. */
  readonly advisories: ReadonlyMap<string, TargetEntry>;
  readonly #repository: string;
  readonly #products: ReadonlyMap<ProductId, string>;

  constructor(
    repository: string,
    config: Pick<Config, "name" | "products" | "routes" | "security">,
    entries: readonly TargetEntry[],
  ) {
    this.name = config.name;
    this.routes = webRoutesOf(config.routes);
    this.security = config.security;
    this.patches = publicPatches(entries);
    const ids = entries.flatMap((entry): [string, TargetEntry][] => {
      const [, id] = /^advisories\/([^/]+)\.json$/.exec(entry.path) ?? [];
      return id === undefined ? [] : [[id, entry]];
    });
    this.advisories = new Map(ids);
    this.#repository = repository;
    this.#products = new Map(config.products.map(({ id, name }) => [id, name]));
  }

  productName(id: ProductId): string {
    return this.#products.get(id) ?? id;
  }

  /** The advisory's bytes as they were signed. @throws {HostError} */
  async advisoryBytes(id: string): Promise<Uint8Array> {
    const entry = this.advisories.get(id);
    const path =
      entry && join(this.#repository, "targets", hashedTargetPath(entry.path, entry.sha256));
    const bytes = path && (await readFileUpTo(path, advisoryBytesMax));
    if (bytes && sha256Of(bytes) === entry?.sha256) return bytes;
    const message = `advisory ${id} is gone from the repository, or damaged; publish --every-byte.`;
    throw new HostError("HOST_CORRUPT_STATE", message);
  }

  async osv(id: string): Promise<Osv> {
    return readOsv(await this.advisoryBytes(id));
  }

  /** Those of a patch that are there, in its order; as many as people read. */
  osvsOf({ record }: PublicPatch): Promise<readonly Osv[]> {
    const known = record.advisories.filter((id) => this.advisories.has(id)).slice(0, shownMax);
    return Promise.all(known.map((id) => this.osv(id)));
  }
}
