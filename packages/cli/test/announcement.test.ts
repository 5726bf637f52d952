import assert from "node:assert/strict";
import { test } from "node:test";
import { txtRecord, txtStrings } from "../src/announcement/dns-txt.ts";
import { qrCode, qrLines } from "../src/announcement/qr-code.ts";

test("half blocks draw each module once, in ink or on a dark ground", () => {
  const code = qrCode("0407T0938E-NKRKAYDXW4", "L");
  for (const isDrawnDark of [true, false]) {
    const rows = qrLines(code, isDrawnDark).flatMap((line) => {
      const drawn = (blocks: string): readonly boolean[] => {
        return Array.from(line, (block) => blocks.includes(block) === isDrawnDark);
      };
      return [drawn("█▀"), drawn("█▄")];
    });
    assert.deepEqual(rows.slice(0, code.length), code);
    assert.ok(rows.slice(code.length).every((row) => row.every((isDark) => !isDark)));
  }
  assert.ok(
    code[3]?.every((isDark) => !isDark),
    "four rows around it are light",
  );
  assert.ok(code[4]?.[4], "the first corner is dark");
});

test("a long code is several strings of one DNS record", () => {
  const text = "A".repeat(600);
  assert.deepEqual(
    txtStrings(text).map((each) => each.length),
    [255, 255, 90],
  );
  const strings = ["A".repeat(255), "A".repeat(255), "A".repeat(90)].map((each) => `"${each}"`);
  assert.equal(txtRecord(text), `_causeway 300 IN TXT ${strings.join(" ")}`);
});
