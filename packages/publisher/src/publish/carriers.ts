import type { Config } from "../config/config.ts";
import type { Carrier } from "./carrier.ts";
import { FolderCarrier } from "./folder-carrier.ts";

/** The carriers that causeway.yaml names. Another kind gets its line here. */
export function carriersOf(config: Config): readonly Carrier[] {
  return config.carriers.map(({ id, path }) => new FolderCarrier(id, path));
}
