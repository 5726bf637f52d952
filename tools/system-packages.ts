import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { runGroup } from "./process-group.ts";

/** A Debian package that tests need, and the command or file that shows that it is there. */
export interface SystemPackage {
  readonly name: string;
  /** A program's name, or a whole path. */
  readonly command: string;
  /** Which tests need it, and what for. */
  readonly reason: string;
}

const systemPackages: readonly SystemPackage[] = [
  {
    name: "zstd",
    command: "zstd",
    reason: "packages/publisher: Debian's own zstd opens our packs and deltas",
  },
  {
    name: "openssl",
    command: "openssl",
    reason: "packages/client: a certificate of nobody; packages/publisher: opens encrypted keys",
  },
  {
    name: "nginx-light",
    command: "nginx",
    reason: "packages/client: a real server of HTTP/2; packages/origin: accepts our configurations",
  },
  {
    name: "haproxy",
    command: "haproxy",
    reason: "packages/origin: accepts our configurations, and admits ticket holders as they say",
  },
  {
    name: "chromium",
    command: "chromium",
    reason: "packages/origin: a real browser that works to be let in",
  },
  {
    name: "systemd",
    command: "systemd-analyze",
    reason: "test/cli: reads the units of docs/outgrow.md",
  },
  {
    name: "tinyproxy",
    command: "tinyproxy",
    reason: "packages/client: a real proxy between a client and its routes",
  },
  {
    name: "user-mode-linux",
    command: "linux.uml",
    reason: "packages/client: a kernel that can mount a real FAT, which many containers' cannot",
  },
  {
    name: "dosfstools",
    command: "mkfs.vfat",
    reason: "packages/client: formats that FAT",
  },
  {
    name: "build-essential",
    command: "cc",
    reason: "packages/client: builds what lets that kernel run on processors with AMX",
  },
  {
    name: "kmod",
    command: "insmod",
    reason: "packages/client: loads FAT into that kernel",
  },
  {
    name: "zbar-tools",
    command: "zbarimg",
    reason: "test/cli: an independent reader of QR codes",
  },
  {
    name: "curl",
    command: "curl",
    reason: "packages/origin: an independent reader of ranges and headers",
  },
  {
    name: "aria2",
    command: "aria2c",
    reason:
      "packages/origin: an independent reader that asks for many ranges at once; " +
      "test/formats: loads by Metalink and torrent",
  },
  {
    name: "wget2",
    command: "wget2",
    reason: "test/formats: loads by Metalink",
  },
  {
    name: "python3-feedparser",
    command: "/usr/lib/python3/dist-packages/feedparser",
    reason: "test/formats: an independent reader of the Atom feed",
  },
  {
    name: "python3-html5lib",
    command: "/usr/lib/python3/dist-packages/html5lib",
    reason: "test/formats: a strict reader of the public page",
  },
  {
    name: "libxml2-utils",
    command: "xmllint",
    reason: "test/formats: a strict reader of XML",
  },
  {
    name: "transmission-cli",
    command: "transmission-cli",
    reason: "test/formats: loads by torrent",
  },
  {
    name: "python3-prometheus-client",
    command: "/usr/lib/python3/dist-packages/prometheus_client",
    reason: "packages/origin: an independent reader of the metrics",
  },
  {
    name: "ceph-mon",
    command: "ceph-mon",
    reason: "packages/publisher: a real S3 service, Ceph's gateway over one monitor and one store",
  },
  {
    name: "ceph-osd",
    command: "ceph-osd",
    reason: "packages/publisher: that store",
  },
  {
    name: "radosgw",
    command: "radosgw",
    reason: "packages/publisher: that gateway",
  },
  {
    name: "rsync",
    command: "rsync",
    reason: "packages/publisher: writes to other machines",
  },
  {
    name: "openssh-server",
    command: "/usr/sbin/sshd",
    reason: "packages/publisher: such another machine",
  },
  {
    name: "openssh-client",
    command: "ssh",
    reason: "packages/publisher: the way to it",
  },
  {
    name: "bind9-dnsutils",
    command: "nsupdate",
    reason: "packages/control: names are asked for and updated by BIND's dig and nsupdate",
  },
  {
    name: "knot",
    command: "/usr/sbin/knotd",
    reason: "packages/control: a real name server that takes updates",
  },
  {
    name: "faketime",
    command: "faketime",
    reason: "packages/control: a name server whose clock is wrong",
  },
  {
    name: "iproute2",
    command: "ip",
    reason: "packages/neighbour: machines on a network of their own, with real multicast",
  },
  {
    name: "python3-zeroconf",
    command: "/usr/lib/python3/dist-packages/zeroconf",
    reason: "packages/neighbour: an independent reader of what is told on the network",
  },
  {
    name: "tmux",
    command: "tmux",
    reason: "test/cli: a real terminal, to see what a person sees and to type into",
  },
];

const aptMsMax = 5 * 60_000; // a mirror that hangs must not eat CI's 20 minutes

/**
 * Installs what is missing where that is possible: Debian, as root.
 * @returns the packages that are still missing, with why
 */
export async function installSystemPackages(
  wanted: readonly SystemPackage[] = systemPackages,
): Promise<readonly string[]> {
  const missing = wanted.filter((each) => !isThere(each.command));
  if (missing.length === 0) return [];
  const names = missing.map((each) => each.name);
  const blocked = whyNotInstallable();
  if (blocked !== undefined) return explain(missing, blocked);
  process.stdout.write(`installing ${names.join(", ")} with apt-get\n`);
  const update = await apt("update", "-q");
  const install = await apt("install", "-qy", "--no-install-recommends", ...names);
  const left = missing.filter((each) => !isThere(each.command));
  if (left.length === 0) return [];
  return explain(
    left,
    `apt-get did not bring it:\n${(update.output + install.output).slice(-2000)}`,
  );
}

async function apt(...args: readonly string[]): Promise<{ readonly output: string }> {
  // apt asks questions on a terminal otherwise.
  return runGroup("apt-get", args, aptMsMax, { DEBIAN_FRONTEND: "noninteractive" });
}

function explain(packages: readonly SystemPackage[], why: string): readonly string[] {
  return packages.map((each) => `${each.name} is missing (${each.reason}): ${why}`);
}

function whyNotInstallable(): string | undefined {
  if (!existsSync("/etc/debian_version")) return "this is no Debian; install it yourself";
  if (process.getuid?.() !== 0) return "install it with apt-get as root";
  return undefined;
}

function isThere(command: string): boolean {
  if (isAbsolute(command)) return existsSync(command);
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && existsSync(join(folder, command)));
}
