import { median } from './statistics.ts';

export type Step = { id: string; label: string };

/** What one program took. `every` names the step that stands for all steps of a program that always does the whole work. */
export type Series = {
  name: string;
  /** How it was called, per step that was measured. */
  how: Readonly<Record<string, string>>;
  seconds: Record<string, number[]>;
  every?: string;
  /** What it had stored after all steps. */
  stored: number[];
};

/** Programs side by side; ratios are against the one named `reference`. */
export type Comparison = { reference: string; steps: readonly Step[]; series: readonly Series[] };

/** The largest memory of a program and its children, for one step and so many bytes of data, or so many files. */
export type Peak = { name: string; step: string; size?: number; files?: number; bytes: number };

export type Results = {
  quick: boolean;
  date: string;
  rounds: number;
  tookSeconds: number;
  machine: Readonly<Record<string, string>>;
  /** The load of the machine, one minute's mean, before the first measurement and after the last, which has its own part in it. */
  loadBefore: number;
  loadAfter: number;
  cores: number;
  versions: Readonly<Record<string, string>>;
  files: Comparison & { bytes: number; count: number; changed: number };
  mongodb: Comparison & { bytes: number; documents: number; changed: number };
  memory: readonly Peak[];
};

export const self = 'lifeboat';

export function medianOf(series: Series, step: string): number {
  const values = series.seconds[step] ?? (series.every === undefined ? undefined : series.seconds[series.every]);
  if (values === undefined) throw new RangeError(`${series.name} was not measured at "${step}"`);
  return median(values);
}

export function seriesNamed({ series }: Comparison, name: string): Series {
  const found = series.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no ${name} among ${series.map((one) => one.name).join(', ')}`);
  return found;
}
