export { type ChangedEdge, changeEdge, type EdgeChange } from "./edge/change-edge.ts";
export { serverConnections } from "./edge/edge-limits.ts";
export { type Endpoint, parseEndpoint, parseNetwork } from "./edge/endpoint.ts";
export type { EdgePeer, HaproxyPlan, Upstream } from "./edge/haproxy-plan.ts";
export { nginxConfig } from "./edge/nginx-config.ts";
export type { NginxPlan } from "./edge/nginx-plan.ts";
export { openableAtEdge } from "./edge/open-rules.ts";
export {
  type HaproxyEdge,
  type WrittenEdge,
  writeConfig,
  writeHaproxyEdge,
} from "./edge/write-edge.ts";
export { lookAtEdge } from "./edge-watch/look-at-edge.ts";
export { watchEdge } from "./edge-watch/watch-edge.ts";
export { entrancesMax } from "./entrance-ports.ts";
export { defaultLimits, type OriginLimits } from "./limits.ts";
export { descriptorLog, type Log, type LogEntry, type LogLevel, logLine } from "./log.ts";
export { type Origin, type OriginOptions, startOrigin, type TicketOptions } from "./origin.ts";
export { type EdgeChoice, type EdgeInFront, edgeChoices } from "./own-edge/serve-behind-edge.ts";
export { noPolicy, openableRules, type Policy, policyLimits } from "./policy/policy.ts";
export { changedPolicy, type PolicyChange } from "./policy/policy-change.ts";
export { decodePolicy, encodePolicy } from "./policy/policy-document.ts";
export {
  changePolicyFile,
  type PolicyPlace,
  readPolicyFile,
  type UnsignedPolicy,
} from "./policy/policy-file.ts";
export type { SignedPolicy } from "./policy/signed-policy.ts";
export { type FleetSigner, giveFleetTicket } from "./shield/give-fleet-ticket.ts";
export { type FleetPromise, type FleetTicket, fleetLimits } from "./shield/issue-fleet-ticket.ts";
export { unnamedRoute } from "./shield/ticket.ts";
export { encodeTicketKeys, type TicketKey } from "./shield/ticket-key-file.ts";
export {
  type ListedTicketKey,
  listTicketKeys,
  readTicketKeys,
  rotateTicketKeys,
  type TicketKeysRotated,
} from "./shield/ticket-keys.ts";
