import { HostError } from "@causeway/kernel";
import type { VendorFolder } from "../vendor-folder.ts";
import { type CarriedPages, readCarriedPages } from "./carry-pages.ts";

/** The pages of the repository, for all carriers; made when the first of them asks. */
export class PagesToCarry {
  /** That were written. */
  bytes = 0;
  /** Why they could not be made. */
  fault: HostError | undefined;
  readonly #folder: VendorFolder;
  readonly #make: (() => Promise<number>) | undefined;
  #pages: Promise<CarriedPages | undefined> | undefined;

  /** @param make brings `security/` up to date, and tells the bytes that were written */
  constructor(folder: VendorFolder, make: (() => Promise<number>) | undefined) {
    this.#folder = folder;
    this.#make = make;
  }

  /** @returns undefined when they could not be made, which is no fault of any carrier */
  read(): Promise<CarriedPages | undefined> {
    this.#pages ??= this.#madeAndRead();
    return this.#pages;
  }

  async #madeAndRead(): Promise<CarriedPages | undefined> {
    try {
      this.bytes += (await this.#make?.()) ?? 0;
      return await readCarriedPages(this.#folder.repository);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.fault = error;
      return undefined;
    }
  }
}
