import type { Notices } from "../directory/notices.ts";
import type { Disk } from "../disk/disk.ts";
import type { MachineClock } from "../machine-clock.ts";
import type { RouteHost } from "../routes/route-host.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { World } from "../world.ts";

/** What checkers look at. */
export interface Scene {
  readonly world: World;
  readonly vendor: Vendor;
  readonly disk: Disk;
  readonly clock: MachineClock;
  readonly hosts: readonly RouteHost[];
  readonly notices: Notices;
}
