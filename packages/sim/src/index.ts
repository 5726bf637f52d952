export { Dice } from "./dice.ts";
export { type DrillReport, runDrill } from "./drill.ts";
export { type AttackOutcome, attackReserves, type ReservePlan } from "./reserves/attack.ts";
export { openInWaves, type WaveOutcome, type WavePlan } from "./reserves/waves.ts";
export { drawPlainSwarm, type Swarm } from "./swarm.ts";
