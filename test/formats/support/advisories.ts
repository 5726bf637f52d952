/** An ordinary advisory in OSV JSON. */
export const ordinary = {
  schema_version: "1.6.0",
  id: "x_CSW-2026-0007",
  published: "2026-08-11T07:00:00Z",
  modified: "2026-08-12T08:00:00Z",
  aliases: ["CVE-2026-12345", "CVE-2026-12346"],
  summary: "Reader runs code of a crafted file",
  details: "A length is not checked.\n\nUpdate to 1.1.0.",
  references: [{ type: "ADVISORY", url: "https://contoso.example/advisories/7" }],
};

/** What somebody might write who wants to harm those who read it. */
export const hostile = {
  id: "CSW-2026-0666",
  modified: "2026-08-12T08:30:00.123Z",
  published: "2026-08-12T08:45:00Z",
  withdrawn: "never",
  aliases: ["CVE-2026-1\u0000", 7, "<b>", null],
  summary: `</title><script>alert(1)</script>"'&amp;]]>\u202egnp.exe\u0007\ud800${"x".repeat(5000)}`,
  details: `<!DOCTYPE x [<!ENTITY y "z">]>&y;\u2066\u0000${"<p>".repeat(50_000)}`,
  references: [
    { type: "WEB", url: "javascript:alert(1)" },
    { type: "WEB", url: 'https://e.example/"><script>' },
    { type: "<i>", url: "data:text/html,x" },
    "https://e.example/",
  ],
  severity: "high",
};
