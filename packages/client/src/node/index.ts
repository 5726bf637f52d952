export { nodeClock } from "./clock.ts";
export { type ProxySettings, proxySettings } from "./connect/proxy-rule.ts";
export type { NodeTransport } from "./http-transport.ts";
export type { FileLock } from "./internal/file-lock.ts";
export { type LockHolder, type LockOptions, lockFolder } from "./lock.ts";
export {
  type FileCheckRequest,
  type FileClient,
  type FileGetRequest,
  type OpenOptions,
  openClient,
  thisPlatform,
} from "./open-client.ts";
export { type NodePorts, type NodePortsOptions, nodePorts } from "./ports.ts";
export { nodeRandom } from "./random.ts";
export { readFleetTicket } from "./read-fleet-ticket.ts";
export { folderStore, sweepFolder } from "./store.ts";
export { type NodeTransportOptions, nodeTransport } from "./transport.ts";
