import { isAbsolute, resolve } from "node:path";
import { isWithin, realPlace } from "../disk/real-place.ts";

/**
 * Who writes where. causeway.yaml is checked by its words alone, since a disk that hangs must not
 * hold up a command that has nothing to do with it; where links lead is seen when a carrier writes.
 */
export class Places {
  readonly #vendors: readonly string[];
  readonly #taken = new Set<string>();

  private constructor(vendors: readonly string[]) {
    this.#vendors = vendors;
  }

  static async beside(vendorFolder: string): Promise<Places> {
    const folder = resolve(vendorFolder);
    return new Places([folder, await realPlace(folder)]);
  }

  /** Takes the place for the carrier. @returns why it cannot have it, if it cannot */
  claim(id: string, place: string): string | undefined {
    // Inside, publish would clear it away; around, a web server would show the keys to everyone.
    const isHere = isAbsolute(place); // and no bucket
    if (
      isHere &&
      this.#vendors.some((vendor) => isWithin(place, vendor) || isWithin(vendor, place))
    ) {
      return `the carrier ${id} must lie beside the vendor folder, not in it or around it`;
    }
    if (this.#taken.has(place)) return `another carrier writes to ${place} already`;
    this.#taken.add(place);
    return undefined;
  }
}
