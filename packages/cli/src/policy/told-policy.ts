import { toUtcSecond } from "@causeway/kernel";
import type { Policy } from "@causeway/origin";

/** The rules of a policy for people, a line for each. */
export function policyLines(policy: Policy): readonly string[] {
  const { retired, opened, draining, shares, revokedKeys, signingKey } = policy;
  const lines = retired.map(({ host, until }) => `  retired   ${host} until ${toUtcSecond(until)}`);
  if (draining !== undefined) {
    const { refusesFrom, until } = draining;
    lines.push(`  draining  refuses from ${toUtcSecond(refusesFrom)} until ${toUtcSecond(until)}`);
  }
  if (shares !== undefined) {
    const { machinePercent, newcomersPercent, until } = shares;
    const parts = `a machine ${machinePercent} %, newcomers at least ${newcomersPercent} %`;
    lines.push(`  shares    ${parts} until ${toUtcSecond(until)}`);
  }
  for (const { rule, until } of opened)
    lines.push(`  open      ${rule} until ${toUtcSecond(until)}`);
  for (const kid of revokedKeys)
    lines.push(`  revoked   tickets of key ${kid}, until it is accepted`);
  if (signingKey !== undefined) {
    const { kid, until } = signingKey;
    lines.push(`  signs     key ${kid} until ${toUtcSecond(until)}`);
  }
  return lines.length > 0 ? lines : ["  nothing is other than usual"];
}
