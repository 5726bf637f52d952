export { type LookOptions, lookForNeighbours } from "./discovery/look.ts";
export { type Telling, type TellOptions, tellNeighbours } from "./discovery/tell.ts";
export { type FindOptions, findNeighbours } from "./find-neighbours.ts";
export { type HoldOptions, holdFetched } from "./hold-fetched.ts";
export { repositoryOf } from "./repository-of.ts";
export { type Neighbour, type NeighbourOptions, serveNeighbour } from "./serve-neighbour.ts";
export { type TreeTelling, tellOnceHolding } from "./tell-once-holding.ts";
