/** Files that one bundle may list: 40,000 patches with all that is made from them. */
export const bundleEntriesMax = 250_000;

/** Parts that one bundle may be cut into. */
export const bundlePartsMax = 999;

/** The name of part `at`, counted from 1: `x.causeway.001`. */
export function bundlePartName(file: string, at: number): string {
  return `${file}.${String(at).padStart(3, "0")}`;
}

/** True for the name, or the path, of a file that is taken for a bundle as a route. */
export function isBundleName(file: string): boolean {
  return /[^\\/]\.(?:causeway|zip)$/i.test(file);
}
