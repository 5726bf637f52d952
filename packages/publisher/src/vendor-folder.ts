import { join } from "node:path";
import type { Platform, ProductId, Sha256, Version } from "@causeway/kernel";

/** Where everything lies in a vendor folder. */
export class VendorFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get config(): string {
    return join(this.path, "causeway.yaml");
  }

  get schema(): string {
    return join(this.path, "causeway.schema.json");
  }

  get keys(): string {
    return join(this.path, "keys");
  }

  /** Root and targets documents that wait for signatures or for the next publish. */
  get pending(): string {
    return join(this.keys, "pending");
  }

  /** Stands there when keys are made without a passphrase. */
  get developmentMark(): string {
    return join(this.keys, "DEVELOPMENT-KEYS.txt");
  }

  /** What opens sealed routes. */
  get shardKeys(): string {
    return join(this.keys, "shards.json");
  }

  /** The number of the last announcement. */
  get announcements(): string {
    return join(this.path, "announcements.json");
  }

  get repository(): string {
    return join(this.path, "repository");
  }

  get advisories(): string {
    return join(this.path, "advisories");
  }

  get releases(): string {
    return join(this.path, "releases");
  }

  release(product: ProductId, version: Version, platform: Platform): string {
    return join(this.releases, product, version, `${platform}.json`);
  }

  /** Artifacts that were added and are not yet published, named by their SHA-256. */
  get staged(): string {
    return join(this.path, "staged");
  }

  stagedFile(sha256: Sha256): string {
    return join(this.staged, sha256);
  }

  /** What carriers were sent and nobody has read back yet, a file for each carrier. */
  get unread(): string {
    return join(this.path, "unread");
  }

  /** Stands there while the pages in the repository are behind the signed list of routes. */
  get pagesDue(): string {
    return join(this.path, "pages-due");
  }

  /** Since when files of the repository and the carriers are named by no state. */
  get unnamed(): string {
    return join(this.path, "unnamed.json");
  }

  /** Digests of patches' pieces, named by the patches' SHA-256; made anew when they are gone. */
  get pieces(): string {
    return join(this.path, "pieces");
  }

  /** Unfinished files; whoever holds the lock may empty it. */
  get work(): string {
    return join(this.path, ".work");
  }

  get lock(): string {
    return join(this.path, ".lock");
  }
}
