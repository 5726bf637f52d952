import assert from "node:assert/strict";
import { test } from "node:test";
import { withRoute } from "../src/routes/config-text.ts";

const path = "causeway.yaml";

test("a change touches the route alone, and keeps the comment of the value that it replaces", () => {
  const text = `# head
name: "C" # quoted

routes:
  # first
  - id: a # named
    url: https://a.example/ # by the door
    state: draining # for now
  # second
  - { id: b, url: https://b.example/ }
# after
expiry: { root: 365d }
`;
  const moved = withRoute(text, path, {
    at: 0,
    values: { url: "https://c.example/", state: undefined },
  });
  const expected = text
    .replace("a.example", "c.example")
    .replace("    state: draining # for now\n", "");
  assert.equal(moved, expected);
  const drained = withRoute(text, path, { at: 1, values: { state: "draining" } });
  assert.equal(drained, text.replace("b.example/ }", "b.example/, state: draining }"));
});

test("a first route makes the list that init left empty, and a missing one", () => {
  const values = { id: "a", url: ["https://a.example/", "https://b.example/"], weight: 7 };
  const list = `routes:
  - id: a
    url:
      - https://a.example/
      - https://b.example/
    weight: 7
`;
  for (const empty of ["routes: []\n", "routes: [] \n", ""]) {
    assert.equal(
      withRoute(`name: C\n${empty}`, path, { at: undefined, values }),
      `name: C\n${list}`,
    );
  }
});

test("line ends of Windows stay, and nothing to change changes no letter", () => {
  const text = "name:   C\r\nroutes:\r\n- {id: a,   url: https://a.example/}\r\n";
  assert.equal(withRoute(text, path, { at: 0, values: {} }), text);
  const changed = withRoute(text, path, { at: 0, values: { state: "retired" } });
  assert.match(changed, /^name: C\r\nroutes:\r\n {2}- \{ .*, state: retired \}\r\n$/);
});

test("what only people can change is left to them", () => {
  const text = "name: C\nroutes:\n  - &one { id: a, url: https://a.example/ }\n  - *one\n";
  const change = { at: 1, values: { state: "retired" } };
  const message = /causeway\.yaml: .*make this change by hand/;
  assert.throws(() => withRoute(text, path, change), { code: "CONFIG_MALFORMED", message });
});
