import type { Finding } from "@causeway/control";

/** A finding of `names watch` on one line. */
export function findingLine(finding: Finding): string {
  const { server } = finding;
  switch (finding.kind) {
    case "answers": {
      const how = finding.isWildcard ? "a wildcard answers in its place" : "it is there";
      return `${server}: ${how}: ${finding.records.join(", ")}`;
    }
    case "delegated":
      return `${server}: it is handed to other servers: ${finding.records.join(", ")}`;
    case "lagging":
      return `${server}: has serial ${finding.serial}, and another one ${finding.newest}`;
    default:
      return `${server}: does not tell (${finding.status ?? "no answer"})`;
  }
}
