import type { Config } from "../config/config.ts";
import type { Carrier } from "./carrier.ts";
import { CarrierProcess, type CarrierProcessOptions } from "./carrier-process.ts";

/** The carriers that causeway.yaml names. */
export function carriersOf(config: Config, options: CarrierProcessOptions): readonly Carrier[] {
  return config.carriers.map((carrier) => new CarrierProcess(carrier, options));
}
