/**
 * Where the package is installed. This module has to stand right in `src`, not in a folder there:
 * what is built of it lies right in `dist`.
 */
export const packageFolder = new URL("../", import.meta.url);
