import type { HostCode } from "@causeway/kernel";
import type { CarrierActs } from "./carrier.ts";
import type { CarrierCode } from "./carrier-error.ts";

/** One act and what it is given. */
export type Act = {
  [Name in keyof CarrierActs]: {
    readonly name: Name;
    readonly given: Parameters<CarrierActs[Name]>;
  };
}[keyof CarrierActs];

/** What the publisher tells a carrier's process. */
export interface ToCarrier {
  readonly call: number;
  readonly act: Act;
}

/** What a carrier's process tells the publisher. Errors are taken apart: cloning drops their code. */
export type FromCarrier =
  | { readonly kind: "alive" }
  | { readonly kind: "done"; readonly call: number; readonly value: unknown }
  | {
      readonly kind: "failed";
      readonly call: number;
      readonly code: HostCode | CarrierCode;
      readonly message: string;
    };
