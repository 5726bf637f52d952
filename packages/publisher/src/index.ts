export type {
  CarrierConfig,
  FolderConfig,
  RsyncConfig,
  S3Config,
} from "./config/carrier-config.ts";
export { type CheckedYaml, type YamlPath, YamlReader } from "./config/checked-yaml.ts";
export {
  type Config,
  type ConfiguredRoute,
  type KnownRoute,
  type Product,
  readConfig,
} from "./config/config.ts";
export { type Initialised, type InitOptions, initVendor } from "./init.ts";
export { type PassphraseSource, type RoleName, roleNames } from "./keys/key-file.ts";
export { type KeyList, type ListedKey, type ListedPending, listKeys } from "./keys/list.ts";
export { makePersonalKey, openPersonalKey, type PersonalKey } from "./keys/personal-key.ts";
export { checkKeys, type KeyCheckOptions } from "./keys/ready-keys.ts";
export { type Rotated, type RotateOptions, rotateKey } from "./keys/rotate.ts";
export { type Signed, type SignOptions, signPending } from "./keys/sign-pending.ts";
export {
  type SideDocument,
  type SideDocumentOptions,
  signSideDocument,
} from "./keys/sign-side-document.ts";
export type { Signer } from "./keys/signer.ts";
export type { TufKey } from "./keys/tuf-key.ts";
export type { Log, LogLine } from "./log.ts";
export { type PrunedRoute, type PruneOptions, type PruneResult, prune } from "./prune/prune.ts";
export type { Carrier, Source } from "./publish/carrier.ts";
export { type CarrierCode, CarrierError, carrierCodes } from "./publish/carrier-error.ts";
export type { CarriedRoute } from "./publish/carry.ts";
export { type PublishOptions, type PublishProgress, publish } from "./publish/publish.ts";
export { type RefreshResult, refresh } from "./publish/refresh.ts";
export type { PublishResult } from "./publish/result.ts";
export type { TreeFile } from "./publish/tree.ts";
export { type Added, addRelease } from "./releases/add.ts";
export type { AddOptions, AddProgress } from "./releases/intent.ts";
export {
  type Announced,
  type AnnounceOptions,
  announce,
  previewAnnouncement,
} from "./routes/announce.ts";
export type { ListedRoute, RouteChange } from "./routes/changes.ts";
export type { RouteDetails, RouteEdit, ShardChoice } from "./routes/edit.ts";
export { editRoutes, type RoutesResult } from "./routes/edit-routes.ts";
export type { ListDifference } from "./routes/judge-waiting-list.ts";
export { listRoutes, type RoutesListed } from "./routes/list-routes.ts";
export { previewRoutes } from "./routes/preview.ts";
