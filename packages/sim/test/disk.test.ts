import { after } from "node:test";
import { storeContract } from "../../client/test/support/store-contract.ts";
import { Disk } from "../src/disk/disk.ts";
import { DiskStore } from "../src/disk/disk-store.ts";
import { Life } from "../src/life.ts";
import { World } from "../src/world.ts";

const world = new World(1);
let over = false;
const tick = (): void => void world.after(1, tick);
tick();
const running = world.run(() => over);
after(async () => {
  over = true;
  await running;
});

storeContract("the simulated disk", async () => {
  const disk = new Disk(world, { accessMs: 0.1, syncMs: 1 });
  return new DiskStore(disk, new Life("the test", 0), "folder");
});
