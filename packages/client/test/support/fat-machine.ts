import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

// The modules of the guest's kernel, each after those that it needs.
const modules = ["fat/fat", "nls/nls_cp437", "nls/nls_iso8859-1", "fat/vfat"];
const bootMsMax = 240_000; // it takes four seconds on a machine that has nothing else to do
const toldLengthMax = 4_000;

/** Why no real FAT can be had here; false when it can. */
export function noFat(): string | false {
  if (moduleFiles() === undefined) return "user-mode-linux is not installed";
  for (const command of ["linux.uml", "mkfs.vfat", "insmod", "cc"]) {
    const isThere = (process.env["PATH"] ?? "").split(":").some((folder) => {
      return existsSync(path.join(folder, command));
    });
    if (!isThere) return `${command} is not installed`;
  }
  return false;
}

export const fatDisk = "/mnt/disk";

/**
 * Runs shell commands on a small machine that has this one's files, and a disk of its own at
 * `fatDisk`, formatted as FAT32: User Mode Linux, a Linux that runs as a program, because not
 * every kernel can mount one. It has no network. Only what is below `folder` may be written to.
 * @returns what the commands printed
 */
export function runOnFat(
  folder: string,
  diskLength: number,
  commands: readonly string[],
  tell: (text: string) => void,
): string {
  try {
    return boot(folder, diskLength, commands);
  } catch (error) {
    if (!(error instanceof MachineDied)) throw error;
    // Its kernel does so once in dozens of times on a busy machine, whatever runs on it.
    tell(`once more, as the machine itself died: ${error.message}`);
    return boot(folder, diskLength, commands);
  }
}

/** The machine did not get as far as to halt. */
class MachineDied extends Error {}

function boot(folder: string, diskLength: number, commands: readonly string[]): string {
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at("disk.img"), "");
  writeFileSync(at("printed"), "");
  execFileSync("truncate", ["-s", String(diskLength), at("disk.img")]);
  execFileSync("mkfs.vfat", ["-F", "32", at("disk.img")]);
  writeFileSync(at("init"), initScript(at("printed"), commands), { mode: 0o755 });
  const settings = ["mem=1024M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"];
  const own = [`ubd0=${at("disk.img")}`, `init=${at("init")}`, "con=null", "con0=null,fd:1"];
  const source = path.join(import.meta.dirname, "uml-registers.c");
  execFileSync("cc", ["-shared", "-fPIC", "-o", at("uml-registers.so"), source]);
  // In /dev/shm, where it keeps its memory otherwise, a container has little room.
  const env = { ...process.env, TMPDIR: tmpdir(), LD_PRELOAD: at("uml-registers.so") };
  const options = { env, timeout: bootMsMax, encoding: "utf8" } as const;
  const end = spawnSync("linux.uml", [...settings, ...own], options);
  const printed = readFileSync(at("printed"), "utf8");
  if (end.status === 0) return printed;
  const told = `${end.stdout}${end.stderr}`.slice(-toldLengthMax);
  const how = end.error?.message ?? `${end.signal ?? end.status}`;
  throw new MachineDied(`${how}; it printed:\n${printed}its kernel told last:\n${told}`);
}

function initScript(printed: string, commands: readonly string[]): string {
  return [
    "#!/bin/sh",
    `exec > ${printed} 2>&1`,
    `export PATH=${process.env["PATH"]} NODE_OPTIONS="${process.env["NODE_OPTIONS"] ?? ""}"`,
    "mount -t proc proc /proc",
    ...(moduleFiles() ?? []).map((file) => `insmod ${file}`),
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/disk",
    `mount -t vfat /dev/ubda ${fatDisk}`,
    ...commands,
    `umount ${fatDisk} && echo unmounted`,
    "halt -f",
  ].join("\n");
}

function moduleFiles(): readonly string[] | undefined {
  const files = modules.map((name) => {
    return globSync(`/usr/lib/uml/modules/*/kernel/fs/${name}.ko`)[0];
  });
  const found = files.filter((file) => file !== undefined);
  return found.length === modules.length ? found : undefined;
}
