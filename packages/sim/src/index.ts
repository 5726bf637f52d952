export { type DrillReport, runDrill } from "./drill.ts";
export type { Swarm } from "./swarm.ts";
