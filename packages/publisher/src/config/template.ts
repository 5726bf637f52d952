import { stringify } from "yaml";

/** The causeway.yaml that init writes. */
export function configTemplate(name: string, products: readonly string[]): string {
  const listed =
    products.length === 0
      ? "products: [] # empty: `causeway add` takes any product id\n"
      : stringify({ products: products.map((id) => ({ id })) });
  return `# yaml-language-server: $schema=./causeway.schema.json
# What you publish, and over which routes. Publish after a change: causeway publish
${stringify({ name })}
# What patches are for. With a list here, a mistyped product is refused.
#   - id: contoso-reader
#     name: Contoso Reader
${listed}
# Ways to your repository that customers' machines are told of. Everyone can read this list.
#   - id: origin-1
#     url: https://updates.example.com/
routes: []

# The window in which each customer's machine looks for something new once. Shorter before an attack.
# poll: 12h

# Where publish writes the repository, besides repository/.
#   - id: web-1
#     kind: folder
#     path: /srv/www/updates
#   - id: cloud
#     kind: s3
#     bucket: contoso-updates
carriers: []

# Whom to tell of a vulnerability, for security.txt; and your own URL, for CSAF documents.
# security:
#   contact: [mailto:security@example.com]
#   expires: 2027-08-01T00:00:00Z
#   namespace: https://www.example.com

# How long signatures last. \`causeway refresh\` (from a timer, hourly) renews the last two.
# expiry: { root: 365d, targets: 365d, patches: 365d, routes: 90d, snapshot: 14d, timestamp: 3d }
`;
}
