export { type AppliedBundle, type ApplyOptions, applyBundle } from "./bundle/apply-bundle.ts";
export {
  type BundleOptions,
  type CreatedBundle,
  createBundle,
} from "./bundle/create-bundle.ts";
export type { FillProgress } from "./fill.ts";
export { type KeepReleaseOptions, type KeptRelease, keepRelease } from "./keep-release.ts";
export { type Mirror, type Mirrored, type MirrorOptions, openMirror } from "./mirror.ts";
export { makeOwnFolder } from "./own-folder.ts";
export { type WatchOptions, watchRoutes } from "./watch-routes.ts";
