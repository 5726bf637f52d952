/** The scenario of August 2003, as the demo tells it. See examples/ms03-026/. */
export const story = {
  repository: "MS03-026",
  product: "windows-2000",
  versions: { unpatched: "5.0.2195", patched: "5.0.2195.6753" },
  patchName: "KB823980",
  primary: "windowsupdate.com, the attacked name",
  alternate: "the alternate route",
  opening:
    "August 2003. A worm will flood windowsupdate.com at midnight: the one name that every " +
    "customer was told to get the patch from. The vendor has an alternate route, and customers " +
    "whose client believes signatures, not servers.",
} as const;

/** The OSV document of examples/ms03-026/CVE-2003-0352.json. */
export const advisory = {
  schema_version: "1.6.7",
  id: "CVE-2003-0352",
  modified: "2003-08-14T00:00:00Z",
  published: "2003-07-16T00:00:00Z",
  aliases: ["MS03-026", "KB823980"],
  summary: "Buffer overrun in the RPC/DCOM interface allows remote code execution",
  details:
    "A remote attacker can run code of their choice with Local System rights by sending a " +
    "malformed request to the RPC/DCOM interface (TCP port 135). A worm that spreads through " +
    "this hole was first seen on 2003-08-11. Install the patch KB823980. If windowsupdate.com " +
    "cannot be reached, get it over any alternate route: it is verified by its signature, " +
    "wherever it comes from.",
  affected: [
    {
      versions: ["5.0.2195"],
      database_specific: { causeway: { product: "windows-2000", fixed: "5.0.2195.6753" } },
    },
  ],
  references: [
    {
      type: "ADVISORY",
      url: "https://learn.microsoft.com/security-updates/securitybulletins/2003/ms03-026",
    },
  ],
} as const;
