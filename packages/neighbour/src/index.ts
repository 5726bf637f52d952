export { type LookOptions, lookForNeighbours } from "./discovery/look.ts";
export { type Telling, type TellOptions, tellNeighbours } from "./discovery/tell.ts";
