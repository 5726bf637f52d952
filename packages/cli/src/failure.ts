import { type CausewayError, type NoRouteDelivered, type RouteAttempt } from "@causeway/kernel";
import { printable } from "./terminal.ts";

/** The exit codes, as every `--help` lists them. */
export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  verification: 3,
  unreachable: 4,
  rolledBack: 5,
  interrupted: 130,
} as const;

/** A failure as the user meets it. */
export interface Failure {
  readonly exitCode: number;
  readonly json: object;
  readonly text: string;
}

/** Turns whatever was thrown into what is told. Matches on `code`: two kernels may be loaded. */
export function describeFailure(thrown: unknown): Failure {
  if (!isCausewayError(thrown)) return describeBug(thrown);
  const { code, message } = thrown;
  if (isNoRouteDelivered(thrown)) {
    const routes = thrown.attempts.map(describeAttempt);
    const lines = routes.map((route) => `  ${route.url}: ${route.why}`);
    return {
      exitCode: exitCodeOf(thrown),
      json: { error: { code, message, routes } },
      text: printable([`${message} [${code}]`, ...lines, ...hintOf(routes)].join("\n")),
    };
  }
  return {
    exitCode: exitCodeOf(thrown),
    json: { error: { code, message } },
    text: printable(`${message} [${code}]`),
  };
}

const hints: ReadonlyMap<string, string> = new Map([
  ["TRUST_EXPIRED", "the vendor has to run causeway refresh; or is this machine's clock wrong?"],
  ["TRUST_THRESHOLD", "is it the repository of another vendor than --trust and --state say?"],
]);

/** What to do when every route has the same to say of what is signed. */
function hintOf(routes: readonly { readonly code: string }[]): string[] {
  const [code, ...others] = new Set(routes.map((route) => route.code));
  const hint = others.length === 0 ? hints.get(code ?? "") : undefined;
  return hint === undefined ? [] : [hint];
}

function describeAttempt(attempt: RouteAttempt): { url: string; code: string; why: string } {
  return { url: attempt.url, code: attempt.error.code, why: attempt.error.message };
}

function describeBug(thrown: unknown): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const stack = thrown instanceof Error ? (thrown.stack ?? message) : message;
  return {
    exitCode: exitCodes.failure,
    json: { error: { code: "UNEXPECTED", message } },
    text: printable(`unexpected failure; please report it with these lines:\n${stack}`),
  };
}

function isCausewayError(thrown: unknown): thrown is CausewayError {
  return thrown instanceof Error && "code" in thrown && "blame" in thrown && "remedy" in thrown;
}

function isNoRouteDelivered(error: CausewayError): error is NoRouteDelivered {
  return error.code === "ROUTE_ALL_FAILED";
}

const verificationCodes = new Set(["ROUTE_LIED", "ROUTE_STALE"]);

function failedVerification(error: CausewayError): boolean {
  return /^(?:TRUST|ANNOUNCEMENT)_/.test(error.code) || verificationCodes.has(error.code);
}

function exitCodeOf(error: CausewayError): number {
  if (error.code === "INTERRUPTED") return exitCodes.interrupted;
  if (isNoRouteDelivered(error)) {
    const lied = error.attempts.some((attempt) => failedVerification(attempt.error));
    return lied ? exitCodes.verification : exitCodes.unreachable;
  }
  if (failedVerification(error)) return exitCodes.verification;
  if (error.blame === "route") return exitCodes.unreachable;
  if (error.blame === "caller") return exitCodes.usage;
  if (error.code === "HOST_ADDRESS") return exitCodes.usage; // what --host and --port say
  return exitCodes.failure;
}
