export { type Changed, type ChangeOrder, changeName, type NamePorts } from "./names/change.ts";
export {
  type ChangeRecord,
  encodeChange,
  type NameVerb,
  type Outcome,
  type PlannedChange,
  reasonLengthMax,
} from "./names/change-record.ts";
export { type Ask, ask, type Question } from "./names/dig.ts";
export type { DnsAnswer, DnsRecord } from "./names/dns-answer.ts";
export { type DnsName, toDnsName } from "./names/dns-name.ts";
export { NameHistory } from "./names/history.ts";
export { type NameServer, serverNamed, shownServer, toNameServer } from "./names/name-server.ts";
export { checkKeyFile, type SendUpdate, sendUpdate } from "./names/nsupdate.ts";
export { loweredFrom, wasRetired } from "./names/past-changes.ts";
export { type RecordSet, type RecordSets, shownSets, ttlSecondsMax } from "./names/record-set.ts";
export { planTtl, type TtlNeed, type TtlPlan, usualMarginSeconds } from "./names/ttl-plan.ts";
export { type UndoOrder, undoChange } from "./names/undo.ts";
export {
  lookAtNames,
  type WatchedName,
  type WatchOrder,
  watchedNamesMax,
  watchedServersMax,
} from "./names/watch-names.ts";
export type { Finding } from "./names/watch-verdict.ts";
export { lowered, moved, restored } from "./names/wished.ts";
export { findZone, listedServers, type NameSets, readSets, type Zone } from "./names/zone.ts";
export { ProbeHistory } from "./probes/history.ts";
export { type Conclusion, conclude, daysLeft, endsSoon } from "./probes/judge.ts";
export { keepProbing } from "./probes/keep-probing.ts";
export { knownRound } from "./probes/known-round.ts";
export {
  cautiousPolicy,
  type ProbePolicy,
  type ProbePolicyValue,
  policyFrom,
} from "./probes/policy.ts";
export { probeRound, type RoundOrder, roundUrlsMax } from "./probes/probe-round.ts";
export type { ProbedRoute, ProbedUrl, Round, RouteToProbe, Verdict } from "./probes/probed.ts";
export {
  type Proposal,
  type Proposals,
  propose,
  roundsNeeded,
  takenBack,
  verdictsByRound,
} from "./probes/propose.ts";
export { nameResolver } from "./probes/resolve-name.ts";
export { type Summary, summarise } from "./probes/summary.ts";
export { probesSchemaText } from "./probes-schema.ts";
export type { Action, ActionArguments, Verb } from "./runbook/action.ts";
export { type Approved, type ApproverKey, approveStep, stepOf } from "./runbook/approve-step.ts";
export {
  type ConditionVerdict,
  judgeCondition,
  type Measured,
  type Sample,
} from "./runbook/condition.ts";
export type { LogHead, LogRecord } from "./runbook/log-chain.ts";
export type { LogEvent } from "./runbook/log-entry.ts";
export { outageOf } from "./runbook/outage.ts";
export { progressOf, type StepProgress } from "./runbook/progress.ts";
export { type Fault, readRunbook } from "./runbook/read-runbook.ts";
export { type Remark, reviewTimes } from "./runbook/review.ts";
export {
  type Acted,
  type RunNews,
  type RunOptions,
  type RunPorts,
  runRunbook,
} from "./runbook/run-runbook.ts";
export type {
  Approver,
  Condition,
  NamePlace,
  OriginMeasure,
  Runbook,
  Step,
} from "./runbook/runbook.ts";
export { type LogState, RunbookLog, type Writer } from "./runbook/runbook-log.ts";
export type { RunbookValue } from "./runbook/runbook-value.ts";
export {
  isOver,
  type Situation,
  type StepSituation,
  situationsOf,
} from "./runbook/situation.ts";
export { shownOffset } from "./runbook/step-time.ts";
export { runbookSchemaText } from "./runbook-schema.ts";
