import type { Command } from '../command.ts';

export const steps = [
  { id: 'first', label: 'first backup' },
  { id: 'unchanged', label: 'nothing changed' },
  { id: 'changed', label: '1 % of the files changed' },
  { id: 'verify', label: 'verify' },
  { id: 'restore', label: 'restore' },
] as const;

export type StepId = (typeof steps)[number]['id'];

export type Contender = {
  name: string;
  /** In words, for those who read the results. */
  how: Readonly<Partial<Record<StepId, string>>>;
  /** Makes an empty repository, or whatever stands for it; not measured. */
  prepare: () => Promise<void>;
  /** None where the program can only do the whole work again, as at `changed`. */
  commands: Readonly<Partial<Record<StepId, Command>>> & Readonly<Record<'changed' | 'verify' | 'restore', Command>>;
  /** The directory that holds what is stored. */
  repository: string;
  /** Where `restore` leaves the tree. */
  restored: string;
};

/** Where a contender works, what it reads, and the PATH on which its programs are. */
export type Place = { directory: string; corpus: string; path: string };
