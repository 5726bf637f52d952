import newCode from "qrcode-generator";

/** A QR code as rows of modules, true where dark, with the quiet zone that readers need around it. */
export type QrCode = readonly (readonly boolean[])[];

const quietModules = 4; // ISO/IEC 18004 section 9.1

/**
 * @param text digits, capital letters, and a few signs such as - (the alphanumeric mode)
 * @param level how much may be damaged: L 7 %, M 15 %
 */
export function qrCode(text: string, level: "L" | "M"): QrCode {
  const code = newCode(0, level);
  code.addData(text, "Alphanumeric");
  code.make();
  const count = code.getModuleCount();
  const size = count + 2 * quietModules;
  const isInside = (at: number): boolean => at >= quietModules && at < quietModules + count;
  return Array.from({ length: size }, (_, row) => {
    return Array.from({ length: size }, (__, column) => {
      if (!isInside(row) || !isInside(column)) return false;
      return code.isDark(row - quietModules, column - quietModules);
    });
  });
}

/**
 * Lines of half blocks, two rows of modules each. What is light is drawn, as terminals are mostly
 * dark; `isDrawnDark` for black ink on a white ground.
 */
export function qrLines(code: QrCode, isDrawnDark: boolean): readonly string[] {
  const lines: string[] = [];
  for (let row = 0; row < code.length; row += 2) {
    const upper = code[row] ?? [];
    const lower = code[row + 1] ?? upper.map(() => false);
    const blocks = upper.map((isDark, column) => {
      const [above, below] = [isDark === isDrawnDark, lower[column] === isDrawnDark];
      if (above) return below ? "█" : "▀";
      return below ? "▄" : " ";
    });
    lines.push(blocks.join(""));
  }
  return lines;
}
