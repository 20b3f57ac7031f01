/** Aligned columns: words to the left, figures to the right. */
export function table(header: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...lines].map((line) => line.map(printed));
  const widths = header.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const rightAligned = header.map((_, column) => lines.some((line) => isFigure(line[column])));
  const aligned = cells.map((line) =>
    line.map((cell, column) => (rightAligned[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd(),
  );
  return aligned.map((line) => `  ${line}`).join('\n');
}

const isFigure = (cell: string | number | undefined): boolean => typeof cell === 'number' || /^\d+\.\d s$/.test(cell ?? '');

// Groups of three digits, the same on every machine.
const printed = (cell: string | number): string => (typeof cell === 'number' ? String(cell).replace(/\B(?=(\d{3})+$)/g, ' ') : cell);

export const seconds = (value: number): string => `${value.toFixed(1)} s`;
