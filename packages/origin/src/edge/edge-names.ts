/** The files beside an HAProxy's configuration, by the names that it calls them. */
export const edgeFiles = {
  keys: "ticket-keys.map",
  retired: "retired-hosts.map",
  openRules: "open-rules.map",
  busy: "busy.html",
} as const;
