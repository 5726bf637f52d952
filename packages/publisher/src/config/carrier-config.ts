import { resolve } from "node:path";
import type { ConfigFile } from "./parse.ts";
import { Places } from "./places.ts";

/** Where publish writes the tree, besides `repository/`. */
export type CarrierConfig = FolderConfig | S3Config | RsyncConfig;

export interface FolderConfig {
  readonly id: string;
  readonly kind: "folder";
  /** Absolute. */
  readonly path: string;
}

/** A bucket that speaks the S3 protocol. Who writes to it is found as other S3 tools find it. */
export interface S3Config {
  readonly id: string;
  readonly kind: "s3";
  readonly bucket: string;
  /** Of every key: empty, or ends with a slash. */
  readonly prefix: string;
  /** Of a service other than Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** The bucket stands in the URL's path rather than in its host. */
  readonly pathStyle: boolean;
  /** A name in the AWS configuration files. */
  readonly profile: string | undefined;
}

/** A folder of another machine, over SSH. */
export interface RsyncConfig {
  readonly id: string;
  readonly kind: "rsync";
  /** `host` or `user@host`. */
  readonly host: string;
  /** Absolute, without a slash at its end. */
  readonly path: string;
  /** The program, and its arguments before the host. */
  readonly ssh: readonly [string, ...string[]];
}

/** A carrier as causeway.yaml has it: the schema lets each have the keys of all kinds. */
export interface CarrierValue {
  readonly id: string;
  readonly kind: CarrierConfig["kind"];
  readonly path?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly profile?: string;
  readonly to?: string;
  readonly ssh?: string;
}

/** Besides id and kind; the first is required. */
const keysOf: Readonly<Record<CarrierConfig["kind"], readonly string[]>> = {
  folder: ["path"],
  s3: ["bucket", "prefix", "endpoint", "region", "pathStyle", "profile"],
  rsync: ["to", "ssh"],
};

/** @throws {UsageError} `CONFIG_MALFORMED` */
export async function readCarriers(
  file: ConfigFile,
  folder: string,
): Promise<readonly CarrierConfig[]> {
  const found = new Map<string, CarrierConfig>();
  const places = await Places.beside(folder);
  for (const [at, value] of (file.value.carriers ?? []).entries()) {
    const { id, kind } = value;
    if (found.has(id)) throw file.error(["carriers", at, "id"], `the carrier ${id} is there twice`);
    checkKeys(file, at, value);
    const carrier = carrierOf(file, at, folder, value);
    const wrong = places.claim(id, placeOf(carrier));
    const [key = ""] = keysOf[kind];
    if (wrong !== undefined) throw file.error(["carriers", at, key], wrong);
    found.set(id, carrier);
  }
  return [...found.values()];
}

/** What is written to, as people know it; two carriers that write to the same have the same. */
export function placeOf(carrier: CarrierConfig): string {
  if (carrier.kind === "folder") return carrier.path;
  if (carrier.kind === "rsync") return `${carrier.host}:${carrier.path}/`;
  const { endpoint, bucket, prefix } = carrier;
  const host = endpoint === undefined ? "" : `${new URL(endpoint).host}/`;
  return `s3://${host}${bucket}/${prefix}`;
}

function checkKeys(file: ConfigFile, at: number, value: CarrierValue): void {
  const { id, kind } = value;
  const known = keysOf[kind];
  for (const key of Object.keys(value)) {
    if (key === "id" || key === "kind" || known.includes(key)) continue;
    const what = `${key} is not for the kind ${kind}; known there are ${known.join(", ")}`;
    throw file.error(["carriers", at, key], what);
  }
  const [required = ""] = known;
  if (required in value) return;
  throw file.error(["carriers", at], `the carrier ${id} of the kind ${kind} needs ${required}`);
}

function carrierOf(
  file: ConfigFile,
  at: number,
  folder: string,
  value: CarrierValue,
): CarrierConfig {
  if (value.kind === "s3") return s3Of(file, at, value);
  if (value.kind === "rsync") return rsyncOf(file, at, value);
  return folderOf(value, folder);
}

function folderOf({ id, path = "" }: CarrierValue, folder: string): FolderConfig {
  return { id, kind: "folder", path: resolve(folder, path) };
}

function s3Of(file: ConfigFile, at: number, value: CarrierValue): S3Config {
  const { id, bucket = "", endpoint, region, profile } = value;
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    const what = "an endpoint is http or https, without credentials, query or fragment";
    throw file.error(["carriers", at, "endpoint"], what);
  }
  const parts = (value.prefix ?? "").split("/").filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === "..")) {
    throw file.error(["carriers", at, "prefix"], "a prefix has no . or .. in it");
  }
  return {
    id,
    kind: "s3",
    bucket,
    prefix: parts.map((part) => `${part}/`).join(""),
    endpoint,
    // Services other than Amazon's take any, and most have no name for each bucket.
    region: region ?? (endpoint === undefined ? undefined : "us-east-1"),
    pathStyle: value.pathStyle ?? endpoint !== undefined,
    profile,
  };
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((x) => x === "");
}

/** No dash in front: SSH would take it for an option. The last is an address of IPv6. */
const destination = /^((?:[\w.][\w.-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])):(\/.*)$/;

function rsyncOf(file: ConfigFile, at: number, { id, to = "", ssh }: CarrierValue): RsyncConfig {
  const [, host = "", path = ""] = destination.exec(to) ?? [];
  const clean = path.replace(/\/+$/, "");
  if (clean === "" || clean.split("/").some((part) => part === "." || part === "..")) {
    const what = "to is a host and a whole path on it, as user@host:/srv/www/updates";
    throw file.error(["carriers", at, "to"], what);
  }
  const [program = "ssh", ...given] = (ssh ?? "").split(" ").filter((word) => word !== "");
  return { id, kind: "rsync", host, path: clean, ssh: [program, ...given] };
}
