import type { Config } from "../config/config.ts";
import type { Carrier } from "./carrier.ts";
import { CarrierProcess, type CarrierProcessOptions } from "./carrier-process.ts";

/** The carriers that causeway.yaml names. Another kind gets its line here. */
export function carriersOf(config: Config, options: CarrierProcessOptions): readonly Carrier[] {
  return config.carriers.map(({ id, path }) => new CarrierProcess(id, path, options));
}
