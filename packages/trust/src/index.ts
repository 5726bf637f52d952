export { isSignedByOneOf, repositoryIdOf } from "./announcement.ts";
export type { Delegation, Delegations } from "./delegation.ts";
export { type Header, signedAtField } from "./envelope.ts";
export { limits } from "./limits.ts";
export { Lookup } from "./lookup.ts";
export type { Hashes, MetaFile } from "./meta-file.ts";
export { compilePattern, type PathMatcher } from "./pattern.ts";
export { Refresh } from "./refresh.ts";
export { RoleDescent } from "./role-descent.ts";
export { quoteSegment, routePath, storedName, storedRootName } from "./role-names.ts";
export { RoleWalk } from "./role-walk.ts";
export type { Root } from "./root.ts";
export { openSealedRoute, sealRoute } from "./sealed-route.ts";
export {
  authorityOver,
  openSideDocument,
  type SideDocument,
  type SideDocumentKind,
} from "./side-document.ts";
export type { Authority } from "./signatures.ts";
export type { Snapshot } from "./snapshot.ts";
export { TargetCheck, type TargetFile, verifyTarget } from "./target-file.ts";
export type { TargetEntry, Targets } from "./targets.ts";
export type { Timestamp } from "./timestamp.ts";
export { TrustedSet } from "./trusted-set.ts";
export type { Accepted, StoredFile, Want } from "./want.ts";
