/** The part of the repository that a path lies in. */
export type Area = "metadata" | "targets" | "security";

/** A path of the repository that no file system can read as anything else. */
export interface RepositoryPath {
  readonly area: Area;
  /** Relative to the tree: `targets/node/<sha256>.node`. */
  readonly path: string;
}

// No segment is empty, starts with a dot (`.`, `..`, and the temporary files of a publish), or is
// longer than file systems allow. Segments and slashes share no character, so this is linear.
const shape = /^\/(metadata|targets|security)(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,254})+$/;

/**
 * Reads a request target in origin form. The query is ignored: a file is the same whatever asks
 * for it. `%XX` is decoded once, and only where RFC 3986 calls both forms equivalent (unreserved
 * characters), so that no encoded separator, NUL or second encoding ever becomes a path.
 * @returns undefined for everything that cannot be a file of a repository
 */
export function parseRequestTarget(target: string, lengthMax: number): RepositoryPath | undefined {
  if (target.length > lengthMax) return undefined;
  const question = target.indexOf("?");
  const raw = question < 0 ? target : target.slice(0, question);
  const path = raw.includes("%") ? decodeUnreserved(raw) : raw;
  if (path === "/security/") return { area: "security", path: "security/index.html" };
  const area = shape.exec(path)?.[1];
  return area === undefined ? undefined : { area: area as Area, path: path.slice(1) };
}

/** Leaves every other escape as it is; its `%` then fails `shape`. */
function decodeUnreserved(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (escape, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
  });
}
