import { invariant, type RepositoryId, type TextRecords } from "@causeway/kernel";
import { repositoryIdOf } from "@causeway/trust";
import { stateFolder } from "../customer.ts";
import type { Disk } from "../disk/disk.ts";
import type { Life } from "../life.ts";
import { announcementCode, type Said } from "../vendor/announcement.ts";
import type { Vendor } from "../vendor/vendor.ts";
import { vendorKey } from "../vendor/vendor-key.ts";
import type { World } from "../world.ts";

/** A code that reaches the customer. */
export interface NoticeDraw {
  readonly at: number;
  /** Into the state folder, or into the DNS below each route's name. */
  readonly how: "file" | "dns";
  readonly kind: "right" | "replayed" | "expired" | "forged" | "foreign" | "cut off";
  /** What a right one brings; the others name hosts that are not the vendor's any more, or never were. */
  readonly hosts: readonly string[];
  readonly shards: readonly number[];
}

/** A host that was the vendor's when its first announcement named it, and is somebody else's now. */
export const goneHost = "gone.example";
/** A host that the vendor never named. */
export const evilHost = "evil.example";

export const firstSequence = 1; // of the code that is replayed
const day = 24 * 3_600_000;
const lifeMs = 80 * day;
const questionMs = 30;
const textsMax = 6; // of a name; a client reads no more than eight

/** The announcements of a drill: the vendor's own, and what others make of them. */
export class Notices {
  /** What the vendor has signed and brought out. */
  readonly right: Said[] = [];
  readonly #world: World;
  readonly #vendor: Vendor;
  readonly #disk: Disk;
  readonly #repository: RepositoryId;
  /** The number is `firstSequence`. */
  readonly #firstCode: string;
  #sequence = firstSequence;
  #texts: readonly string[] = [];

  constructor(world: World, vendor: Vendor, disk: Disk) {
    this.#world = world;
    this.#vendor = vendor;
    this.#disk = disk;
    const repository = repositoryIdOf(vendor.trust);
    invariant(repository !== undefined, "a vendor begins with its first root");
    this.#repository = repository;
    const expires = world.instant + lifeMs;
    const first = { repository, sequence: firstSequence, expires, hosts: [goneHost], shards: [] };
    this.#firstCode = announcementCode(first, vendor.routesKey);
  }

  post({ how, kind, hosts, shards }: Omit<NoticeDraw, "at">): void {
    const code = this.#codeOf(kind, hosts, shards);
    this.#world.note(`${kind} announcement, by ${how}: ${[...hosts, ...shards].join(" ")}`);
    if (how === "dns") this.#texts = [code, ...this.#texts].slice(0, textsMax);
    else if (!this.#disk.full) this.#drop(code);
  }

  /** The DNS, as one run of a program asks it. */
  records(life: Life): TextRecords {
    return {
      textsAt: (name) => {
        return life.call(({ resolve, reject }) => {
          this.#world.after(questionMs, () => {
            if (this.#texts.length > 0) resolve(this.#texts);
            else reject(new Error(`nothing stands at ${name}`));
          });
        });
      },
    };
  }

  #codeOf(kind: NoticeDraw["kind"], hosts: readonly string[], shards: readonly number[]): string {
    if (kind === "replayed") return this.#firstCode;
    const expires = this.#world.instant + lifeMs;
    const sequence = ++this.#sequence;
    const said = { repository: this.#repository, sequence, expires, hosts, shards };
    const own = this.#vendor.routesKey;
    switch (kind) {
      case "right":
        this.right.push(said);
        return announcementCode(said, own);
      case "cut off":
        return announcementCode(said, own).slice(0, -9);
      case "expired":
        return announcementCode(
          { ...said, hosts: [evilHost], expires: this.#world.instant - 3 * day },
          own,
        );
      case "forged":
        return announcementCode({ ...said, hosts: [evilHost] }, vendorKey("somebody"));
      default: {
        const repository = "0123456789abcdef" as RepositoryId;
        return announcementCode({ ...said, hosts: [evilHost], repository }, own);
      }
    }
  }

  #drop(code: string): void {
    const name = `${stateFolder}/announcement.txt`;
    this.#disk.folders.replace(name, Buffer.from(`${code}\n`));
    this.#disk.onChange(name);
  }
}
