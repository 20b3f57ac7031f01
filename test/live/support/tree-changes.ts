import { chmod, link, lstat, lutimes, mkdir, open, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../../support/tools/command.ts';
import { toolPath } from '../../support/tools/ensure.ts';
import { random } from '../oracle/random.ts';

type Change = (tree: string) => Promise<void>;

const oddNames = ['a b', 'line\nfeed', 'tab\tname', 'back\\slash', 'ünï cödé', "quo'te\"s", '-rf', '#path', '*?[x]', ' -> ', 'bell\u0007'];
const env = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: toolPath() });
const one = <T>(choices: readonly T[]): T => choices[random(choices.length)] as T;
const content = (): string => `${random(1_000_000)}`.repeat(1 + random(200));
const freshName = (): string => (random(4) === 0 ? `${one(oddNames)}${random(20)}` : `n${random(40)}`);

/** All paths below a tree, its own left out. */
async function paths(tree: string): Promise<{ files: string[]; directories: string[]; others: string[] }> {
  const found = { files: [] as string[], directories: [] as string[], others: [] as string[] };
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true })) {
    const list = entry.isDirectory() ? found.directories : entry.isFile() ? found.files : found.others;
    list.push(join(entry.parentPath, entry.name));
  }
  return found;
}

const free = async (tree: string): Promise<string> => {
  const { directories } = await paths(tree);
  const path = join(one([tree, ...directories]), freshName());
  return (await lstat(path).catch(() => undefined)) === undefined ? path : free(tree);
};

async function withFile(tree: string, act: (file: string) => Promise<void>): Promise<void> {
  const { files } = await paths(tree);
  if (files.length > 0) await act(one(files));
}

async function withDirectories(tree: string, count: number, act: (directories: string[]) => Promise<void>): Promise<void> {
  const chosen: string[] = [];
  const { directories } = await paths(tree);
  // None inside another: those are renamed over one another.
  for (const path of directories.sort(() => random(3) - 1)) {
    if (!chosen.some((other) => `${path}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${path}/`))) chosen.push(path);
  }
  if (chosen.length >= count) await act(chosen.slice(0, count));
}

const rotate = async (paths: readonly string[]): Promise<void> => {
  const aside = `${String(paths[0])}.aside`;
  await rename(String(paths.at(-1)), aside);
  for (let i = paths.length - 2; i >= 0; i -= 1) await rename(String(paths[i]), String(paths[i + 1]));
  await rename(aside, String(paths[0]));
};

/** Replaces what is there by something of another kind. */
const replacements: readonly ((path: string) => Promise<unknown>)[] = [
  (path) => writeFile(path, content()),
  (path) => mkdir(path),
  (path) => symlink(one(['nowhere', '/etc/hostname', '..', 'n1']), path),
  (path) => mustRun('mkfifo', ['--', path]),
];

export const changes: Readonly<Record<string, Change>> = {
  'a new file': async (tree) => writeFile(await free(tree), content()),
  'a new directory with files': async (tree) => {
    const directory = await free(tree);
    await mkdir(directory);
    for (let i = 0; i < 1 + random(4); i += 1) await writeFile(join(directory, `f${i}`), content());
  },
  'other content': (tree) => withFile(tree, (file) => writeFile(file, content())),
  'other content of the same size, its time kept': (tree) => withFile(tree, async (file) => {
    const { atime, mtime, size } = await lstat(file);
    await writeFile(file, String(random(10)).repeat(size));
    await utimes(file, atime, mtime);
  }),
  'a file removed': (tree) => withFile(tree, (file) => rm(file)),
  'a directory removed': (tree) => withDirectories(tree, 1, ([path]) => rm(String(path), { recursive: true })),
  'a directory removed and built again in another order': (tree) => withDirectories(tree, 1, async ([path]) => {
    const names = await readdir(String(path));
    await rm(String(path), { recursive: true });
    await mkdir(String(path));
    for (const name of names.reverse()) await (random(2) === 0 ? mkdir(join(String(path), name)) : writeFile(join(String(path), name), content()));
  }),
  'a file renamed': (tree) => withFile(tree, async (file) => rename(file, await free(tree))),
  'a file renamed over another': (tree) => withFile(tree, (file) => withFile(tree, (other) => rename(file, other))),
  'a directory moved': (tree) => withDirectories(tree, 1, async ([path]) => rename(String(path), join(tree, `moved${random(1_000_000)}`))),
  'two directories swapped': (tree) => withDirectories(tree, 2, rotate),
  'three directories renamed in a circle': (tree) => withDirectories(tree, 3, rotate),
  'a directory replaced by a new one, the old one kept': (tree) => withDirectories(tree, 1, async ([path]) => {
    await rename(String(path), join(tree, `kept${random(1_000_000)}`));
    await mkdir(String(path));
    await writeFile(join(String(path), 'new'), content());
  }),
  'another name of a file': (tree) => withFile(tree, async (file) => link(file, await free(tree))),
  'another kind of thing under the same name': async (tree) => {
    const { files, directories, others } = await paths(tree);
    const all = [...files, ...directories, ...others];
    if (all.length === 0) return;
    const path = one(all);
    await rm(path, { recursive: true, force: true });
    await one(replacements)(path);
  },
  'a file with holes': async (tree) => {
    const file = await open(await free(tree), 'w');
    await file.truncate(200_000 + random(400_000));
    await file.write('data', random(2) * 100_000);
    await file.close();
  },
  'other modes': async (tree) => {
    const { files, directories } = await paths(tree);
    if (files.length > 0) await chmod(one(files), one([0o000, 0o400, 0o600, 0o755, 0o4711, 0o2640]));
    if (directories.length > 0) await chmod(one(directories), one([0o500, 0o700, 0o755, 0o2770, 0o1777]));
  },
  'another owner': (tree) => withFile(tree, (file) => mustRun('chown', ['--no-dereference', one(['0:0', '33:33', '12345:54321']), file]).then(() => undefined)),
  'an access list and an attribute': (tree) => withFile(tree, async (file) => {
    await mustRun('setfacl', ['-m', `u:${1000 + random(9)}:rw`, '--', file], { env: env() });
    await mustRun('setfattr', ['-n', 'user.mark', '-v', String(random(1000)), '--', file], { env: env() });
  }),
  'times of other days, in the future too': async (tree) => {
    const { files, directories, others } = await paths(tree);
    const all = [...files, ...directories, ...others];
    if (all.length > 0) await lutimes(one(all), 1, Date.now() / 1000 + random(20_000_000) - 10_000_000);
  },
};

/** Some changes, chosen at random; answers which. */
export async function changeTree(tree: string): Promise<string[]> {
  const names = Object.keys(changes);
  const done = Array.from({ length: 3 + random(8) }, () => one(names));
  for (const name of done) {
    await changes[name]?.(tree).catch((error: unknown) => {
      throw new Error(`${name} in ${basename(tree)}: ${String(error)}`);
    });
  }
  return done;
}
