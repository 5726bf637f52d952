import { createHash } from "node:crypto";
import { limits } from "./limits.ts";

/** The four roles that every root names. */
export const topLevelRoles = ["root", "timestamp", "snapshot", "targets"] as const;
export type TopLevelRole = (typeof topLevelRoles)[number];

const storedLengthMax = 200; // with `.json` and a temporary suffix still a 255-byte file name

/** True for what a targets role may call the role that it delegates to. */
export function isDelegatedRoleName(name: string): boolean {
  if (name.length === 0 || name.length > limits.roleNameLengthMax) return false;
  return !topLevelRoles.some((role) => role === name);
}

/** A name as one segment of a URL path: only letters, digits, `-`, `.`, `_` and `~` stay. */
export function quoteSegment(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Where a role's metadata lies below `metadata/` on a route. */
export function routePath(role: string, version: number | undefined): string {
  return version === undefined
    ? `${quoteSegment(role)}.json`
    : `${version}.${quoteSegment(role)}.json`;
}

/** The file of one trusted root in the state's metadata folder. All are kept. */
export function storedRootName(version: number): string {
  return `${version}.root.json`;
}

/**
 * The file of any other role in the state's metadata folder. Whatever the role is called, it is
 * one plain file name, and no two roles share it: dots are quoted too, so none looks like a root.
 */
export function storedName(role: string): string {
  const quoted = quoteSegment(role).replaceAll(".", "%2E").replaceAll("~", "%7E");
  if (quoted.length <= storedLengthMax) return `${quoted}.json`;
  return `%%${createHash("sha256").update(role).digest("hex")}.json`;
}
